"""What holds an emergency's words and none of its danger: a question that asks for knowledge ("how do I prevent snake bite"), a saying
("my heart bleeds for money"), an animal's trouble."""

import re
from collections.abc import Sequence, Set

from bot.core import words
from bot.core.lexicon import bag

# All words of one of these: the message asks about the danger, before or apart from it.
_KNOWLEDGE = tuple(
    frozenset(line.split())
    for line in """prevent
prevention
avoid
what is first aid
first aid training
learn first aid
protect from
how to stop getting
keep away
if
explain
define
revision
exam question
kuzuia
nizuie
tuzuie
kuepuka
niepuke
kuepukana
kujikinga
nijikinge
huduma ya kwanza ni
nini maana
kinga dhidi
swali mtihani
ikiwa""".splitlines()
)
# The same, of words that stand next to each other: "can i touch him" and not "i can not breathe".
_ASKS = tuple(
    tuple(line.split())
    for line in """in case
in future
how long
how many
how much
how often
how far
can i
do i keep
should i keep
shud i keep
to keep
why do
why does
what causes
what can i
difference between
which year
is it right
is it true
eleza maana
kiasi gani
watu wangapi
matone mangapi
dakika ngapi
inasaidia
kunapunguza hatari
kupunguza hatari
hupunguza hatari""".splitlines()
)
# How a question begins that asks for a reason: "why raise the legs of somebody who passed out".
_ASKS_WHY = re.compile(r"why (?:lay|press|raise|can (?:kids|children|people)) ")
# But these say that it is happening to somebody: then it is an emergency however it is asked.
_NOW = bag(
    """
    my me im he she hes shes him her his we us child baby son daughter wife husband mother father brother sister friend neighbour
    neighbor now urgent emergency dying unconscious been was got bitten just wangu yangu mtoto mke mume mama baba kaka dada rafiki
    jirani sasa haraka dharura amekufa anakufa nimeumwa ameumwa ametafunwa nisaidie tusaidie amezirai amezimia die dead myself kill
    nife ambulance hurry quickly asap
    """
)
_SW_NOW_STARTS = ("nime", "ame", "wame", "tume", "ana", "nina", "wana")

# Sayings that hold an emergency's words and none of its danger: their words, next to each other but for function words.
_SAYINGS = tuple(
    tuple(line.split())
    for line in """heart bleeding
heart bleeds
bleeding money
bleeding cash
business bleeding
pocket bleeding
drowning debt
drowning loans
drowning work
snake tomato
snake gourd
snake plant
burning question
burning desire
dying laugh
dying laughing
dying know
prices killing
price killing
amenidhulumu pesa
collector abuses
collecter abuses
moyo unavuja
mfuko unavuja
nazama madeni
kuzama madeni
nakufa kicheko
nyoka nyanya
bei zinaniua
bei zinatuua
ananipigia simu
amenipigia simu
wananipigia simu
kunipigia simu""".splitlines()
)


# Words that mean another thing together, taken out (but for what is named kept) before anything is looked for: the rest of the message
# counts as ever.
_ASIDES = re.compile(
    r"""\b(?:
    (?:year|month|term|week|season)\ end | end\ of\ (?:the\ |this\ |each\ |every\ )?(?:year|month|term|week|season)
    | (?:corn|maize|cabbage)\ hearts? | burning\ season | (?:told|sit|sitting|sat|stories)\ (?:by|round|around)\ the\ fire
    | (?P<kept>(?:breathing|swim)(?=\ well)|(?:storm|rains?|cyclone|floods?)(?!\ well))\ (?:well|(?:has\ |have\ )?pass(?:ed|d|es)(?!\ out))
    | (?:without|bila)\ (?:chemicals?|poisons?|pesticides?|kemikali|sumu)
    | bury\ (?:it|them|these|those)\ in\ (?:the\ )?(?:sand|soil) | washed\ (?:it|these|those)
    | (?:wallet|phone|sim|line|account|card|simu|laini)\ (?:is\ |was\ |got\ |has\ been\ )?locked
    | (?:can|could|will|may)\ (?:it|lightning|thunder)\ (?:hit|strike)\ (?:me|us)
    | stuck\ (?:under|on|to)\ (?:the\ |a\ |its\ |my\ )?(?:[a-z]+\ )?lea(?:f|ves)
    | (?:did|does|do|will)\ not\ burn | (?:didnt|doesnt|wont)\ burn
    | (?:before|b4)\ (?:the\ |my\ |our\ )?baby\ comes | out\ of\ [0-9]+
    )\b""",
    re.VERBOSE,
)
# A house that burnt down, or did so yesterday: what to do now is a question, if nobody is said to be hurt or in it.
_BURNT_DOWN = re.compile(
    r"""\b(?:
    (?:house|home|shop|store|stall)s?\ (?:was\ |were\ |got\ |has\ |is\ )?burn(?:ed|t)\ (?:down|last|yesterday)
    | (?:nyumba|duka|maduka|kibanda)(?:\ [a-z]+)?
      \ (?:(?:i|li|ki|zi|ya)li(?:ungua|teketea)|(?:i|li|ki|zi|ya)me(?:ungua|teketea)\ (?:jana|juzi|wiki))
    )\b""",
    re.VERBOSE,
)

# Whose body it is. An animal's trouble is a farmer's question, unless a person is named beside it, or the animal did it.
_ANIMALS = bag(
    """
    cow cows calf calves bull heifer goat goats sheep lamb hen hens chicken chickens chick chicks cock rooster duck ducks turkey pig
    pigs piglet piglets hoof hooves udder dog dogs puppy cat cats rabbit rabbits donkey camel horse animal animals bird
    birds cattle poultry flock herd ngombe mbuzi kondoo kuku kifaranga vifaranga bata nguruwe mbwa paka sungura punda ngamia mnyama
    wanyama ndama ndege jogoo mitamba
    """
)
_PERSONS = bag(
    """
    child children kid kids baby son daughter wife husband mother mum mom mama father dad brother sister friend neighbour neighbor
    man woman boy girl person people worker uncle aunt he she him her me us his grandma grandpa mtoto watoto mtoi mtu watu mke mume
    mama baba kaka dada rafiki jirani mzee bibi babu jamaa binti kijana mimi nime nimeumwa bit bite bitten kicked gored attacked
    amepigwa amemuuma ameniuma
    """
)
_FARM = _ANIMALS - bag("dog dogs puppy cat cats mbwa paka")  # whose young are called "baby goat", "mtoto wa mbuzi"
_ANYONE = bag("person people children kids mtu watu")  # people in general
_SOMEBODY = (_PERSONS | bag("grandmother grandfather granny toddler infant cousin pupil student guy lady boys girls i")) - _ANYONE
_STILL = _PERSONS | bag(
    """
    someone somebody everyone family toddler grandmother grandfather inside ndani trapped stuck hurt injured burns burning bleeding
    blood smoke still mwanangu wanangu nyanya shangazi mjomba familia wapangaji wageni yumo wamo yupo yuko wapo
    wako amekwama wamekwama ameumia wameumia ameungua wameungua nimeungua watoto majeruhi moshi
    """
)  # somebody is in it, or hurt


def without_asides(typed: Sequence[str]) -> Sequence[str]:
    """What is typed without the words that mean another thing together ("at year end")."""
    text = _ASIDES.sub(lambda found: f" {found['kept'] or ''} ", " ".join(typed))
    if _STILL.isdisjoint(typed):
        text = _BURNT_DOWN.sub(" ", text)
    return text.split()


def is_saying(typed: Sequence[str]) -> bool:
    """Whether a saying stands in the message. "bleeding, no money" is none: "no" stands between."""
    said = [words.stems(w) for w in typed if not words.is_function(w)]
    return any(
        all(words.stems(w) & said[start + n] for n, w in enumerate(saying))
        for saying in _SAYINGS
        for start in range(len(said) - len(saying) + 1)
    )


def is_of_animals(typed: Sequence[str]) -> bool:
    young = {n for n in range(len(typed)) if _is_young(typed, n)}
    return not _ANIMALS.isdisjoint(typed) and not any(w in _PERSONS for n, w in enumerate(typed) if n not in young)


def is_knowledge(typed: Sequence[str]) -> bool:
    said: Set[str] = frozenset(typed)
    happening = said & _NOW or any(w.startswith(_SW_NOW_STARTS) for w in typed)
    return not happening and (
        any(asking <= said for asking in _KNOWLEDGE) or any(_in_a_row(asking, typed) for asking in _ASKS) or _asks_why(typed)
    )


def _asks_why(typed: Sequence[str]) -> bool:
    return bool(_ASKS_WHY.match(" ".join(typed))) and _SOMEBODY.isdisjoint(typed)


def _is_young(typed: Sequence[str], n: int) -> bool:
    """Whether the word at `n` is the young of an animal of the farm."""
    if typed[n] in ("mtoto", "watoto"):
        return list(typed[n + 1 : n + 2]) == ["wa"] and not _FARM.isdisjoint(typed[n + 2 : n + 3])
    return typed[n] == "baby" and not _FARM.isdisjoint(typed[n + 1 : n + 2])


def _in_a_row(few: Sequence[str], many: Sequence[str]) -> bool:
    return any(tuple(many[n : n + len(few)]) == tuple(few) for n in range(len(many) - len(few) + 1))
