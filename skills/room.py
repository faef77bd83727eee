"""What a text of ours has to fit: one plain SMS, one USSD screen, one menu line."""

from collections.abc import Sequence

from bot.core.text import is_gsm7
from bot.core.types import Limits

TITLE = 20  # characters: six titles, their digits and the way back fill one USSD screen
SMS = Limits()
SCREEN = 156  # units; a USSD screen holds 160, of which some networks count the "CON " in front


def foreign(text: str) -> Sequence[str]:
    """The characters of a text that GSM-7 lacks, each once. One of them makes an SMS more than twice as dear."""
    return [char for char in dict.fromkeys(text) if not is_gsm7(char)]
