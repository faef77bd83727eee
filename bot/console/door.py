"""Where a request of the signed-in pages comes from, and whether it may come from there.

The console answers a browser on this machine. With `console_open` it answers others, too, but only over HTTPS: a proxy in
`console_proxies` says so. What anybody else says of where a request comes from is not believed.
"""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from bot.config import Settings
from bot.console.guard import is_near
from bot.core.alert.access import Door

_PASSED_ON = ("X-Forwarded-Proto", "X-Forwarded-Host", "Via")
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Way:
    """How a request came. `why_not` is a word of the pages, "" where it may come in."""

    door: Door
    secure: bool
    why_not: str = ""

    @property
    def cookie(self) -> str:
        """The name of the sign-in's cookie: one that no other host and no plain connection can set, where the browser can tell."""
        return "__Host-ujumbe" if self.secure else "ujumbe"


class Doorkeeper:
    """Decides by the settings."""

    def __init__(self, settings: Settings) -> None:
        self._open, self._proxies = settings.console_open, settings.proxies
        self._host = urlsplit(settings.public_url).netloc.lower()

    def way(self, request: web.Request) -> Way:
        """How `request` came."""
        if is_near(request) and not any(name in request.headers for name in _PASSED_ON):
            return Way(Door(request.remote or "", near=True), secure=False)
        if not self._open:
            return Way(Door(request.remote or ""), secure=False, why_not="not_here")
        if not self._is_proxy(request.remote or ""):
            return Way(Door(_block(request.remote or "")), secure=False, why_not="not_https")
        door = Door(_block(self._client(request)))
        if request.headers.get("X-Forwarded-Proto", "").split(",")[-1].strip().lower() != "https":
            return Way(door, secure=False, why_not="not_https")
        if self._host and request.host.lower() != self._host:
            return Way(door, secure=True, why_not="not_this_name")
        return Way(door, secure=True)

    def _client(self, request: web.Request) -> str:
        """Whom the nearest proxy saw that is none of ours: what stands before that, anybody may have written."""
        line = ",".join(request.headers.getall("X-Forwarded-For", []))
        for address in reversed([one.strip() for one in line.split(",")]):
            if not self._is_proxy(address):
                return address
        return request.remote or ""

    def _is_proxy(self, address: str) -> bool:
        try:
            ip = ip_address(address)
        except ValueError:
            return False
        mapped = getattr(ip, "ipv4_mapped", None)
        return any((mapped or ip) in network for network in self._proxies)


def _block(address: str) -> str:
    """Whose tries are counted together: an IPv6 line has a whole block of addresses."""
    try:
        ip = ip_address(address)
    except ValueError:
        return "unknown"
    return str(IPv6Network((int(ip), 64), strict=False)) if isinstance(ip, IPv6Address) and ip.ipv4_mapped is None else str(ip)


def is_own_page(request: web.Request) -> bool:
    """What no browser lets a foreign page forge. Old browsers send neither header: the token in the form is for them, too."""
    origin, site = request.headers.get(hdrs.ORIGIN), request.headers.get("Sec-Fetch-Site", "same-origin")
    return site == "same-origin" and (origin is None or urlsplit(origin).netloc == request.host)
