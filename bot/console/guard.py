"""Who may use the simulator: a browser on this machine, and only from our own page."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

_SIMULATED = ("sim", "sim_ussd", "sim_whatsapp")
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")
_REMEDY = "The phone simulator answers only on this machine. To show it to others, set UJUMBE_SIMULATOR_OPEN=true."


def guard(*, open_to_all: bool) -> Middleware:
    """A middleware for the simulator's page and its channels; everything else passes untouched."""

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        refusal = _refusal(request, open_to_all=open_to_all) if _is_simulator(request) else None
        return refusal or await handler(request)

    return guarded


def is_near(request: web.Request) -> bool:
    """Whether the caller sits at this machine. A request that a proxy passed on came from somewhere else, and a name other than
    localhost may be a foreign site that points its own name at us."""
    return _is_loopback(request.remote or "") and not any(h in request.headers for h in _FORWARDED) and _is_local_name(request.host)


def _is_simulator(request: web.Request) -> bool:
    return request.path.startswith("/phone") or request.match_info.get("channel") in _SIMULATED


def _refusal(request: web.Request, *, open_to_all: bool) -> web.Response | None:
    if not open_to_all and not is_near(request):
        return web.Response(status=403, text=_REMEDY)
    if request.method != hdrs.METH_POST:
        return None
    if request.content_type != "application/json":
        return web.Response(status=415, text="Send JSON with the header Content-Type: application/json.")
    if not _same_origin(request):
        return web.Response(status=403, text="This request came from another site. Use the phone page of this one.")
    return None


def _same_origin(request: web.Request) -> bool:
    """What no browser lets a foreign page forge. A program that is not a browser sends neither header."""
    origin, site = request.headers.get(hdrs.ORIGIN), request.headers.get("Sec-Fetch-Site", "same-origin")
    return site == "same-origin" and (origin is None or urlsplit(origin).netloc == request.host)


def _is_loopback(address: str) -> bool:
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(ip, "ipv4_mapped", None)
    return (mapped or ip).is_loopback


def _is_local_name(host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    return name == "localhost" or name.endswith(".localhost") or _is_loopback(name)
