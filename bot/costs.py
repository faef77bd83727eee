"""`ujumbe costs`: what the messages of the last days cost, as far as the providers told."""

from collections.abc import Iterator, Sequence

from bot.core.storage import Spent

DAY_S = 86_400.0


def lines(spent: Sequence[Spent], *, days: int) -> Iterator[str]:
    """A line for each channel, currency and category. One message is one SMS, or one message of WhatsApp's."""
    if not spent:
        yield f"No provider took a message in the last {days} days."
    for one in spent:
        amount = f"{one.currency} {one.amount.normalize():f}" if one.currency else "no amount was told"
        kind = f" ({one.category})" if one.category else ""
        yield f"{one.channel}: {one.parts} message{'' if one.parts == 1 else 's'}{kind}, {amount}"
