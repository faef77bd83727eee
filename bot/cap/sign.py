"""Enveloped XML signatures of alerts: verified against pinned certificates only, since one that comes with the message proves nothing."""

from collections.abc import Sequence

from bot.core.alert.reading import Signature


def verify(data: bytes, *, pinned: Sequence[bytes], at: int = 0) -> Signature:
    """What the signature of the `at`-th alert of a document proves. `pinned`: PEM certificates. Never raises for what `data` holds."""
    raise NotImplementedError


def sign(data: bytes, *, key: bytes, certificate: bytes) -> bytes:
    """The CAP document `data` with our signature in it. `key` and `certificate` are PEM. Raises BadSetting where they do not fit."""
    raise NotImplementedError
