"""The audit log: searched, checked, exported."""

import json
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from urllib.parse import urlencode

from aiohttp import web

from bot.console.frame import HOME, Frame
from bot.console.visit import Ask
from bot.core.alert.audit import AuditQuery, AuditStore, Entry, check, line, pages
from bot.core.alert.staff import Role
from bot.core.refusal import Declined

AUDIT = f"{HOME}/audit"
SHOWN = 50
_FILTERS = ("who", "what", "about", "from", "to")


def add(frame: Frame) -> None:
    """Adds the pages. Every member may read what all of them did: it holds no numbers."""
    frame.link(AUDIT, "nav_audit", order=90)
    frame.get(AUDIT, _log)
    frame.get(f"{AUDIT}/check", _check)
    frame.get(f"{AUDIT}/export", _export, role=Role.ADMIN)


def _log(ask: Ask) -> web.Response:
    before = ask.asked("before")
    start = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else 0
    found = ask.app.audit_log.audit_page(_query(ask), before=start, limit=SHOWN + 1)
    entries = [(one, _told(one)) for one in found[:SHOWN]]
    filters = {name: ask.asked(name) for name in _FILTERS}
    kept = {name: value for name, value in filters.items() if value}
    older = f"{AUDIT}?{urlencode(kept | {'before': found[SHOWN - 1].n})}" if len(found) > SHOWN else ""
    newest = f"{AUDIT}?{urlencode(kept)}" if start else ""
    members = [one.name for one in ask.app.roster.members()]
    return ask.page("console_audit.html", entries=entries, filters=filters, older=older, newest=newest, members=members)


def _check(ask: Ask) -> web.Response:
    known = ask.asked("known")
    try:
        checked = check(ask.app.audit_log, known)
    except ValueError:
        raise Declined("no_seal") from None
    return ask.page("console_audit_check.html", checked=checked, known=known)


def _export(ask: Ask) -> web.Response:
    today = ask.when(ask.app.clock())[:10]
    return ask.download(f"ujumbe-audit-{today}.jsonl", "application/x-ndjson", _lines(ask.app.audit_log))


def _lines(log: AuditStore) -> Iterator[bytes]:
    for entries in pages(log):
        yield from (f"{line(one)}\n".encode() for one in entries)


def _query(ask: Ask) -> AuditQuery:
    since, until = _day(ask, "from"), _day(ask, "to")
    after_it = until + timedelta(days=1) if until else None
    return AuditQuery(
        who=ask.asked("who"),
        what=ask.asked("what"),
        about=ask.asked("about"),
        since=since.timestamp() if since else 0.0,
        until=after_it.timestamp() if after_it else 0.0,
    )


def _day(ask: Ask, name: str) -> datetime | None:
    """The start of the day in a field, None where it is empty. Raises Declined."""
    text = ask.asked(name)
    try:
        return datetime.combine(datetime.fromisoformat(text).date(), time(), ask.app.settings.zone) if text else None
    except ValueError:
        raise Declined("no_date", text=text[:40]) from None


def _told(one: Entry) -> str:
    """The detail as people read it."""
    return ", ".join(f"{name}: {_word(value)}" for name, value in json.loads(one.detail).items())


def _word(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
