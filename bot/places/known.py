"""A place as the file of places has it."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.place.types import Place


@dataclass(frozen=True, slots=True)
class Known:
    """A place, its other names, and how far from its centre it may reach: for where no outline is installed."""

    place: Place
    names: Sequence[str] = ()
    reach_km: float = 5.0
