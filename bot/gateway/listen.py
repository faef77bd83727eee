"""Taking the address before anything else starts, so that a taken port is one clear sentence."""

import errno
import socket

from bot.core.errors import BadSetting

_BACKLOG = 512


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises BadSetting with the address, what is wrong and the remedy."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        server = socket.socket(family, kind, protocol)
    except OSError as error:
        raise BadSetting(f"Cannot listen on {host}: {error.strerror}. Set UJUMBE_HOST to an address of this machine.") from None
    try:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(address)
        server.listen(_BACKLOG)
    except OSError as error:
        server.close()
        raise BadSetting(_sentence(host, port, error)) from None
    return server


def _sentence(host: str, port: int, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"Port {port} on {host} is taken by another program. Stop that one, or set UJUMBE_PORT to a free port."
        case errno.EACCES:
            return f"This user may not listen on port {port}. Set UJUMBE_PORT to a port above 1023, and put a proxy before it."
        case errno.EADDRNOTAVAIL:
            return f"{host} is not an address of this machine. Set UJUMBE_HOST to one that is, or to 127.0.0.1."
        case _:
            return f"Cannot listen on {host} port {port}: {error.strerror}. Set UJUMBE_HOST and UJUMBE_PORT."
