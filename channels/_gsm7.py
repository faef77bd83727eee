"""The GSM 7-bit alphabet as octets, one character to an octet, for gateways that pass a text on as they got it from the network."""

# In the order of the standard (3GPP TS 23.038, table 6.2.1.1). 0x1B opens the extension table.
_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPE = 0x1B
_EXTENSION = {0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x3E: "]", 0x40: "|", 0x65: "€"}

_CODES = {char: bytes((code,)) for code, char in enumerate(_BASIC) if code != _ESCAPE} | {
    char: bytes((_ESCAPE, code)) for code, char in _EXTENSION.items()
}


def encode(text: str) -> bytes:
    """The octets of `text`. KeyError for a character outside the alphabet: see bot.core.text.is_gsm7."""
    return b"".join(_CODES[char] for char in text)


def decode(raw: bytes) -> str:
    """The text of `raw`. An octet above 0x7F is not of this alphabet: networks that send one mean Latin-1."""
    if not raw.isascii():
        return raw.decode("latin-1")
    head, *escaped = raw.split(bytes((_ESCAPE,)))
    return _plain(head) + "".join(_after_escape(part) for part in escaped)


def _plain(raw: bytes) -> str:
    return "".join(_BASIC[code] for code in raw)


def _after_escape(raw: bytes) -> str:
    """What follows an escape. An unknown one is shown as its basic character, as phones do."""
    return _EXTENSION.get(raw[0], _BASIC[raw[0]]) + _plain(raw[1:]) if raw else ""
