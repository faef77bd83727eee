"""Cleans what strangers wrote before people read it: no markup, no invisible characters, no newline, no links to elsewhere."""

from collections.abc import Collection

from bot.core.alert.cap import Alert


def clean(text: str, *, domains: Collection[str] = ()) -> str:
    """`text` as one line of plain words. Links go unless their host is one of `domains` or under one."""
    raise NotImplementedError


def cleaned(alert: Alert, *, domains: Collection[str] = ()) -> Alert:
    """The alert with every text that people read cleaned; codes, identity and shapes stay as they are."""
    raise NotImplementedError
