"""People in addresses and in the audit log, without their numbers: addresses end in a proxy's log, and the log is kept for ever."""

import hmac
from hashlib import sha512

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")  # no digits: nobody takes it for a number
_DIGITS = {ord(v): chr(k) for k, v in ((k, chr(v)) for k, v in _LETTERS.items())}
_LOG_LETTERS = 6  # 24 bits: hundreds of numbers share one, so that not even we can tell whose it was, once the person is erased


class Names:
    """Hides a URN behind letters, and finds it again. `key` is this installation's own; the same URN always gives the same letters."""

    def __init__(self, key: str) -> None:
        self._key = sha512(key.encode()).digest()
        self._cipher = AESSIV(self._key)

    def ref(self, urn: str) -> str:
        """For an address."""
        return self._cipher.encrypt(urn.encode(), None).hex().translate(_LETTERS)

    def urn(self, ref: str) -> str:
        """The URN behind it, "" where it is none of ours."""
        try:
            return self._cipher.decrypt(bytes.fromhex(ref.translate(_DIGITS)), None).decode()
        except (ValueError, InvalidTag):
            return ""

    def log_name(self, urn: str) -> str:
        """For the audit log: tells people apart within it, and cannot be turned back."""
        return "contact:" + hmac.digest(self._key, urn.encode(), "sha256").hex().translate(_LETTERS)[:_LOG_LETTERS]
