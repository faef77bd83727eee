"""A library of two skills and five facts in two languages, and a writer that says what it is told."""

from collections.abc import Callable, Sequence

from bot.core.errors import ModelFailed
from bot.core.types import Draft, Emergency, Fact, Lang, Library, Limits, Skill

SMS = Limits()
PROMPT = "Answer from the passage only.\nPassage: $passage\nQuestion: $question\nSMS:"

WORM_EN = "Fall armyworm eats maize leaves. Look 2 times a week. Do not spray at noon. Crush the eggs by hand. Spray neem at dusk."
WORM_SW = "Viwavijeshi hula majani ya mahindi. Kagua mara 2 kwa wiki. Usinyunyize mchana. Ponda mayai kwa mkono. Nyunyiza mwarobaini jioni."
STORE_EN = "Dry maize well before you store it. Use 2 hermetic bags of 90 kg. Never open the bag for 6 weeks. Raise bags off the floor."
STORE_SW = "Kausha mahindi vizuri kabla ya kuhifadhi. Tumia mifuko 2 ya kilo 90. Usifungue mfuko kwa wiki 6. Inua mifuko kutoka sakafuni."
BEANS_EN = "Plant beans when the rains start. Leave 50 cm between rows and 10 cm between plants. Put 2 seeds in each hole."
BEANS_SW = "Panda maharage mvua zinapoanza. Acha sm 50 kati ya mistari na sm 10 kati ya mimea. Weka mbegu 2 kila shimo."
LOAN_EN = (
    "A loan app at 15 percent a month costs 180 percent a year. Ask for the total cost before you borrow. Borrow only what you can repay."
)
LOAN_SW = "Mkopo wa app wa asilimia 15 kwa mwezi ni asilimia 180 kwa mwaka. Uliza gharama yote kabla ya kukopa. Kopa unachoweza kulipa tu."
PIN_EN = "Never tell anyone your PIN. No bank asks for it. Change it at once if somebody saw it."
PIN_SW = "Usimwambie mtu yeyote PIN yako. Hakuna benki inayoiuliza. Ibadilishe mara moja mtu akiiona."


def fact(id: str, skill: str, lang: Lang, title: str, body: str, *questions: str) -> Fact:
    first = body.partition(". ")[0] + "."
    return Fact(id, skill, lang, title, body, f"{title}: {first}", questions, "A guide, 2025", "2026-01-31")


FACTS = (
    fact(
        "worm",
        "plants",
        Lang.EN,
        "Fall armyworm",
        WORM_EN,
        "worms are eating my maize leaves",
        "how do i kill armyworm",
        "when to spray army worm",
    ),
    fact(
        "worm",
        "plants",
        Lang.SW,
        "Viwavijeshi",
        WORM_SW,
        "viwavi wanakula mahindi yangu",
        "niue vipi viwavijeshi",
        "ninyunyize lini viwavi",
    ),
    fact(
        "store",
        "plants",
        Lang.EN,
        "Storing maize",
        STORE_EN,
        "how do i store maize",
        "weevils in my stored maize",
        "how long to keep the bag shut",
    ),
    fact("store", "plants", Lang.SW, "Kuhifadhi mahindi", STORE_SW, "nihifadhi vipi mahindi", "wadudu kwenye mahindi ghalani"),
    fact(
        "beans", "plants", Lang.EN, "Planting beans", BEANS_EN, "when do i plant beans", "spacing of beans", "how many bean seeds in a hole"
    ),
    fact(
        "beans",
        "plants",
        Lang.SW,
        "Kupanda maharage",
        BEANS_SW,
        "nipande maharage lini",
        "nafasi ya maharage",
        "mbegu ngapi za maharage kila shimo",
    ),
    fact("loan", "money", Lang.EN, "App loans", LOAN_EN, "is a loan app good", "what does a loan at 15 percent a month cost"),
    fact("loan", "money", Lang.SW, "Mikopo ya app", LOAN_SW, "mkopo wa app ni mzuri", "riba ya mkopo wa app ni ngapi"),
    fact("pin", "money", Lang.EN, "Keep your PIN", PIN_EN, "someone asks for my pin", "should i tell the bank my pin"),
    fact("pin", "money", Lang.SW, "Tunza PIN yako", PIN_SW, "mtu ananiuliza pin yangu", "nimwambie benki pin yangu"),
)


def _skill(name: str, en: Sequence[str], sw: Sequence[str]) -> Skill:
    return Skill(
        name=name,
        titles={Lang.EN: name, Lang.SW: name},
        route_words={Lang.EN: en, Lang.SW: sw},
        topics=(),
        prompt={Lang.EN: PROMPT, Lang.SW: PROMPT},
        replies={Lang.EN: {"no_fact": f"Not in my {name} guide."}, Lang.SW: {"no_fact": f"Haimo kwenye mwongozo wa {name}."}},
        facts=tuple(f for f in FACTS if f.skill == name),
    )


EMERGENCIES = (
    Emergency(
        "snakebite",
        {Lang.EN: ("snake bite", "snake bit", "bitten snake"), Lang.SW: ("ameumwa nyoka", "nimeumwa nyoka", "kuumwa nyoka")},
        {Lang.EN: "Stay still. Go to a hospital now.", Lang.SW: "Tulia. Nenda hospitali sasa."},
    ),
    Emergency(
        "bleeding",
        {Lang.EN: ("bleeding",), Lang.SW: ("anavuja damu", "anatoka damu")},
        {Lang.EN: "Press hard on the wound.", Lang.SW: "Bonyeza kidonda kwa nguvu."},
    ),
    Emergency(
        "self-harm",
        {Lang.EN: ("kill myself",), Lang.SW: ("jiua", "kujidhuru")},
        {Lang.EN: "Call someone you trust now.", Lang.SW: "Mpigie mtu unayemwamini sasa."},
    ),
    Emergency("drowning", {Lang.EN: ("drowning",), Lang.SW: ("anazama",)}, {Lang.EN: "Throw a rope.", Lang.SW: "Tupa kamba."}),
)

LIBRARY = Library(
    skills=(
        _skill("plants", ("crop", "maize", "beans", "spray", "seed", "farm"), ("mazao", "mahindi", "maharage", "shamba", "mbegu")),
        _skill("money", ("loan", "bank", "money", "pin"), ("mkopo", "benki", "pesa", "riba")),
    ),
    texts={
        Lang.EN: {
            "no_answer": "That is not in my guide.",
            "off_topic": "I only know farming and money.",
            "person": "A person can help: $help_line",
            "person_offer": "Send PERSON.",
            "offer": "One of these?",
            "offer_else": "Or PERSON.",
        },
        Lang.SW: {
            "no_answer": "Hilo halimo kwenye mwongozo wangu.",
            "off_topic": "Najua kilimo na pesa tu.",
            "person": "Mtu anaweza kusaidia: $help_line",
            "person_offer": "Tuma MTU.",
            "offer": "Mojawapo?",
            "offer_else": "Au MTU.",
        },
    },
    keywords={},
    emergencies=EMERGENCIES,
)


class Scripted:
    """A Writer that answers with `say` and remembers what it was asked."""

    name = "scripted"

    def __init__(self, say: str | Callable[[str], str], *, finish: str = "stop") -> None:
        self.say, self.finish = say, finish
        self.prompts: list[str] = []
        self.deadlines: list[float] = []
        self.budgets: list[int] = []

    def write(self, prompt: str, *, max_tokens: int, stop: Sequence[str], deadline: float) -> Draft:
        self.prompts.append(prompt)
        self.deadlines.append(deadline)
        self.budgets.append(max_tokens)
        text = self.say if isinstance(self.say, str) else self.say(prompt)
        return Draft(text, len(text.split()), 0.1, self.finish)


class Broken:
    """A Writer whose engine is gone."""

    name = "broken"

    def write(self, prompt: str, *, max_tokens: int, stop: Sequence[str], deadline: float) -> Draft:
        raise ModelFailed("no engine")
