"""Writes an alert as CAP 1.2: elements in the schema's order, times with a numeric offset (never "Z"), UTF-8."""

from bot.core.alert.cap import Alert


def write(alert: Alert) -> bytes:
    """The alert as a CAP 1.2 document. Raises NotDone where it lacks what CAP requires: status, msgType, scope."""
    raise NotImplementedError
