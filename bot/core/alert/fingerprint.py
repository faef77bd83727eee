"""What an alert says, as one short text: the same for a message that was only stamped anew."""

from bot.core.alert.cap import Alert


def fingerprint(alert: Alert) -> str:
    """64 hexadecimal digits over the content, without identifier, sent, effective, references and signature."""
    raise NotImplementedError
