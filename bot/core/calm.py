"""What holds an emergency's words and none of its danger: a question that asks for knowledge ("how do I prevent snake bite"), a saying
("my heart bleeds for money"), an animal's trouble."""

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
inasaidia""".splitlines()
)
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


def is_saying(typed: Sequence[str]) -> bool:
    """Whether a saying stands in the message. "bleeding, no money" is none: "no" stands between."""
    said = [words.stems(w) for w in typed if not words.is_function(w)]
    return any(
        all(words.stems(w) & said[start + n] for n, w in enumerate(saying))
        for saying in _SAYINGS
        for start in range(len(said) - len(saying) + 1)
    )


def is_of_animals(typed: Sequence[str]) -> bool:
    said: Set[str] = frozenset(typed)
    return bool(said & _ANIMALS) and not said & _PERSONS


def is_knowledge(typed: Sequence[str]) -> bool:
    said: Set[str] = frozenset(typed)
    happening = said & _NOW or any(w.startswith(_SW_NOW_STARTS) for w in typed)
    return not happening and (any(asking <= said for asking in _KNOWLEDGE) or any(_in_a_row(asking, typed) for asking in _ASKS))


def _in_a_row(few: Sequence[str], many: Sequence[str]) -> bool:
    return any(tuple(many[n : n + len(few)]) == tuple(few) for n in range(len(many) - len(few) + 1))
