"""What a provider says that a part costs."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

_WRITTEN = re.compile(r"\s*([A-Za-z]{3})\s*([0-9]{1,9}(?:\.[0-9]{1,12})?)\s*")


@dataclass(frozen=True, slots=True)
class Price:
    """`amount` of `currency` (ISO 4217). Where the provider names no amount but a `category` of its price list, `currency` is ""."""

    amount: Decimal = Decimal(0)
    currency: str = ""
    category: str = ""


class Sent(str):
    """The provider's id of a part, with the price where the provider tells it at once: what Channel.send may return."""

    __slots__ = ("price",)
    price: Price

    def __new__(cls, external_id: str, price: Price) -> Self:
        sent = super().__new__(cls, external_id)
        sent.price = price
        return sent


def read_price(written: str) -> Price | None:
    """A price as providers write it, "KES 0.8000". None where it is no such thing: a price is never worth refusing a message for."""
    found = _WRITTEN.fullmatch(written)
    return Price(Decimal(found[2]), found[1].upper()) if found else None


def price_of(external_id: str) -> Price | None:
    """What is known of the price of a part that was just sent."""
    return external_id.price if isinstance(external_id, Sent) else None
