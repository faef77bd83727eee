"""Is public_url what providers can call and signatures can be made over?"""

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from bot.config import Settings
from bot.core.finding import Finding, look, ok, wrong

_WHAT = "public_url"


def public_url(settings: Settings, *, nearby: bool) -> Iterator[Finding]:
    """`nearby`: every configured provider may stand in the same house, where http and private addresses will do."""
    if not settings.public_url:
        yield _unset(settings, nearby=nearby)
        return
    parts = split(settings.public_url)
    found = list(_mistakes(parts, nearby=nearby))
    yield from found or [ok(_WHAT, f"is {settings.base_url}")]
    if parts.path.strip("/") and not found:
        yield look(_WHAT, f"has a path, {parts.path}", "The proxy has to take it away again: the gateway's own addresses begin with /c/.")


def _unset(settings: Settings, *, nearby: bool) -> Finding:
    if nearby:
        return look(_WHAT, f"is not set: providers have to reach {settings.local_url}", "Set it where they run on another machine.")
    return wrong(_WHAT, "is not set: providers cannot call us", "Set it to the https address under which the internet reaches the gateway.")


def _mistakes(parts: SplitResult, *, nearby: bool) -> Iterator[Finding]:
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host:
        yield wrong(_WHAT, "is no web address", 'Write it as in "https://bot.example.org".')
        return
    if parts.scheme == "http" and not nearby:
        yield wrong(_WHAT, "begins with http://", "Providers call https only: put a proxy with a certificate before it.")
    if "_" in host:
        yield wrong(_WHAT, "has an underscore in its host name, which Twilio and others refuse", "Take another name.")
    if parts.username or parts.password or parts.query or parts.fragment or any(char.isspace() for char in parts.geturl()):
        yield wrong(_WHAT, "holds more than host and path, and no signature would match", 'Write it as in "https://bot.example.org".')
    if not nearby and is_inside(host):
        yield wrong(_WHAT, "names a machine that the internet does not see", "Set the name or the address that the internet knows.")


def split(url: str) -> SplitResult:
    """The parts of `url`; none of them where it is no URL at all."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return urlsplit("")
    return parts


def is_inside(host: str) -> bool:
    """Whether `host` is this machine or one of its local network."""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host
