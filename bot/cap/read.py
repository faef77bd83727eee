"""Reads CAP 1.0, 1.1 and 1.2, whatever it comes wrapped in: Atom, EDXL, a list of alerts.

Nothing that decides who hears of it is ever guessed: a status that is missing, misspelt or there twice is None. What people only read is
taken as it comes, with the defects noted."""

import re
from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from bot.cap.elements import Block, Defects, Word
from bot.cap.places import areas
from bot.cap.portions import Known, choose
from bot.cap.references import references
from bot.cap.xml import MOST_ELEMENTS, local, namespace, tree
from bot.core.alert.cap import Alert, AlertStatus, Category, Certainty, Info, MsgType, ResponseType, Scope, Severity, Urgency
from bot.core.alert.reading import DefectKind, Document, Read, Unreadable, Why, usable_id
from bot.core.alert.shapes import MAX_POINTS

CAP_12 = "urn:oasis:names:tc:emergency:cap:1.2"
OLDER = {"urn:oasis:names:tc:emergency:cap:1.1": "1.1", "http://www.incident.com/cap/1.0": "1.0"}
DSIG = "{http://www.w3.org/2000/09/xmldsig#}Signature"
MOST_ALERTS = 40  # of one document at a time; the longest real list has 17
MOST_INFOS = 100  # in one alert; the most real ones are 4, one for each language
MOST_AREAS = 5_000  # in one alert; the longest real list has 73
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}([-_][A-Za-z0-9]{1,8})*", re.ASCII)


def read(data: bytes) -> Read:
    """The first alert of a document that can be read. Raises Unreadable."""
    return read_all(data)[0]


def read_all(data: bytes) -> Sequence[Read]:
    """Every alert of a document that can be read, at least one. Raises Unreadable where there is none."""
    document = read_document(data)
    if not document.reads:
        raise Unreadable(next(iter(document.unreadable.values())))
    return document.reads


def read_document(data: bytes, *, known: Known | None = None) -> Document:
    """Every alert of a document; one that cannot be read does not hide the others. Raises Unreadable for what holds no alert at all.

    Of a longer list than MOST_ALERTS so many are read, the newest that are not `known` by their keys; where nobody remembers keys, such a
    list is refused."""
    listed = list(alerts(tree(data, most=MOST_ELEMENTS)))
    if not listed:
        raise Unreadable(Why.NO_ALERT)
    if known is None and len(listed) > MOST_ALERTS:
        raise Unreadable(Why.TOO_MANY_ALERTS)
    chosen = choose(listed, known or frozenset, most=MOST_ALERTS)
    reads: list[Read] = []
    unreadable: dict[int, Why] = {}
    room = [MAX_POINTS]
    for at, element in chosen.alerts.items():
        try:
            reads.append(_alert(element, at, room))
        except Unreadable as error:
            unreadable[at] = error.why
    return Document(tuple(reads), unreadable, chosen.keys, chosen.left)


def alerts(element: Element) -> Iterator[Element]:
    """The <alert> elements of a tree, in order; one inside another is none."""
    if local(element) == "alert" and any(local(child) == "identifier" for child in element):
        yield element
        return
    for child in element:
        yield from alerts(child)


def _alert(element: Element, at: int, room: list[int]) -> Read:
    """One alert. `room` holds how many points are left for the whole document."""
    defects = Defects()
    block = Block(element, "", defects)
    if block.count("info") > MOST_INFOS or sum(local(part) == "area" for part in element.iter()) > MOST_AREAS:
        raise Unreadable(Why.TOO_MANY)
    identifier, sender, sent = _identity(block)
    msg_type = _gated(block, "msgType", MsgType, DefectKind.MSG_TYPE)
    _note_namespace(block)
    alert = Alert(
        identifier=identifier,
        sender=sender,
        sent=sent,
        status=_gated(block, "status", AlertStatus, DefectKind.STATUS),
        msg_type=msg_type,
        scope=_gated(block, "scope", Scope, DefectKind.SCOPE),
        source=block.text("source"),
        note=block.text("note"),
        codes=tuple(filter(None, block.texts("code"))),
        references=references(block),
        infos=tuple(_info(info, sent, room) for info in block.blocks("info")),
        signed=element.find(DSIG) is not None,
    )
    if not alert.references and msg_type in {MsgType.UPDATE, MsgType.CANCEL}:
        block.note(DefectKind.NO_REFERENCE, "it changes an earlier message, but does not say which one (references)")
    if not alert.infos and msg_type in {MsgType.ALERT, MsgType.UPDATE}:
        block.note(DefectKind.NO_INFO, "it has no <info>, so it says nothing")
    return Read(alert, tuple(defects.noted), at)


def _identity(block: Block) -> tuple[str, str, float]:
    identifier, sender = block.sole("identifier"), block.sole("sender")
    if not usable_id(identifier) or not usable_id(sender):
        raise Unreadable(Why.NO_IDENTITY)
    if any(char in "<&," or char.isspace() for char in identifier + sender):
        block.note(DefectKind.IDENTITY, "identifier or sender has a character that the standard forbids")
    sent = block.time("sent") if block.sole("sent") else None
    if sent is None:
        raise Unreadable(Why.NO_SENT)
    return identifier, sender, sent


def _gated(block: Block, name: str, of: type[Word], kind: DefectKind) -> Word | None:
    """A word that decides who hears of it: exactly one of the standard's, or None."""
    found = next((word for word in of if word.value == block.sole(name)), None)
    if found is None:
        block.note(kind, f"<{name}> is missing, unclear or not a word of the standard")
    return found


def _note_namespace(block: Block) -> None:
    spoken = namespace(block.element)
    if spoken in OLDER:
        block.note(DefectKind.NAMESPACE, f"it is written in CAP {OLDER[spoken]}")
    elif spoken != CAP_12:
        block.note(DefectKind.NAMESPACE, "its namespace is not CAP's")


def _info(block: Block, sent: float, room: list[int]) -> Info:
    effective, expires = block.time("effective"), block.time("expires")
    if expires is not None and expires < (sent if effective is None else effective):
        block.note(DefectKind.EXPIRES_EARLY, "it expires before it takes effect")
    return Info(
        language=_language(block),
        categories=block.words("category", Category),
        event=block.needed("event"),
        response_types=block.words("responseType", ResponseType),
        urgency=block.word("urgency", Urgency, Urgency.UNKNOWN),
        severity=block.word("severity", Severity, Severity.UNKNOWN),
        certainty=_certainty(block),
        event_codes=block.pairs("eventCode"),
        effective=effective,
        onset=block.time("onset"),
        expires=expires,
        sender_name=block.text("senderName"),
        headline=block.text("headline"),
        description=block.text("description"),
        instruction=block.text("instruction"),
        web=block.text("web"),
        contact=block.text("contact"),
        parameters=block.pairs("parameter"),
        areas=areas(block, room),
    )


def _language(block: Block) -> str:
    language = block.text("language") or "en-US"  # the standard's own default
    if _LANGUAGE.fullmatch(language):
        return language
    block.note(DefectKind.UNKNOWN_WORD, "<language> is not a language code; the language is taken as unknown")
    return "und"


def _certainty(block: Block) -> Certainty:
    if block.text("certainty") == "Very Likely":  # CAP 1.0's word
        return Certainty.LIKELY
    return block.word("certainty", Certainty, Certainty.UNKNOWN)
