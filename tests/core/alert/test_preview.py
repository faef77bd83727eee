"""Before anybody approves: parts, cost, time, who is left out, and what keeps it from going."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.core.alert.broadcast import Broadcast
from bot.core.alert.cap import ResponseType
from bot.core.alert.preview import Counted, Exclusion, Preview, Previewer, Stopper, Way
from bot.core.price import Price
from bot.core.text import Alphabet
from bot.core.types import Lang, Limits
from tests.core.alert.drafting import DRAFTING, ZONE, at, flood

SMS = Way(Limits(rate_per_s=10.0), price=Price(Decimal("0.80"), "KES"))
CHAT = Way(Limits(gsm7=False, units=1000, rate_per_s=80.0, window_h=24.0, quiet=None), template=True)
WAYS = {"sms": SMS, "chat": CHAT}
NOW = at(21, 9)


def preview(broadcast: Broadcast, people: dict[tuple[str, Lang], int], ways: dict[str, Way] = WAYS, **excluded: Any) -> Preview:
    counted = Counted(people=people, excluded=excluded.get("excluded", {}))
    return Previewer(ways, ZONE).preview(broadcast, DRAFTING.drafts(broadcast), counted, now=NOW)


def test_a_line_for_each_channel_and_language() -> None:
    seen = preview(flood(), {("sms", Lang.EN): 600, ("sms", Lang.SW): 1200, ("chat", Lang.SW): 480}, excluded={Exclusion.OPTED_OUT: 7})
    assert [(line.channel, line.lang, line.people) for line in seen.lines] == [
        ("chat", Lang.SW, 480), ("sms", Lang.EN, 600), ("sms", Lang.SW, 1200),
    ]  # fmt: skip
    chat, sms, _ = seen.lines
    assert (chat.alphabet, sms.alphabet) == (Alphabet.PLAIN, Alphabet.GSM7)
    assert sms.parts == (sms.text,)
    assert sms.text.startswith("KenyaMet: FLOOD DANGER, Garissa & Tana River. Go to high ground now.")
    assert (sms.units, sms.segments) == (len(sms.text), 1)
    assert (seen.people, seen.excluded) == (2280, {Exclusion.OPTED_OUT: 7})
    assert seen.stoppers == []


def test_cost_where_it_is_known() -> None:
    seen = preview(flood(), {("sms", Lang.EN): 600, ("sms", Lang.SW): 1200, ("chat", Lang.SW): 480})
    assert seen.costs == [Price(Decimal("1440.00"), "KES")]
    assert seen.unpriced == ["chat"]


def test_two_parts_are_two_messages_that_cost_and_take_twice() -> None:
    long = flood(slots={**flood().slots, "parts": "2", "impact.en": "Water up to 2 m deep at both bridges and at the market"})
    seen = preview(long, {("sms", Lang.EN): 600})
    assert [part[:6] for part in seen.lines[0].parts] == ["(1/2) ", "(2/2) "]
    assert (seen.lines[0].segments, seen.costs) == (2, [Price(Decimal("960.00"), "KES")])
    assert seen.ends - seen.starts == pytest.approx(1200 / 6.0)


def test_finish_time_is_that_of_the_slowest_channel_at_the_share_that_is_sure() -> None:
    seen = preview(flood(), {("sms", Lang.EN): 600, ("sms", Lang.SW): 1200, ("chat", Lang.SW): 480})
    assert seen.ends - NOW == pytest.approx(1800 / 6.0), "alerts are sure of 6 of 10 a second"
    assert seen.in_time == 1.0


def test_what_expires_before_the_last_one_has_it_says_how_many_do() -> None:
    soon = flood(expires=NOW + 150.0)
    seen = preview(soon, {("sms", Lang.EN): 1800})
    assert seen.stoppers == [Stopper.LATE]
    assert seen.in_time == pytest.approx(0.5)


def test_what_has_expired_reaches_nobody() -> None:
    seen = preview(flood(expires=NOW - 1.0), {("sms", Lang.EN): 1800})
    assert (seen.stoppers, seen.in_time) == ([Stopper.EXPIRED], 0.0)


def test_what_waits_for_the_morning_starts_then() -> None:
    night = replace(flood(quiet=True, expires=at(23, 18)))
    people = Counted(people={("sms", Lang.EN): 600})
    seen = Previewer(WAYS, ZONE).preview(night, DRAFTING.drafts(night), people, now=at(21, 22))
    assert seen.starts == at(22, 8)
    assert seen.ends == pytest.approx(at(22, 8) + 100.0)
    loud = replace(night, quiet=False)
    assert Previewer(WAYS, ZONE).preview(loud, DRAFTING.drafts(loud), people, now=at(21, 22)).starts == at(21, 22)


def test_a_language_of_the_audience_without_words_is_a_stopper() -> None:
    one = flood(response=ResponseType.EXECUTE, slots={"action.en": "Meet at the school."})
    assert preview(one, {("sms", Lang.EN): 600}).stoppers == []
    seen = preview(one, {("sms", Lang.EN): 600, ("sms", Lang.SW): 600})
    assert seen.stoppers == [Stopper.NO_TEXT]
    assert [draft.lang for draft in seen.unsendable] == [Lang.SW]
    assert seen.in_time == 0.5, "who gets no words is not reached"


@pytest.mark.parametrize(
    ("people", "ways", "stopper"),
    [
        pytest.param({}, WAYS, Stopper.NOBODY, id="nobody"),
        pytest.param({("gone", Lang.EN): 5}, WAYS, Stopper.NO_WAY, id="no-such-channel"),
        pytest.param({("chat", Lang.EN): 5}, {"chat": replace(CHAT, template=False)}, Stopper.NO_WAY, id="may-not-write-first"),
        pytest.param({("sms", Lang.EN): 5}, {"sms": Way(Limits(can_push=False))}, Stopper.NO_WAY, id="cannot-push"),
        pytest.param({("sms", Lang.EN): 5}, {"sms": Way(Limits(units=50, max_parts=1))}, Stopper.NOT_WHOLE, id="too-small-a-channel"),
    ],
)
def test_what_keeps_it_from_going(people: dict[tuple[str, Lang], int], ways: dict[str, Way], stopper: Stopper) -> None:
    assert preview(flood(), people, ways).stoppers == [stopper]
