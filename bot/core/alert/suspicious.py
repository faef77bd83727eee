"""Words by which a message that says Actual may yet be a test, or the end of a danger rather than one. They only make a person look."""

import re
import unicodedata
from collections.abc import Iterator

from bot.core.alert.cap import Alert, Info

TEST_CODES = frozenset({"RWT", "RMT", "DMO", "NPT", "NMN", "NAT", "NST"})  # SAME's
# In an event or a headline, without accents.
_TEST_WORDS = re.compile(
    "|".join(
        (
            r"\b(?:tests?|testing|drills?)\b",
            r"\bexercises?\b(?! (?:\w+ )?(?:caution|care|patience|restraint|vigilance))",
            r"\b(?:jaribio|majaribio|zoezi|mazoezi)\b",
            r"\b(?:exercices?|essais?)\b",
            r"\b(?:simulacros?|pruebas?|ejercicios?)\b",
            r"\b(?:testes?|exercicios?|simulados?)\b",
            r"\b(?:tijaabo|gwaji|latihan|uji coba|simulasi)\b|تجريبي|تمرين",
            r"(?:probe|test|ubungs|uebungs)(?:alarm|warnung|meldung|ubung|uebung)|\b(?:ubung|uebung|warntag)",
        )
    )
)
# Anywhere in its texts.
_TEST_PHRASES = re.compile(
    "|".join(
        (
            r"\bthis is (?:only |just )?an? (?:\w{1,20} )?(?:test|drill|exercise)\b|\btest message\b",
            r"\b(?:hili|hii) ni (?:ma)?(?:jaribio|zoezi)",
            r"\bceci est (?:seulement )?un (?:test|exercice|essai)\b|\bc'est un (?:test|exercice)\b|\bmessage d'essai\b",
            r"\best[eao] es (?:solo )?(?:una? )?(?:mensaje de )?(?:prueba|simulacro|ejercicio)\b|\bmensaje de prueba\b",
            r"\b(?:dies|das|es) (?:ist|handelt sich) (?:nur )?(?:um )?(?:ein(?:e|en)? )?(?:\w{1,20} )?(?:test|probe|ubung|uebung)",
            r"\bist[oe] e (?:apenas )?um (?:teste|exercicio|simulado)\b|\bmensagem de teste\b",
        )
    )
)
_TEST_CODE_WORD = re.compile(r"(?:^|[^a-zA-Z])[tT](?:est|EST)|[a-z]Test")
# In an event or a headline: it may be the end of something.
_OVER_WORDS = re.compile(
    "|".join(
        (
            r"\b(?:cancel(?:l?ed|l?ation|s)?|all[- ]clear|ended|is over|no longer|lifted|terminated)\b",
            r"\bfinal\b(?! (?:warning|call|notice))",
            r"\b(?:imeisha|imekwisha|imeondolewa|imefutwa|imesitishwa|hali ni salama)\b",
            r"\bfin (?:de |d')(?:l'|la )?(?:alerte|vigilance|alerta)\b|\b(?:alerte|vigilance) (?:levee|annulee|terminee)\b|\blevee d",
            r"\b(?:cancelad[oa]s?|cancelacion|cancelamento|finalizad[oa]s?|encerrad[oa]s?|levantad[oa]s?)\b",
            r"\b(?:entwarnung|aufgehoben|aufhebung)\b",
        )
    )
)
_LONGEST = 20_000  # characters of a text that are looked at


def test_code(alert: Alert) -> bool:
    """Whether an event code is one of tests."""
    values = [value for info in alert.infos for _, value in info.event_codes]
    return any(value.strip().upper() in TEST_CODES or _TEST_CODE_WORD.search(value) for value in values)


def blocked_channel(alert: Alert) -> bool:
    """Whether its sender keeps it from channels to the public (IPAWS)."""
    return any(name.strip().upper() == "BLOCKCHANNEL" for info in alert.infos for name, _ in info.parameters)


def test_words(alert: Alert) -> bool:
    """Whether its words are those of a test."""
    titles = any(_TEST_WORDS.search(title) for info in alert.infos for title in _titles(info))
    texts = [alert.note, *(text for info in alert.infos for text in (info.headline, info.description, info.instruction))]
    return titles or any(_TEST_PHRASES.search(_folded(text)) for text in texts)


def over_words(alert: Alert) -> bool:
    """Whether its event or headline speaks of an end."""
    return any(_OVER_WORDS.search(title) for info in alert.infos for title in _titles(info))


def _titles(info: Info) -> Iterator[str]:
    yield _folded(info.event)
    yield _folded(info.headline)


def _folded(text: str) -> str:
    """In small letters, without accents, on one line."""
    letters = unicodedata.normalize("NFKD", text[:_LONGEST].replace("’", "'")).casefold()
    return " ".join("".join(char for char in letters if not unicodedata.combining(char)).split())
