"""The inbox: order, reply, approval, close. What the desk refuses is shown and nothing is lost of what was typed."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.alert.audit import AuditQuery
from bot.core.ticket import Ticket, TicketKind, TicketState
from bot.core.types import Contact, Lang
from tests.console.staffed import APPROVER, AUTHOR, Browser, Office, office
from tests.places.small import small

TICKETS = "/console/tickets"
URN = "tel:+254700000001"


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Office]:
    async with office(tmp_path) as made:
        made.app.places = small()
        yield made


@pytest.fixture
async def amina(place: Office) -> Browser:
    return await place.signed_in("amina", AUTHOR)


def _open(place: Office, kind: TicketKind = TicketKind.PERSON, *, n: int = 1, age_s: float = 0.0, question: str = "Mbuzi wangu") -> int:
    urn = f"{URN[:-1]}{n}"
    with place.app.store.begin() as tx:
        tx.save_contact(Contact(urn, Lang.SW, place="KE:test:hola"))
        urgent, now = kind is not TicketKind.PERSON, place.clock() - age_s
        return tx.add_ticket(Ticket(urn=urn, channel="sim", lang=Lang.SW, kind=kind, urgent=urgent, question=question, opened=now))


async def test_calls_for_help_come_first_then_emergencies_then_who_waits_longest(place: Office, amina: Browser) -> None:
    _open(place, n=1, question="new one")
    _open(place, n=2, age_s=7200, question="old one")
    _open(place, TicketKind.EMERGENCY, n=3, question="snake")
    _open(place, TicketKind.NEED_HELP, n=4, question="on the roof")
    page = await amina.get(TICKETS)
    found = [page.shown.index(words) for words in ("on the roof", "snake", "old one", "new one")]
    assert found == sorted(found)
    assert "2 h 0 min" in page.shown
    assert "Hola, Tana River" in page.shown
    assert "700000004" not in page.text
    start = await amina.get("/console")
    assert "2 people call for help" in start.shown
    assert "2 tickets wait for an answer" in start.shown


async def test_calls_for_help_are_on_a_map_where_they_are_or_by_their_place(place: Office, amina: Browser) -> None:
    assert "<svg" not in (await amina.get(TICKETS)).text
    _open(place, n=1, question="Mbuzi wangu")
    assert "<svg" not in (await amina.get(TICKETS)).text  # who asks about a goat is not looked for
    by_place = _open(place, TicketKind.NEED_HELP, n=2, question="2 [Hola]")
    exact = _open(place, TicketKind.NEED_HELP, n=3, question="2 maji\nLocation: -1.60000, 40.10000\nLocation: -1.49123, 40.02000")
    page = await amina.get(TICKETS)
    assert page.text.count("<g><title>") == 2
    assert f"<title>#{exact}: 1</title>" in page.text
    assert "<title>Hola: 1</title>" in page.text
    page = await amina.get(f"{TICKETS}/{exact}")
    assert '<a href="geo:-1.49123,40.02000">-1.49123, 40.02000</a>' in page.text  # the last one: people move
    assert page.text.count("<g><title>") == 1
    assert ">Garsen</text>" in page.text  # what is around: a dot alone says nothing
    page = await amina.get(f"{TICKETS}/{by_place}")
    assert "<title>Hola: 1</title>" in page.text
    assert ">Garsen</text>" in page.text
    assert page.text.count(">Hola</text>") == 1
    assert "geo:" not in page.text


async def test_an_answer_is_on_its_way_and_noted(place: Office, amina: Browser) -> None:
    id_ = _open(place)
    assert "Mbuzi wangu" in (await amina.get(f"{TICKETS}/{id_}")).shown
    page = await amina.follow(await amina.post(f"{TICKETS}/{id_}/answer", text="Mpeleke kwa daktari wa mifugo."))
    assert "on its way" in page.shown
    assert "Mpeleke kwa daktari" in page.shown
    [ticket] = place.app.people.latest_tickets(states=[TicketState.ANSWERED], limit=9)
    assert ticket.answered_by == "amina"
    [entry] = place.app.audit_log.audit_page(AuditQuery(what="ticket"), limit=9)
    assert (entry.what, entry.about, "daktari" in entry.detail) == ("ticket.answer", f"ticket:{id_}", False)


async def test_a_second_answer_has_to_be_meant(place: Office, amina: Browser) -> None:
    id_ = _open(place)
    await amina.get(f"{TICKETS}/{id_}")
    await amina.post(f"{TICKETS}/{id_}/answer", text="Moja.")
    page = await amina.post(f"{TICKETS}/{id_}/answer", text="Mbili.")
    assert (page.status, "answered by amina already" in page.shown, "Mbili." in page.text) == (409, True, True)
    assert (await amina.post(f"{TICKETS}/{id_}/answer", text="Mbili.", again="1")).status == 303


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        pytest.param({"text": "  "}, "empty", id="nothing"),
        pytest.param({"text": "x" * 900}, "too long", id="too long"),
        pytest.param({"text": "x" * 200, "approve": "1", "question": "mbuzi wangu hali"}, "fit one SMS", id="approved and too long"),
        pytest.param({"text": "Ndiyo.", "approve": "1", "question": "mbuzi wangu hali", "until": "soon"}, "no date", id="no date"),
        pytest.param({"text": "Ndiyo.", "approve": "1", "question": "mbuzi hali", "until": "2020-01-01"}, "is over", id="day is over"),
    ],
)
async def test_what_cannot_be_sent_is_told_and_stays_typed(place: Office, amina: Browser, fields: dict[str, str], says: str) -> None:
    id_ = _open(place)
    await amina.get(f"{TICKETS}/{id_}")
    page = await amina.post(f"{TICKETS}/{id_}/answer", **{"until": "2099-01-01", **fields})
    assert (page.status, says in page.shown) == (409, True)
    assert fields["text"].strip() in page.text
    assert place.app.store.counts().get("ticket.answered") is None


async def test_an_answer_may_serve_others_until_it_is_taken_back(place: Office, amina: Browser) -> None:
    id_ = _open(place)
    await amina.get(f"{TICKETS}/{id_}")
    fields = {"text": "Mpe maji safi.", "approve": "1", "question": "mbuzi wangu hali chakula", "until": "2099-01-01"}
    await amina.post(f"{TICKETS}/{id_}/answer", **fields)
    page = await amina.get(f"{TICKETS}/approved")
    assert "mbuzi wangu hali chakula" in page.shown
    [one] = place.app.store.approved()
    assert "Taken back" in (await amina.follow(await amina.post(f"{TICKETS}/approved/{one.id}/withdraw"))).shown
    assert place.app.store.approved() == []
    assert (await amina.post(f"{TICKETS}/approved/{one.id}/withdraw")).status == 409


async def test_closed_it_takes_no_answer(place: Office, amina: Browser) -> None:
    id_ = _open(place)
    await amina.get(f"{TICKETS}/{id_}")
    assert "is closed" in (await amina.follow(await amina.post(f"{TICKETS}/{id_}/close"))).shown
    assert "nothing goes out" in (await amina.post(f"{TICKETS}/{id_}/answer", text="Ndiyo.")).shown
    assert "closed already" in (await amina.post(f"{TICKETS}/{id_}/close")).shown
    assert "Send the answer" not in (await amina.get(f"{TICKETS}/{id_}")).shown
    assert f"{TICKETS}/{id_}" in (await amina.get(f"{TICKETS}?state=closed")).text


async def test_who_stopped_is_named_and_gets_nothing(place: Office, amina: Browser) -> None:
    id_ = _open(place)
    with place.app.store.begin() as tx:
        tx.save_contact(Contact(URN, Lang.SW, opted_out=True))
    assert "sent STOP" in (await amina.get(f"{TICKETS}/{id_}")).shown
    assert (await amina.post(f"{TICKETS}/{id_}/answer", text="Ndiyo.")).status == 409


@pytest.mark.parametrize("path", [f"{TICKETS}/99", f"{TICKETS}/x", f"{TICKETS}/1e3"])
async def test_no_such_ticket_is_no_page(amina: Browser, path: str) -> None:
    assert (await amina.get(path)).status == 404


async def test_who_only_approves_sees_no_tickets(place: Office) -> None:
    assert (await (await place.signed_in("baraka", APPROVER)).get(TICKETS)).status == 403


async def test_the_pages_speak_swahili(place: Office) -> None:
    id_ = _open(place, TicketKind.NEED_HELP)
    zawadi = await place.signed_in("zawadi", AUTHOR, lang=Lang.SW)
    for path in (TICKETS, f"{TICKETS}/{id_}", f"{TICKETS}/approved", f"{TICKETS}?state=closed"):
        assert (await zawadi.get(path)).status == 200
    assert "ANAHITAJI MSAADA" in (await zawadi.get(TICKETS)).shown
