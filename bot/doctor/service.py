"""Does the service run, and does it answer for itself?"""

import requests

from bot.config import Settings
from bot.core.finding import Finding, look, ok, wrong

PATIENCE_S = 5.0
_WHAT = "service"


def service(settings: Settings) -> Finding:
    """GET /readyz, by the gateway's local address. OK only where a gateway runs, takes messages, and nothing else is missing."""
    if not settings.port:
        return look(_WHAT, "cannot be found: port is 0, any free one", "Set a port to have the running service looked at.")
    try:
        parts = _asked(settings)
    except requests.ConnectionError:
        return look(_WHAT, f"does not run at {settings.local_url}", "Start it: `ujumbe serve`.")
    except requests.RequestException:
        return wrong(_WHAT, f"does not answer at {settings.local_url}", "See the logs in data_dir, then start it again.")
    return _read(parts, settings)


def runs(settings: Settings) -> bool:
    """Whether a gateway of ours is there, whatever else may be missing."""
    try:
        return bool(settings.port) and "store" in _asked(settings)
    except requests.RequestException:
        return False


def local() -> requests.Session:
    """For calls to this machine: no proxy of the environment stands in between, and no password file of the user is read."""
    session = requests.Session()
    session.trust_env = False
    return session


def _asked(settings: Settings) -> dict[str, object]:
    with local() as session:
        return _parts(session.get(f"{settings.local_url}/readyz", timeout=PATIENCE_S))


def _read(parts: dict[str, object], settings: Settings) -> Finding:
    if "store" not in parts:
        return wrong(_WHAT, f"another program answers at {settings.local_url}", "End it, or set UJUMBE_PORT to another port.")
    degraded = parts.pop("degraded", [])
    if down := [name for name, word in parts.items() if word != "ok"]:
        return wrong(_WHAT, f"runs, but its {' and '.join(down)} does not work", "See the logs in data_dir.")
    if isinstance(degraded, list) and degraded:
        missing = ", ".join(map(str, degraded))
        return look(_WHAT, f"runs and takes messages, but without {missing}", "See the logs in data_dir, and docs/operations/watching.md.")
    return ok(_WHAT, f"runs at {settings.local_url}")


def _parts(answer: requests.Response) -> dict[str, object]:
    """The words of /readyz by part, {} where it is no answer of ours."""
    try:
        parts = answer.json()
    except ValueError:
        return {}
    return {str(name): word for name, word in parts.items()} if isinstance(parts, dict) else {}
