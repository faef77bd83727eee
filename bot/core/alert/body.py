"""An alert as JSON, for the store: plain dicts and lists, no class names."""

from collections.abc import Mapping
from typing import Any

from bot.core.alert.cap import Alert


def to_body(alert: Alert) -> dict[str, Any]:
    """The alert as what json.dumps takes. from_body(to_body(alert)) == alert, with tuples for sequences."""
    raise NotImplementedError


def from_body(body: Mapping[str, Any]) -> Alert:
    """The alert of a body. Raises ValueError where it is none of ours."""
    raise NotImplementedError
