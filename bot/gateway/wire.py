"""aiohttp's requests and responses to the core's own and back, without a change to a byte that a signature covers."""

import asyncio

from aiohttp import web

from bot.core.types import Request, Response

READ_S = 10.0


class Unreadable(Exception):
    """The body did not come as it should. `status` and the text go to the caller."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


async def to_core(request: web.Request, base_url: str, *, max_body: int, read_s: float = READ_S) -> Request:
    """Reads the whole request. Raises Unreadable: too big (413), too slow (408), broken off or badly compressed (400)."""
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        lower = name.lower()
        # A repeated header is joined as HTTP says; a signature sent twice then matches nothing, as it should.
        headers[lower] = f"{headers[lower]}, {value}" if lower in headers else value
    return Request(
        method=request.method,
        url=base_url + raw_target(request.raw_path),
        path_key=request.match_info.get("key", ""),
        headers=headers,
        body=await _body(request, max_body, read_s),
        remote=request.remote or "",
    )


def raw_target(raw: str) -> str:
    """Path and query as they came, percent-encoding included. A proxy may send the absolute form, "http://host/path"."""
    if raw.startswith("/"):
        return raw
    _, _, rest = raw.partition("://")
    return "/" + rest.partition("/")[2]


def from_core(response: Response) -> web.Response:
    """The answer as aiohttp sends it, in UTF-8. With "Connection: close" it is the last one on its line."""
    made = web.Response(
        status=response.status,
        text=response.body,
        content_type=response.content_type,
        charset="utf-8",
        headers=dict(response.headers),
    )
    if made.headers.get("Connection") == "close":
        made.force_close()
    return made


async def _body(request: web.Request, most: int, read_s: float) -> bytes:
    try:
        return await asyncio.wait_for(_at_most(request, most), read_s)
    except TimeoutError:
        raise Unreadable(408, f"The body did not arrive within {read_s:g} s. Send it again.") from None
    except (web.RequestPayloadError, OSError):
        raise Unreadable(400, "The body broke off or is badly encoded. Send it again.") from None


async def _at_most(request: web.Request, most: int) -> bytes:
    """The body, which no more than `most` bytes of are ever held: each channel has its own measure."""
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > most:
            raise Unreadable(413, f"The body is larger than {most} bytes. Send less.")
    return bytes(body)
