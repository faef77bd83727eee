"""What a caller is told where something is not done: {"error": {"code", "message", "remedy"}}. Never a trace of how we are built."""

import re

from pydantic import ValidationError

from bot.core.errors import NotDone
from bot.core.refusal import Declined

_SENTENCE = re.compile(r"(.+?[.!?])\s+(?=[A-Z])(.+)", re.DOTALL)
_NUMBER = re.compile(r"\d{5,}")


class Trouble(Exception):
    """A request that is not done. `code` is for programs and never changes; `message` says what is wrong, `remedy` what to do."""

    def __init__(self, status: int, code: str, message: str, remedy: str = "", *, after_s: float = 0.0) -> None:
        super().__init__(code)
        self.status, self.code, self.message, self.remedy, self.after_s = status, code, message, remedy, after_s

    @property
    def body(self) -> dict[str, dict[str, str]]:
        """As it is sent."""
        return {"error": {"code": self.code, "message": self.message, "remedy": self.remedy}}


def missing(what: str) -> Trouble:
    """There is no such thing."""
    return Trouble(404, "not_found", f"There is no {what}.", "Check the address. Lists say what there is.")


def not_done(error: NotDone, status: int = 409, code: str = "not_done") -> Trouble:
    """What a desk refused. Its first sentence says what, the others what to do; single reasons belong to what."""
    listed = isinstance(error, Declined) and bool(error.also)
    found = None if listed else _SENTENCE.fullmatch(str(error))
    message, remedy = (found[1], found[2]) if found else (str(error), "")
    return Trouble(status, code, message, remedy)


def malformed(error: ValidationError) -> Trouble:
    """What is wrong with a body or with what stands behind the ? of an address. The values themselves are not repeated."""
    lines = []
    for one in error.errors(include_input=False, include_url=False, include_context=False)[:8]:
        where = ".".join(str(part)[:40] for part in one["loc"])
        lines.append(f"{hidden(where)}: {one['msg']}" if where else one["msg"])
    return Trouble(400, "malformed", "; ".join(lines), "See /api/openapi.json for what this address takes.")


def hidden(text: str) -> str:
    """What somebody typed, short, and without what may be a number."""
    return _NUMBER.sub("***", " ".join(text.split()))[:60]
