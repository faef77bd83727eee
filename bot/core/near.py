"""Which hosts are in the house: where words may travel without encryption."""

import ipaddress

_NAMES = (".localhost", ".local", ".lan", ".home.arpa", ".internal")  # RFC 6761, 6762, 8375, and what routers and clouds use


def near_address(address: str) -> bool:
    """Whether the IP address is this machine's or of a private network; an address that the internet can reach is not."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = getattr(ip, "ipv4_mapped", None) or ip
    return not inner.is_global and not inner.is_multicast


def near_host(host: str) -> bool:
    """Whether `host` is a near address or a name that only a house's own network gives. Who connects to a name must still look at the
    address that it leads to."""
    name = host.casefold().rstrip(".")
    return near_address(name) or (bool(name) and (("." not in name and ":" not in name and not name.isdigit()) or name.endswith(_NAMES)))
