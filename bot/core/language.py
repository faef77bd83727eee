"""English or Swahili? For messages of a few words, misspelt, often with both in one."""

import re
from collections.abc import Mapping

from bot.core.lexicon import FUNCTION, bag
from bot.core.types import Contact, Lang
from bot.core.words import is_number, tokens

# Words that carry a topic in the messages we get; most others show their language by their shape.
_CONTENT: Mapping[Lang, frozenset[str]] = {
    Lang.EN: bag(
        """
        maize rice bean beans cassava potato potatoes tomato tomatoes banana bananas coffee tea cow cows goat goats sheep hen hens
        chicken pig bee bees egg eggs milk honey seed seeds soil land farm farmer farmers crop crops plant planting harvest weed
        disease pest insect insects rain rains rainy water dry drought flood floods fire storm wind earthquake safe danger shelter
        road house home school clinic doctor hospital sick hurt bleeding trapped fever snake
        money price prices market sell buy loan loans interest save savings bank group business budget debt pay phone scam fraud
        insurance profit cost cheap fertilizer manure compost leaf leaves root yellow brown green white black
        north south east west near far old small large some any no not dont only never always after before during much many
        want need know see tell give take make go come get use find eat feed grow keep ask dry spray store apply treat kill die dying
        good bad best better new first last next
        """
    ),
    Lang.SW: bag(
        """
        mahindi mchele mpunga maharage maharagwe muhogo mihogo viazi nyanya ndizi kahawa chai ngombe mbuzi kondoo kuku nguruwe nyuki
        mayai yai maziwa asali mbegu udongo ardhi shamba shambani mkulima wakulima kilimo zao mazao mmea mimea mavuno kuvuna palizi
        magugu ugonjwa magonjwa mdudu wadudu viwavi mvua masika vuli maji ukame mafuriko moto dhoruba upepo tetemeko salama hatari
        makazi barabara nyumba nyumbani shule kliniki daktari hospitali mgonjwa homa damu nyoka
        pesa hela fedha bei soko sokoni uza kuuza nunua kununua mkopo mikopo riba akiba benki kikundi chama biashara bajeti deni
        madeni lipa kulipa simu tapeli matapeli utapeli bima faida gharama mbolea samadi mboji jani majani mizizi njano
        nataka naomba nahitaji naweza nimepata sijui sina sitaki hapana ndiyo sawa poa niaje sasa kesho leo jana asubuhi jioni usiku
        mtu watu mtoto watoto baba dada kaka ndugu rafiki jirani serikali nchi dunia mungu
        nzuri mzuri vizuri mbaya vibaya kubwa mkubwa ndogo kidogo mpya kavu nyingi mengi wengi wachache
        """
    ),
}
# Said in both languages, or in every one: no evidence.
_NEUTRAL = bag(
    """
    stop start help menu more sms ok okay hi hello mpesa can dap npk urea safari data bank radio video mama papa
    kg km cm ha ksh kes tsh kenya tanzania uganda nairobi mombasa dodoma
    """
)
_FUNCTION_WEIGHT, _CONTENT_WEIGHT, _VERB_WEIGHT, _SHAPE_WEIGHT = 2.0, 2.0, 2.0, 1.0

_ONSET = r"m?(?:[bdfghjklmnprstvwyz]|ch|sh|th|dh|gh|kh|ny|ng|mb|mv|nch|nd|nj|nz)?[wy]?"  # msaada: m may be a syllable of its own
_OPEN = re.compile(rf"(?:{_ONSET}[aeiou]){{2,}}")  # Swahili: every syllable ends in a vowel
_SUBJECT = "(?:ha)?(?:ni|u|a|tu|m|wa|i|li|ya|ki|vi|zi|ku|pa|si|hu)"
_TENSE = "(?:na|li|ta|me|ki|ka|nge|ja|si)"
_WISH = "(?:ni|tu|wa|ji|usi|msi)[a-z]{3,}e"  # nisaidie, jiunge
_SW_VERB = re.compile(rf"{_SUBJECT}{_TENSE}[a-z]{{2,}}[aeiu]|(?:ku|kw|hu|na|si)[a-z]{{3,}}a|{_WISH}")  # ninapanda, hawajalipa; kuvuna
_EN_END = r".*(?:[^aeiou\W]|ee|ie|ey|ay|oo|ea|ou)"  # no Swahili word ends so
_EN_INSIDE = r".*(?:[qx]|c(?!h)|ght|th[a-z]*r|wh|ph|[bcdfgkpst][lr]|s[ckpt]|ea|ee|oo|ou|oa|rr|ll|ss|tt|pp|ff|mm).*"
_EN_SHAPE = re.compile(f"{_EN_END}|{_EN_INSIDE}")
# The letter that other services of the region want before a message: "S habari", "E: when". Not in "e coli" and "e-mail".
_LETTER = re.compile(r"\s*([es])(?:\s*[:.,;)]\s*|\s+-?\s*)(?!coli\b|mail\b)(?=[^\W\d]{2})", re.IGNORECASE)
_MEANT = {"e": Lang.EN, "s": Lang.SW}
_BRAND = re.compile(r"\b(m)-(?=\w)", re.IGNORECASE)  # M-Pesa is one word


def detect(text: str, *, default: Lang) -> Lang:
    """The language of `text`, or `default` where nothing speaks for either or both speak equally.

    Every word votes: function words and words of our topics most, the shape of other words less (open syllables and verb
    prefixes for Swahili; closed syllables and consonants in a row for English). Mixed text goes to the weightier side.
    """
    votes = dict.fromkeys(Lang, 0.0)
    for word in tokens(_BRAND.sub(r"\1", text)):
        lang, weight = _vote(word)
        if lang is not None:
            votes[lang] += weight
    if votes[Lang.EN] == votes[Lang.SW]:
        return default
    return max(votes, key=lambda lang: votes[lang])


def marked(text: str) -> tuple[Lang | None, str]:
    """The language that a letter before the message asks for, and the message without it; None and `text` where there is no letter."""
    found = _LETTER.match(text)
    return (None, text) if found is None else (_MEANT[found[1].lower()], text[found.end() :])


def speaks(text: str, contact: Contact) -> Lang:
    """The language that the person chose, else the one they write in."""
    return contact.lang if contact.lang_chosen else detect(text, default=contact.lang)


def _vote(word: str) -> tuple[Lang | None, float]:
    """Whom `word` speaks for, and how loudly."""
    if word in _NEUTRAL or is_number(word) or not word.isascii():
        return None, 0.0
    for lists, weight in ((FUNCTION, _FUNCTION_WEIGHT), (_CONTENT, _CONTENT_WEIGHT)):
        speakers = [lang for lang in Lang if word in lists[lang]]
        if len(speakers) == 1:
            return speakers[0], weight
    return _by_shape(word)


def _by_shape(word: str) -> tuple[Lang | None, float]:
    if len(word) < 3:
        return None, 0.0
    if _OPEN.fullmatch(word):
        if _SW_VERB.fullmatch(word):
            return Lang.SW, _VERB_WEIGHT
        return (None, 0.0) if word.endswith("e") else (Lang.SW, _SHAPE_WEIGHT)
    return (Lang.EN, _SHAPE_WEIGHT) if _EN_SHAPE.fullmatch(word) else (None, 0.0)
