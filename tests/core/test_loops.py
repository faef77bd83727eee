"""The loop breaker, as people and machines meet it: over the inbox and the in-memory store."""

import pytest

from bot.core.inbox import Inbox
from bot.core.loops import PATIENT, Loops
from bot.core.ports import Taken
from bot.core.storage import NewDelivery
from bot.core.types import Lane, Message, Status
from tests.core.test_inbox import NOW, PERSON, Bench
from tests.small import EN, TEXTS, small_library

LOOPS = Loops(same_most=3, same_within_s=600, most=8, within_s=600)
TOO_MANY = TEXTS[EN]["too_many"]
URGENT = "snake bite"


@pytest.fixture
def bench() -> Bench:
    made = Bench()
    made.inbox = Inbox(small_library(), made.channels, lang=EN, values={"emergency_number": "112"}, loops=LOOPS)  # type: ignore[arg-type]
    return made


def asked(taken: Taken) -> bool:
    return any(lane is Lane.ANSWERS for lane, _ in taken.hints)


def goes_out(bench: Bench, taken: Taken) -> bool:
    return any(part.status is Status.QUEUED for lane, row in taken.hints if lane is Lane.SENDS for part in bench.store.parts(row))


class TestTheSameText:
    def test_a_fixed_reply_goes_out_three_times_and_is_then_kept_but_not_sent(self, bench: Bench) -> None:
        assert [goes_out(bench, bench.sms("HELP")) for _ in range(5)] == [True, True, True, False, False]
        assert bench.store.given_up(since=NOW - 1) == {"loop": 2}

    def test_and_again_when_the_time_is_over(self, bench: Bench) -> None:
        for _ in range(4):
            bench.sms("HELP")
        bench.now += 601
        assert goes_out(bench, bench.sms("HELP"))

    @pytest.mark.parametrize("text", [URGENT, "MENU"])
    def test_what_one_may_need_again_goes_out_more_often_but_not_for_ever(self, bench: Bench, text: str) -> None:
        most = PATIENT * LOOPS.same_most
        assert [goes_out(bench, bench.sms(text)) for _ in range(most + 2)] == [True] * most + [False] * 2

    def test_a_stop_is_confirmed_after_any_number_of_messages(self, bench: Bench) -> None:
        for n in range(50):
            bench.sms(f"how far apart do i plant maize {n}")
        assert bench.parts(bench.sms("STOP")) == [TEXTS[EN]["stopped"]]

    def test_screens_show_the_same_as_often_as_somebody_dials(self, bench: Bench) -> None:
        shown = [bench.hop("", dial=f"d{n}").reply for n in range(20)]
        assert len({reply.text for reply in shown if reply is not None}) == 1
        assert None not in shown


class TestTheSameQuestion:
    def test_is_answered_as_often_as_its_answer_may_go_out(self, bench: Bench) -> None:
        results = [bench.sms("how dry should maize be") for _ in range(5)]
        assert [asked(taken) for taken in results] == [True, True, True, False, False]
        assert [bench.parts(taken) for taken in results[3:]] == [[], []]
        assert bench.store.counts()["message.ignored"] == 2

    def test_another_question_in_between_is_answered(self, bench: Bench) -> None:
        for _ in range(5):
            bench.sms("how dry should maize be")
        assert asked(bench.sms("how far apart do i plant maize"))

    def test_on_a_screen_it_is_answered_every_time(self, bench: Bench) -> None:
        def dial(n: int) -> Taken:
            bench.now += 20
            bench.hop("", dial=f"d{n}")
            return bench.hop("how dry should maize be", dial=f"d{n}")

        assert all(asked(dial(n)) for n in range(LOOPS.same_most + 2))


class TestTooMany:
    def flood(self, bench: Bench, count: int = LOOPS.most) -> list[Taken]:
        return [bench.sms(f"how far apart do i plant maize {n}") for n in range(count)]

    def test_one_notice_and_then_silence_until_they_pause(self, bench: Bench) -> None:
        results = self.flood(bench, LOOPS.most + 4)
        assert [asked(taken) for taken in results] == [True] * LOOPS.most + [False] * 4
        assert [bench.parts(taken) for taken in results[LOOPS.most :]] == [[TOO_MANY], [], [], []]
        assert bench.store.counts()["message.ignored"] == 4
        bench.now += 599
        assert not asked(bench.sms("and now"))
        bench.now += 601
        assert asked(bench.sms("and now"))

    def test_a_machine_that_goes_on_stays_unanswered(self, bench: Bench) -> None:
        self.flood(bench)
        for n in range(100):
            bench.now += 30
            assert not asked(bench.sms(f"Thank you for your message number {n}"))
        notices = [line.text for line in bench.store.conversation(PERSON, limit=999) if line.text == TOO_MANY]
        assert 4 <= len(notices) <= 6  # one in each ten of fifty minutes

    @pytest.mark.parametrize(
        ("text", "reply"),
        [
            pytest.param("STOP", TEXTS[EN]["stopped"], id="stop"),
            pytest.param("HELP", TEXTS[EN]["help"], id="help"),
            pytest.param(URGENT, "Keep still. Call 112.", id="emergency"),
        ],
    )
    def test_stop_help_and_emergencies_are_answered_all_the_same(self, bench: Bench, text: str, reply: str) -> None:
        self.flood(bench, 20)
        assert bench.parts(bench.sms(text)) == [reply]

    def test_others_are_answered(self, bench: Bench) -> None:
        self.flood(bench, 20)
        message = Message(channel="sms", external_id="other", urn="tel:+254700000002", text="how dry should maize be")
        assert asked(bench.take(message))

    def test_a_screen_says_so_every_time(self, bench: Bench) -> None:
        self.flood(bench, 20)
        for dial in ("d1", "d2"):
            bench.hop("", dial=dial)
            taken = bench.hop("how dry should maize be", dial=dial)
            assert taken.reply is not None
            assert (taken.reply.text, taken.reply.ends, asked(taken)) == (TOO_MANY, True, False)

    def test_keys_on_a_screen_are_not_messages(self, bench: Bench) -> None:
        for n in range(20):
            bench.hop("", dial=f"d{n}")
            bench.hop("1", dial=f"d{n}")
        assert asked(bench.sms("how dry should maize be"))

    def test_an_old_message_that_came_late_is_kept_and_not_called_too_many(self, bench: Bench) -> None:
        self.flood(bench, 20)
        late = Message(channel="sms", external_id="late", urn=PERSON, text="how dry should maize be", sent_at=NOW - 86_400)
        before = bench.store.counts()["message.ignored"]
        assert bench.take(late) == Taken()
        assert bench.store.counts()["message.ignored"] == before


def refusal(row: int) -> NewDelivery:
    repeats = LOOPS.repeats("refusal")
    return NewDelivery(dedup=f"reply:{row}", channel="sms", urn=PERSON, parts=("That is not in my guide.",), repeats=repeats)


def test_two_bots_come_to_an_end(bench: Bench) -> None:
    """The other one answers every message of ours with its one sentence, at once, for ever."""
    said, waits = 0, True
    while waits and said < 500:
        bench.now += 2
        taken = bench.sms("Thank you! We have received your message.")
        for lane, row in taken.hints:
            if lane is Lane.ANSWERS:
                claimed = bench.store.claim_message(row, now=bench.now, lease_s=9)
                assert claimed is not None
                made = bench.store.finish_message(claimed.claim, refusal(row), now=bench.now)
                assert made is not None
                taken = Taken(hints=((Lane.SENDS, made),))
        waits = goes_out(bench, taken)
        said += waits
    assert said == LOOPS.same_most
