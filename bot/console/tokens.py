"""What a form brings back to prove that it is ours."""

import secrets
from hmac import compare_digest


def new_token() -> str:
    """16 random bytes, in hexadecimal digits."""
    return secrets.token_hex(16)


def masked(token: str) -> str:
    """`token` in a form that is never the same twice: a page that is compressed must not let it be guessed by its size (BREACH)."""
    key = secrets.token_bytes(len(token) // 2)
    return key.hex() + bytes(a ^ b for a, b in zip(key, bytes.fromhex(token), strict=True)).hex()


def fits(sent: str, token: str) -> bool:
    """Whether `sent` is `token`, masked."""
    try:
        both, want = bytes.fromhex(sent), bytes.fromhex(token)
    except ValueError:
        return False
    half = len(want)
    return half > 0 and len(both) == 2 * half and compare_digest(bytes(a ^ b for a, b in zip(both[:half], both[half:], strict=True)), want)
