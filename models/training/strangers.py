"""Turns a question about something we know into one about something we do not: "maize spacing" -> "vanilla spacing".

The texts that answer the one do not answer the other, however like they look: from such pairs the model learns to say no.
"""

import random
import re
from collections.abc import Mapping, Sequence

from bot.core.types import Lang

_KNOWN: Mapping[Lang, Sequence[str]] = {
    Lang.EN: (
        "maize corn beans bean cassava sorghum millet rice potatoes potato tomatoes tomato kale sukuma cabbages cabbage onions onion"
        + " bananas banana coffee groundnuts groundnut peanuts chickens chicken hens hen chicks goats goat cows cow cattle calves calf"
    ).split(),
    Lang.SW: (
        "mahindi muhindi maharage maharagwe muhogo mihogo mtama ulezi uwele mpunga mchele viazi kiazi waru nyanya sukuma kabichi vitunguu"
        + " kitunguu ndizi migomba mgomba kahawa karanga kuku vifaranga mbuzi ng'ombe ngombe ndama"
    ).split(),
}
# No dogs and bees: there are facts about rabies, stings and spraying near hives, which would answer.
_STRANGE: Mapping[Lang, Sequence[str]] = {
    Lang.EN: (
        "vanilla avocado mango macadamia tea sugarcane cotton sisal pyrethrum passion pineapple mushroom sunflower sesame simsim ginger"
        + " garlic carrot watermelon pumpkin chilli capsicum wheat barley peas soya cucumber lettuce pawpaw orange lemon cashew coconut"
        + " tobacco tilapia pigs pig rabbits rabbit ducks turkeys geese fish donkeys camels sheep horses cats pigeons quails"
    ).split(),
    Lang.SW: (
        "vanila parachichi maembe makadamia chai miwa pamba mkonge pareto pasheni nanasi uyoga alizeti ufuta simsim tangawizi saumu karoti"
        + " tikiti boga pilipili hoho ngano shayiri njegere soya tango saladi papai machungwa ndimu korosho nazi tumbaku nguruwe sungura"
        + " bata batamzinga samaki punda ngamia kondoo farasi paka njiwa kware"
    ).split(),
}
_EVERY_KNOWN = re.compile(rf"\b(?:{'|'.join(re.escape(word) for words in _KNOWN.values() for word in words)})\b", re.IGNORECASE)


def strange(text: str, lang: Lang, said: str, dice: random.Random) -> str:
    """`text` with what it is about changed for something that no fact is about.

    "" where it names nothing that `said`, the fact's words, names too, and where something that we know would still stand in it: then a
    fact may well answer."""
    about = said.casefold()
    found = [word for word in _KNOWN[lang] if re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE) and word[:4] in about]
    if not found:
        return ""
    other = dice.choice(_STRANGE[lang])
    names = "|".join(re.escape(word) for word in found)
    changed = re.sub(rf"\b(?:{names})\b", other, text, flags=re.IGNORECASE)
    return "" if _EVERY_KNOWN.search(changed) else changed
