"""Highly hazardous pesticides by name. In code, so that no edit of texts can lift the rule (see skills.fact_rules).

Sources: WHO Recommended Classification of Pesticides by Hazard, 2019, classes Ia and Ib; Rotterdam Convention, Annex III, pesticides and
severely hazardous formulations; paraquat, which FAO and WHO name for its deaths. What is on these lists but sold under many plain words
("Counter", "Monitor", "Marshal") is known by its active ingredient only.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

_ACTIVES = """
acrolein alachlor aldicarb aldrin azinphos binapacryl blasticidin brodifacoum bromadiolone bromethalin butocarboxim butoxycarboxim cadusafos
captafol carbofuran carbosulfan chlordane chlordimeform chlorethoxyfos chlorfenvinphos chlormephos chlorobenzilate chlorophacinone coumaphos
coumatetralyl ddt demeton dichlorvos dicrotophos dieldrin difenacoum difethialone dinoseb dinoterb diphacinone disulfoton dnoc edifenphos
endosulfan endrin epn ethiofencarb ethoprop ethoprophos famphur fenamiphos fenthion flocoumafen flucythrinate fluoroacetamide fonofos
formetanate furathiocarb heptachlor heptenophos hexachlorobenzene isoxathion lindane mecarbam methamidophos methidathion methiocarb methomyl
mevinphos mirex monocrotophos nicotine omethoate oxamyl oxydemeton paraquat parathion pentachlorophenol phorate phosphamidon propetamphos
strychnine sulfotep tebupirimfos tefluthrin terbufos thiofanox thiometon toxaphene triazophos tributyltin trichlorfon vamidothion
"""
_BRANDS = "azodrin ddvp folidol furadan gramoxone lannate mocap nemacur nuvacron nuvan temik thimet thiodan vydate"
_SWAHILI = "endosulfani furadani gramoksoni karbofurani parakwati"  # as they are written in Swahili
_PHRASES = (
    *("calcium arsenate", "calcium cyanide", "lead arsenate", "sodium arsenite", "sodium cyanide", "sodium fluoroacetate"),
    *("ethylene dibromide", "ethylene dichloride", "mercuric chloride", "paris green", "thallium sulphate", "zinc phosphide"),
)
HAZARDOUS = frozenset(f"{_ACTIVES} {_BRANDS} {_SWAHILI}".split())
_WORD = re.compile(r"[a-z]+")


def hazardous(text: str) -> Sequence[str]:
    """The hazardous pesticides that `text` names, in their order. Knows exact names only: no misspelling, and no brand beyond the list."""
    said = _WORD.findall(text.casefold())
    pairs = [" ".join(pair) for pair in pairwise(said)]
    return list(dict.fromkeys([*(w for w in said if w in HAZARDOUS), *(p for p in pairs if p in _PHRASES)]))
