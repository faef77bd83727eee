"""The remote endpoint: whom questions go to, what is used of the day's budget, and whether it answers. Nothing without one."""

import time
from collections.abc import Iterator

from bot.config import Settings
from bot.core.errors import EndpointFailed, UjumbeError
from bot.core.finding import Finding, look, ok, wrong
from bot.loading import budget
from bot.store import open_store
from bot.store.version import versions
from models.remote import Endpoint

PATIENCE_S = 5.0
_WHAT = "remote"
_KEY = "Mend remote.api_key, or set remote.url to nothing."
_REMEDIES = {"HTTP 401": _KEY, "HTTP 403": _KEY, "HTTP 402": "Pay its owner, or set remote.url to nothing."}
_USUAL = "Answers go on without it. See docs/operations/remote.md."


def remote(settings: Settings) -> Iterator[Finding]:
    """Sends no question: it only asks for the list of models."""
    table = settings.remote
    if not table.url:
        return
    languages, whom = ", ".join(sorted(table.languages)), f"{table.host}, model {table.model}"
    yield ok(_WHAT, f"is on: where the bot is unsure, masked questions ({languages}) go to {whom}; {_used(settings)}")
    yield _reached(settings)


def _used(settings: Settings) -> str:
    table = settings.remote
    try:
        have, newest = versions(settings.sqlalchemy_url)
        if have != newest:
            return f"none of today's {table.calls_per_day} calls is used"
        store = open_store(settings.sqlalchemy_url)
        try:
            used = budget(settings, store, time.time).used()
        finally:
            store.close()
    except UjumbeError:
        return "how much of today's budget is used cannot be seen, and without a database nobody is asked"
    return f"{used.calls} of {table.calls_per_day} calls and about {used.tokens} of {table.tokens_per_day} tokens of today are used"


def _reached(settings: Settings) -> Finding:
    table = settings.remote
    what = f"{_WHAT} {table.host}"
    endpoint = Endpoint(table.url, model=table.model, api_key=table.api_key.get_secret_value())
    try:
        names = endpoint.models(within_s=PATIENCE_S)
    except EndpointFailed as error:
        if error.code in ("HTTP 404", "HTTP 405", "no JSON"):
            return look(what, f"answers, but does not list its models ({error.code})", "Check remote.url: it often ends in /v1.")
        if error.code in _REMEDIES:
            return wrong(what, f"refuses us ({error.code})", _REMEDIES[error.code])
        return look(what, f"does not answer as it should ({error.code})", _USUAL)
    if names and table.model not in names:
        return wrong(what, f"has no model {table.model}", f"Set remote.model to one of its {len(names)}: see {table.url}/models.")
    return ok(what, "answers, takes our key and has the model" if names else "answers")
