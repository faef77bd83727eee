"""Passwords by argon2id and codes by TOTP (RFC 6238): what bot.core.alert.access takes as proof."""

import threading
from datetime import UTC, datetime

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_STEP_S = 30
_AROUND = (0, -1, 1)  # time steps: clocks differ, and people type slowly
# RFC 9106's second choice, for machines with little memory: 64 MiB, three passes. One at a time, so that a rush takes no more of it.
_HASHER = PasswordHasher()
_TURN = threading.Lock()


class ArgonAndTotp:
    """bot.core.alert.access.Proofs."""

    def __init__(self, hasher: PasswordHasher = _HASHER) -> None:
        self._hasher = hasher
        self._nobody = ""

    def hash(self, password: str) -> str:
        with _TURN:
            return self._hasher.hash(password)

    def matches(self, kept: str, password: str) -> bool:
        if not self._nobody:  # whoever comes first, so that no name shows by its time that it is nobody's
            self._nobody = self.hash("a password that nobody has")
        with _TURN:
            try:
                self._hasher.verify(kept or self._nobody, password)
            except (VerificationError, InvalidHashError):
                return False
        return bool(kept)

    def outdated(self, kept: str) -> bool:
        return self._hasher.check_needs_rehash(kept)

    def step(self, secret: str, code: str, *, now: float) -> int:
        typed = "".join(code.split())
        if not secret or not (typed.isascii() and typed.isdigit()):
            return 0
        totp, step = pyotp.TOTP(secret), int(now // _STEP_S)
        fits = [at for at in (step + around for around in _AROUND) if pyotp.utils.strings_equal(totp.generate_otp(at), typed)]
        return fits[0] if fits else 0


def address(secret: str, name: str, issuer: str) -> str:
    """What a QR code tells an authenticator app."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer)


def code_now(secret: str) -> str:
    """The code that an authenticator app shows at this moment: for rehearsals and tests."""
    return pyotp.TOTP(secret).at(datetime.now(UTC))
