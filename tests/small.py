"""A library small enough to read in one look, for tests of decisions rather than of content."""

from bot.core.types import Emergency, Fact, Lang, Library, Skill

EN, SW = Lang.EN, Lang.SW

TEXTS = {
    EN: {
        "welcome": "Reply MENU or STOP.",
        "help": "Ask a question or reply MENU.",
        "stopped": "You will get no more messages. START undoes this.",
        "started": "Welcome back.",
        "language_set": "English it is.",
        "menu_title": "Ujumbe",
        "ask": "Ask about $skill or pick:",
        "ask_any": "Or type a question",
        "wait_sms": "We will send the answer by SMS.",
        "wait_screen": "Dial again in a minute for the answer.",
        "goodbye": "Goodbye.",
        "working": "Your question is being worked on.",
        "no_answer": "That is not in my guide.",
        "more_hint": "MORE for the rest",
        "more_key": "9 More",
        "nothing_more": "There is nothing more.",
        "empty": "Your message was empty.",
        "unknown_choice": "No such choice.",
        "last_answer_item": "Last answer",
        "back_key": "0 Back",
        "language_title": "Language / Lugha:",
        "language_menu": "1 English\n2 Kiswahili",
        "language_item": "Kiswahili",
        "offer": "One of these?",
        "offer_else": "Or PERSON.",
        "stale": "We were away. Ask again.",
        "too_many": "Too many messages. Wait a little.",
        "person_offer": "PERSON: ask a person.",
        "person_opened": "A person will answer. Call $emergency_number in danger.",
        "person_added": "Added.",
        "person_which": "What do you ask?",
        "person_stopped": "Send START first.",
        "person_none": "Nobody can answer here.",
    },
    SW: {
        "welcome": "Jibu MENYU au SIMAMISHA.",
        "help": "Uliza swali au jibu MENYU.",
        "stopped": "Hutapokea ujumbe tena. ANZA kurudi.",
        "started": "Karibu tena.",
        "language_set": "Sasa Kiswahili.",
        "menu_title": "Ujumbe",
        "ask": "Uliza kuhusu $skill au chagua:",
        "ask_any": "Au andika swali",
        "wait_sms": "Tutatuma jibu kwa SMS.",
        "wait_screen": "Piga tena baada ya dakika.",
        "goodbye": "Kwaheri.",
        "working": "Swali lako linashughulikiwa.",
        "no_answer": "Hilo halimo kwenye mwongozo wangu.",
        "more_hint": "ZAIDI kwa sehemu iliyobaki",
        "more_key": "9 Zaidi",
        "nothing_more": "Hakuna zaidi.",
        "empty": "Ujumbe wako ulikuwa mtupu.",
        "unknown_choice": "Hakuna chaguo hilo.",
        "last_answer_item": "Jibu la mwisho",
        "back_key": "0 Rudi",
        "language_title": "Language / Lugha:",
        "language_menu": "1 English\n2 Kiswahili",
        "language_item": "English",
        "offer": "Mojawapo?",
        "offer_else": "Au MTU.",
        "stale": "Hatukuwepo. Uliza tena.",
        "too_many": "Ujumbe mwingi mno. Subiri kidogo.",
        "person_offer": "MTU: muulize mtu.",
        "person_opened": "Mtu atajibu. Piga $emergency_number ukiwa hatarini.",
        "person_added": "Imeongezwa.",
        "person_which": "Unauliza nini?",
        "person_stopped": "Tuma ANZA kwanza.",
        "person_none": "Hakuna wa kujibu hapa.",
    },
}

KEYWORDS = {
    "stop": ["STOP", "UNSUBSCRIBE", "SIMAMISHA"],
    "start": ["START", "ANZA"],
    "help": ["HELP", "MSAADA"],
    "person": ["PERSON", "MTU", "TALK TO A PERSON", "NATAKA KUONGEA NA MTU"],
    "menu": ["MENU", "MENYU"],
    "more": ["MORE", "ZAIDI"],
    "thanks": ["THANKS", "ASANTE"],
    "lang.en": ["ENGLISH"],
    "lang.sw": ["KISWAHILI"],
}


def fact(id: str, skill: str, lang: Lang, title: str, sms: str, *questions: str) -> Fact:
    return Fact(id, skill, lang, title, f"{sms} Ask your extension officer.", sms, questions, "Test source", "2026-11-01")


def small_library() -> Library:
    crops = (
        fact("maize-spacing", "crops", EN, "Maize spacing", "Plant maize 75 cm between rows.", "how far apart do i plant maize"),
        fact("maize-spacing", "crops", SW, "Nafasi ya mahindi", "Panda mahindi sm 75 kati ya mistari.", "nafasi ya mahindi ni ngapi"),
        fact("maize-drying", "crops", EN, "Dry maize", "Dry maize to 13 percent before storing.", "how dry should maize be"),
        fact(
            "maize-drying",
            "crops",
            SW,
            "Kukausha mahindi",
            "Kausha mahindi hadi asilimia 13 kabla ya kuhifadhi.",
            "mahindi yakauke kiasi gani",
        ),
    )
    money = (
        fact("pin-safety", "money", EN, "PIN safety", "Never tell anyone your PIN.", "someone asks for my pin"),
        fact("pin-safety", "money", SW, "Usalama wa PIN", "Usimwambie mtu yeyote PIN yako.", "mtu anaomba pin yangu"),
    )
    return Library(
        skills=(
            _skill(
                "crops",
                {EN: "Crops", SW: "Mazao"},
                {EN: ["maize", "plant"], SW: ["mahindi", "panda"]},
                ("maize-spacing", "maize-drying"),
                crops,
            ),
            _skill("money", {EN: "Money", SW: "Pesa"}, {EN: ["pin", "loan"], SW: ["pin", "mkopo"]}, ("pin-safety",), money),
        ),
        texts=TEXTS,
        keywords=KEYWORDS,
        emergencies=(
            Emergency(
                "snake-bite",
                {EN: ["snake bite", "bitten by snake"], SW: ["kuumwa na nyoka", "nyoka ameniuma"]},
                {EN: "Keep still. Call $emergency_number.", SW: "Tulia. Piga $emergency_number."},
            ),
        ),
    )


def _skill(name: str, titles: dict[Lang, str], words: dict[Lang, list[str]], topics: tuple[str, ...], facts: tuple[Fact, ...]) -> Skill:
    prompt = "Passage: $passage\nQuestion: $question\nSMS:"
    return Skill(name, titles, words, topics, {EN: prompt, SW: prompt}, {EN: {}, SW: {}}, facts)
