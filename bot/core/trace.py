"""What a log may say about an error: its kind and its place, never its text (it may hold a number or a message)."""

import traceback

_FRAMES = 3


def where(error: BaseException) -> str:
    """ "ValueError at at_sms.py:41 in parse < webhook.py:90 in _take": innermost first."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    places = " < ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} in {frame.name}" for frame in reversed(frames))
    return f"{type(error).__name__} at {places or 'an unknown place'}"
