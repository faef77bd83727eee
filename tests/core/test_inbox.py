"""Taking in events inside one transaction, on the in-memory double that the store's contract test holds to the real one."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from bot.core.inbox import WORTH_S, Inbox
from bot.core.ports import Taken
from bot.core.storage import NewDelivery, WaitingAnswer
from bot.core.turn import session_key, typed
from bot.core.types import Lane, Limits, Linked, Message, OptOut, Reply, Response, Session, SessionEnd, SessionEvent, Status, StatusUpdate
from bot.store.memory import MemoryStore
from tests.small import EN, SW, TEXTS, small_library

PERSON = "tel:+254700000001"
NOW = 1_800_000_000.0


@dataclass
class Plain:
    """A channel of which only name and limits matter here."""

    name: str
    limits: Limits
    secrets: tuple[str, ...] = ()
    hand_over: str = ""

    def routes(self) -> Mapping[str, object]:
        return {}

    def respond(self, reply: Reply | None) -> Response:
        return Response()

    def send(self, urn: str, text: str, *, key: str) -> str:
        return key


@dataclass
class Bench:
    """An inbox over an in-memory store, with a phone for SMS and one for USSD."""

    now: float = NOW
    store: MemoryStore = field(default_factory=MemoryStore)
    ids: "itertools.count[int]" = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        screens = Limits(units=156, max_parts=1, reply_within_s=7.0, can_push=False)
        self.channels = {"sms": Plain("sms", Limits()), "ussd": Plain("ussd", screens, hand_over="sms")}
        self.inbox = Inbox(small_library(), self.channels, lang=EN, values={"emergency_number": "112"})  # type: ignore[arg-type]

    def take(self, event: object) -> Taken:
        with self.store.begin() as tx:
            return self.inbox.take(tx, event, now=self.now)  # type: ignore[arg-type]

    def sms(self, text: str, *, id: str = "") -> Taken:
        return self.take(Message(channel="sms", external_id=id or f"m{next(self.ids)}", urn=PERSON, text=text))

    def hop(self, path: str, *, dial: str = "d1") -> Taken:
        """One hop as Africa's Talking sends it: all inputs so far, joined by '*'."""
        event = SessionEvent.RESUME if path else SessionEvent.NEW
        last = path.rsplit("*", maxsplit=1)[-1]
        return self.take(
            Message(
                channel="ussd",
                external_id=f"{dial}:{len(path)}:{path}",
                urn=PERSON,
                text=last,
                session_id=dial,
                session_event=event,
                path=path,
            )
        )

    def answer(self, message_id: int, text: str) -> int:
        claimed = self.store.claim_message(message_id, now=self.now, lease_s=20)
        assert claimed is not None
        delivery = NewDelivery(dedup=f"reply:{message_id}", channel="sms", urn=PERSON, parts=(text,), message_id=message_id)
        stored = self.store.finish_message(claimed.claim, delivery, now=self.now)
        assert stored is not None
        return stored

    def parts(self, taken: Taken) -> list[str]:
        return [part.text for lane, row in taken.hints if lane is Lane.SENDS for part in self.store.parts(row)]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def screen(taken: Taken) -> str:
    assert taken.reply is not None
    return taken.reply.text


class TestPushed:
    def test_a_question_waits_for_the_answers_lane(self, bench: Bench) -> None:
        taken = bench.sms("how far apart do i plant maize")
        [(lane, row)] = taken.hints
        assert lane is Lane.ANSWERS
        claimed = bench.store.claim_message(row, now=NOW, lease_s=10)
        assert claimed is not None
        assert claimed.message.text == "how far apart do i plant maize"

    def test_a_word_is_answered_at_once(self, bench: Bench) -> None:
        assert bench.parts(bench.sms("HELP")) == [TEXTS[EN]["help"]]

    def test_the_same_message_again_changes_nothing(self, bench: Bench) -> None:
        bench.sms("HELP", id="same")
        again = bench.sms("HELP", id="same")
        assert again == Taken(duplicate=True)
        assert bench.store.counts()["delivery.queued"] == 1

    def test_stop_drops_what_waits_and_confirms(self, bench: Bench) -> None:
        waiting = bench.sms("HELP")
        stopped = bench.sms("STOP")
        assert [part.status for part in bench.store.parts(waiting.hints[0][1])] == [Status.FAILED]
        assert bench.parts(stopped) == [TEXTS[EN]["stopped"]]

    def test_an_answer_to_an_older_question_is_not_sent_after_stop(self, bench: Bench) -> None:
        [(_, question)] = bench.sms("how far apart do i plant maize").hints
        bench.sms("STOP")
        delivery = bench.answer(question, "75 cm")
        claimed = bench.store.claim_delivery(delivery, now=NOW, lease_s=10)
        assert claimed is None or claimed.opted_out

    def test_the_menu_answers_digits(self, bench: Bench) -> None:
        bench.sms("MENU")
        assert bench.parts(bench.sms("2"))[0].startswith("Ask about Money")

    def test_an_operator_opt_out_is_a_stop_without_words(self, bench: Bench) -> None:
        waiting = bench.sms("HELP")
        bench.take(OptOut(channel="sms", urn=PERSON))
        assert [part.status for part in bench.store.parts(waiting.hints[0][1])] == [Status.FAILED]
        assert bench.sms("how far apart do i plant maize").hints == ()


class TestScreens:
    def test_five_hops(self, bench: Bench) -> None:
        assert screen(bench.hop("")).startswith("Ujumbe\n1 Crops")
        assert screen(bench.hop("1")).startswith("Ask about Crops")
        assert screen(bench.hop("1*2")) == "Dry maize to 13 percent before storing.\n0 Back"
        assert screen(bench.hop("1*2*0")).startswith("Ask about Crops")
        assert bench.hop("1*2*0*how far apart do i plant maize").wait_for > 0

    def test_hops_need_no_lane(self, bench: Bench) -> None:
        for path in ("", "1", "1*2"):
            assert bench.hop(path).hints == ()

    def test_a_repeated_hop_gets_the_same_screen(self, bench: Bench) -> None:
        bench.hop("")
        first = bench.hop("1")
        again = bench.hop("1")
        assert again.duplicate
        assert screen(again) == screen(first)

    def test_a_question_waits_and_then_hands_over(self, bench: Bench) -> None:
        bench.hop("")
        taken = bench.hop("how far apart do i plant maize")
        assert taken.wait_until == NOW + 7.0
        assert taken.late is not None
        assert (taken.late.text, taken.late.ends) == (TEXTS[EN]["wait_sms"], True)

    def test_no_sms_is_promised_where_no_channel_could_send_it(self, bench: Bench) -> None:
        bench.channels.pop("sms")
        bench.hop("")
        taken = bench.hop("how far apart do i plant maize")
        assert taken.late is not None
        assert taken.late.text == TEXTS[EN]["wait_screen"]

    def test_a_repeat_of_the_waiting_hop_waits_for_the_same_question(self, bench: Bench) -> None:
        bench.hop("")
        taken = bench.hop("how far apart do i plant maize")
        again = bench.hop("how far apart do i plant maize")
        assert (again.wait_for, again.duplicate) == (taken.wait_for, True)

    def test_an_answer_in_time_goes_to_the_screen_and_not_to_the_senders(self, bench: Bench) -> None:
        bench.hop("")
        taken = bench.hop("how far apart do i plant maize")
        delivery = bench.answer(taken.wait_for, "Plant 75 cm apart.")
        assert bench.store.claim_delivery(delivery, now=bench.now, lease_s=10) is None
        answer = bench.store.claim_screen(taken.wait_for, now=bench.now)
        assert answer is not None
        bench.now += 3600
        assert bench.store.claim_delivery(delivery, now=bench.now, lease_s=10) is None

    def test_the_screen_of_an_answer_is_kept_for_a_repeat(self, bench: Bench) -> None:
        bench.hop("")
        path = "how far apart do i plant maize"
        taken = bench.hop(path)
        bench.answer(taken.wait_for, "Plant 75 cm apart.")
        answer = bench.store.claim_screen(taken.wait_for, now=bench.now)
        assert answer is not None
        message = Message(channel="ussd", external_id="x", urn=PERSON, text=path, session_id="d1", path=path)
        with bench.store.begin() as tx:
            reply = bench.inbox.answered(tx, message, answer, now=bench.now)
        assert reply.text == "Plant 75 cm apart."
        assert screen(bench.hop(path)) == "Plant 75 cm apart."

    def test_a_re_dial_waits_for_the_open_question(self, bench: Bench) -> None:
        bench.hop("")
        first = bench.hop("how far apart do i plant maize")
        bench.store.hand_over(first.wait_for, now=bench.now)
        again = bench.hop("", dial="d2")
        assert again.wait_for == first.wait_for
        assert again.late is not None
        assert again.late.text.startswith(TEXTS[EN]["working"])

    def test_a_re_dial_offers_the_last_answer(self, bench: Bench) -> None:
        bench.hop("")
        taken = bench.hop("how far apart do i plant maize")
        bench.answer(taken.wait_for, "Plant 75 cm apart.")
        assert "4 Last answer" in screen(bench.hop("", dial="d2"))
        assert screen(bench.hop("4", dial="d2")) == "Plant 75 cm apart.\n0 Back"

    def test_a_dropped_dial_lets_go_of_its_question(self, bench: Bench) -> None:
        bench.hop("")
        taken = bench.hop("how far apart do i plant maize")
        bench.take(SessionEnd(channel="ussd", session_id="d1"))
        delivery = bench.answer(taken.wait_for, "Plant 75 cm apart.")
        assert bench.store.claim_screen(taken.wait_for, now=bench.now) is None
        assert bench.store.claim_delivery(delivery, now=bench.now, lease_s=10) is not None

    def test_a_long_screen_turns_its_pages(self, bench: Bench) -> None:
        with bench.store.begin() as tx:
            tx.save_session(Session("ussd:d1", state="reading", path="1", more="word " * 60, touched=NOW))
        first = bench.hop("1*9")
        assert first.reply is not None
        assert first.reply.text.endswith("9 More")
        assert len(first.reply.text) <= 156
        assert not first.reply.ends
        assert screen(bench.hop("1*9*9")) != first.reply.text

    def test_the_way_back_is_not_worth_a_page(self, bench: Bench) -> None:
        with bench.store.begin() as tx:
            tx.save_session(Session("ussd:d1", state="top", path="", last_id="dialled", touched=NOW))
        bench.hop("")
        taken = bench.hop("how far apart do i plant maize")
        long = "x" * 30 + " word" * 25
        bench.answer(taken.wait_for, long)
        bench.hop("", dial="d2")
        assert screen(bench.hop("4", dial="d2")) == long
        assert screen(bench.hop("4*0", dial="d2")).startswith("Ujumbe")

    def test_a_typed_star_stays_in_the_input(self, bench: Bench) -> None:
        bench.hop("")
        taken = bench.hop("is 2*3 spacing good for maize")
        claimed = bench.store.claim_message(taken.wait_for, now=NOW, lease_s=10)
        assert claimed is not None
        assert claimed.message.text == "is 2*3 spacing good for maize"


@pytest.mark.parametrize(
    ("seen", "path", "last", "expected"),
    [
        pytest.param("", "1", "1", "1", id="first-input"),
        pytest.param("1", "1*2", "2", "2", id="next-input"),
        pytest.param("1", "1*a*b", "b", "a*b", id="typed-star"),
        pytest.param("1", "1*", "", "", id="empty-input"),
        pytest.param("1*2", "9", "9", "9", id="path-does-not-continue"),
        pytest.param("", "2*3", "3", "2*3", id="typed-star-first"),
    ],
)
def test_typed(seen: str, path: str, last: str, expected: str) -> None:
    message = Message(channel="ussd", external_id="x", urn=PERSON, text=last, session_id="d", path=path)
    assert typed(message, Session("ussd:d", path=seen, last_id="earlier hop")) == expected


def test_session_key() -> None:
    message = Message(channel="ussd", external_id="x", urn=PERSON, text="", session_id="d")
    assert session_key(message) == "ussd:d"
    assert session_key(replace(message, session_id="")) == f"ussd:{PERSON}"


def test_a_status_report_climbs(bench: Bench) -> None:
    [(_, delivery)] = bench.sms("HELP").hints
    claimed = bench.store.claim_delivery(delivery, now=NOW, lease_s=10)
    assert claimed is not None
    assert bench.store.part_sending(claimed.claim, claimed.parts[0].n, now=NOW, lease_s=10)
    bench.store.part_wired(claimed.claim, claimed.parts[0].n, "p1", now=NOW)
    bench.store.finish_delivery(claimed.claim, now=NOW)
    bench.take(StatusUpdate(channel="sms", external_id="p1", status=Status.DELIVERED))
    bench.take(StatusUpdate(channel="sms", external_id="p1", status=Status.SENT))
    assert [part.status for part in bench.store.parts(delivery)] == [Status.DELIVERED]


NUMBER, USER = "whatsapp:+254700000001", "whatsapp:KE.12ab34cd"


class TestOnePersonWithTwoNames:
    """A webhook told once that the number and the user id are one person; later only the id is shown."""

    @pytest.fixture
    def bench(self) -> Bench:
        bench = Bench()
        bench.take(Linked(channel="sms", urn=NUMBER, other=USER))
        return bench

    def say(self, bench: Bench, urn: str, text: str) -> Taken:
        return bench.take(Message(channel="sms", external_id=f"m{next(bench.ids)}", urn=urn, text=text))

    @pytest.mark.parametrize(("stops", "asks"), [(NUMBER, USER), (USER, NUMBER)])
    def test_a_stop_under_one_name_silences_the_other(self, bench: Bench, stops: str, asks: str) -> None:
        waiting = self.say(bench, asks, "MENU")
        self.say(bench, stops, "STOP")
        assert [part.status for part in bench.store.parts(waiting.hints[0][1])] == [Status.FAILED]
        assert self.say(bench, asks, "how far apart do i plant maize").hints == ()
        assert bench.parts(self.say(bench, asks, "START")) == [TEXTS[EN]["started"]]

    def test_a_stop_at_the_provider_under_the_id_silences_the_number(self, bench: Bench) -> None:
        bench.take(OptOut(channel="sms", urn=USER))
        assert self.say(bench, NUMBER, "how far apart do i plant maize").hints == ()

    def test_the_chosen_language_and_the_menu_hold_for_both(self, bench: Bench) -> None:
        self.say(bench, NUMBER, "KISWAHILI")
        self.say(bench, NUMBER, "MENYU")
        assert "Mazao" in bench.parts(self.say(bench, USER, "1"))[0]

    def test_a_stranger_s_id_is_a_person_of_its_own(self, bench: Bench) -> None:
        self.say(bench, NUMBER, "STOP")
        assert self.say(bench, "whatsapp:KE.another", "how far apart do i plant maize").hints


class TestCameLate:
    """A gateway that was off delivers what it kept, hours or days later."""

    def tell(self, bench: Bench, text: str, *, age_s: float) -> Taken:
        return bench.take(Message(channel="sms", external_id=f"m{next(bench.ids)}", urn=PERSON, text=text, sent_at=NOW - age_s))

    @pytest.mark.parametrize("text", ["how far apart do i plant maize", "HELP", "MENU", "1"])
    def test_it_is_kept_and_not_answered(self, bench: Bench, text: str) -> None:
        assert self.tell(bench, text, age_s=WORTH_S + 1).hints == ()
        assert [line.text for line in bench.store.conversation(PERSON, limit=9)] == [text]
        assert bench.store.counts() == {"message.done": 1}
        assert self.tell(bench, text, age_s=WORTH_S).hints

    def test_a_stop_holds_and_is_confirmed(self, bench: Bench) -> None:
        assert bench.parts(self.tell(bench, "STOP", age_s=2 * 86400)) == [TEXTS[EN]["stopped"]]
        assert bench.sms("MENU").hints == ()

    def test_a_start_does_not_undo_a_later_stop(self, bench: Bench) -> None:
        bench.sms("STOP")
        assert self.tell(bench, "START", age_s=2 * 86400).hints == ()
        assert bench.sms("MENU").hints == ()

    def test_a_language_holds(self, bench: Bench) -> None:
        assert self.tell(bench, "KISWAHILI", age_s=2 * 86400).hints == ()
        assert bench.parts(bench.sms("HELP")) == [TEXTS[SW]["help"]]

    def test_a_cry_for_help_is_answered(self, bench: Bench) -> None:
        assert "Keep still" in bench.parts(self.tell(bench, "snake bite", age_s=2 * 86400))[0]


class TestReadFromTheInboxToo:
    """A provider whose inbox gives messages other ids than its webhook does."""

    def tell(self, bench: Bench, id: str, *, polled: bool, text: str = "how far apart do i plant maize") -> Taken:
        return bench.take(Message(channel="sms", external_id=id, urn=PERSON, text=text, sent_at=NOW, polled=polled, twin_s=600))

    @pytest.mark.parametrize("polled_first", [True, False])
    def test_one_message_is_taken_once(self, bench: Bench, polled_first: bool) -> None:
        first = self.tell(bench, "15071", polled=polled_first)
        again = self.tell(bench, "a1b2", polled=not polled_first)
        repeat = self.tell(bench, "15071", polled=polled_first)
        assert len(first.hints) == 1
        assert (again.hints, again.duplicate) == ((), True)
        assert repeat.duplicate

    def test_the_same_words_again_by_webhook_are_a_new_message(self, bench: Bench) -> None:
        taken = [self.tell(bench, f"m{n}", polled=False, text="MENU") for n in range(2)]
        assert [one.duplicate for one in taken] == [False, False]


@dataclass
class Varying(Plain):
    """A screen that one network shows more of."""

    def limits_for(self, message: Message) -> Limits:
        wide = message.meta.get("networkCode") == "63903"
        return replace(self.limits, units=180, units_joined=180) if wide else self.limits


@pytest.mark.parametrize(("network", "most"), [("63902", 156), ("63903", 180), ("", 156)])
def test_a_screen_is_cut_to_its_network(network: str, most: int) -> None:
    bench = Bench()
    bench.channels["ussd"] = Varying("ussd", bench.channels["ussd"].limits, hand_over="sms")
    asked = Message(channel="ussd", external_id="d1", urn=PERSON, text="x", session_id="d1", meta={"networkCode": network}, path="x")
    answer = WaitingAnswer(1, 1, "a " * 200, Status.DELIVERED)
    with bench.store.begin() as tx:
        reply = bench.inbox.answered(tx, asked, answer, now=NOW)
    assert most - 3 <= len(reply.text) <= most
