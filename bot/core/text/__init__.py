"""Text on its way out: what it costs, folding it to GSM-7, and cutting it into messages that fit."""

from bot.core.text.fit import Fitted, fit, fits_one, unmarked
from bot.core.text.fold import fold
from bot.core.text.gsm7 import Alphabet, Cost, is_gsm7, measure, segments

__all__ = ["Alphabet", "Cost", "Fitted", "fit", "fits_one", "fold", "is_gsm7", "measure", "segments", "unmarked"]
