"""Africa's Talking USSD: hops as they post them (facts/channels.md 2.3)."""

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from bot.core.errors import Malformed
from bot.core.ports import limits_for
from bot.core.types import Lang, Message, Reply, Request, Response, SessionEnd, SessionEvent
from channels.at_ussd import AtUssd
from tests.channels.runner import NUMBER, PATH_KEY, URN, ChannelContract, Inbound, Table
from tests.providers import africas_talking as at

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "vectors" / "ussd_text.json"
OURS = {"text": "1*nipande lini", "steps": ["1", "nipande lini"]}
TEXTS = [OURS, *(json.loads(VECTORS.read_text())["cases"] if VECTORS.is_file() else [])]


def sign(request: Request) -> Request:
    return replace(request, path_key=PATH_KEY)


def hop(path: str, steps: int, text: str) -> Message:
    return Message(
        channel="at_ussd",
        external_id=f"ATUid_1:{steps}:{sha256(path.encode()).hexdigest()[:16]}",
        urn=URN,
        text=text,
        to="*384*123#",
        session_id="ATUid_1",
        session_event=SessionEvent.RESUME if path else SessionEvent.NEW,
        path=path,
        meta={"networkCode": "63902"},
    )


def typed(label: str, path: str, steps: int, text: str) -> Inbound:
    return Inbound(label, "receive", at.hop("ATUid_1", NUMBER, path), events=(hop(path, steps, text),))


class TestAtUssd(ChannelContract):
    table = Table(
        cls=AtUssd,
        options={"path_key": PATH_KEY},
        needs=["path_key", "hand_over"],
        wrong=[
            ("path_key", "short"),
            *(("reply_within_s", value) for value in (9.5, 0, "soon", "nan")),
            *(("screens", value) for value in ("184", {"safaricom": 160}, {"63902": 500}, {"63902": 20}, {"63902": "wide"}, {"63902": -1})),
        ],
        good={"receive": at.hop("ATUid_1", NUMBER, "1*2"), "end": at.ended("ATUid_1", NUMBER)},
        required={
            "receive": ["sessionId", "phoneNumber", "serviceCode", "text"],
            "end": ["sessionId", "phoneNumber", "status"],
        },
        sign=sign,
        inbound=[
            Inbound(
                "as-on-the-wire",
                "receive",
                body=b"phoneNumber=%2B254700000001&serviceCode=%2A384%2A123%23&text=1%2A2&sessionId=ATUid_1&networkCode=63902",
                events=(hop("1*2", 2, "2"),),
            ),
            typed("dial", "", 0, ""),
            typed("first-choice", "1", 1, "1"),
            typed("free-text", "2*Je, nipande lini?", 2, "Je, nipande lini?"),
            typed("blank-input", "1*", 2, ""),
            typed("leading-zeros", "1*00", 2, "00"),
            typed("typed-star", "1*a*b", 3, "b"),
            Inbound(
                "plus-not-escaped",
                "receive",
                body=b"phoneNumber=+254700000001&serviceCode=*384*123%23&text=&sessionId=ATUid_1&networkCode=63902",
                events=(hop("", 0, ""),),
            ),
            Inbound("machine", "receive", {**at.hop("ATUid_1", "20880", "")}, error=Malformed, says="phoneNumber"),
            Inbound(
                "end",
                "end",
                at.ended("ATUid_1", NUMBER, status="Incomplete"),
                events=(SessionEnd(channel="at_ussd", session_id="ATUid_1", urn=URN, reason="Incomplete"),),
            ),
        ],
    )

    @pytest.mark.parametrize("case", [pytest.param(case, id=repr(case["text"])) for case in TEXTS])
    def test_steps_of_the_vectors(self, case: dict[str, object]) -> None:
        steps = list(map(str, case["steps"]))  # type: ignore[call-overload]
        request = sign(self.table.request("receive", self.table.encode(at.hop("ATUid_1", NUMBER, str(case["text"])))))
        assert list(self.table.make().routes()["receive"](request)) == [hop(str(case["text"]), len(steps), steps[-1] if steps else "")]

    @pytest.mark.parametrize(("ends", "prefix"), [pytest.param(True, "END", id="end"), pytest.param(False, "CON", id="go-on")])
    def test_screen(self, ends: bool, prefix: str) -> None:
        reply = Reply("Kwaheri", Lang.SW, "menu", ends=ends)
        assert self.table.make().respond(reply) == Response(200, f"{prefix} Kwaheri", "text/plain")

    def test_a_blank_screen_is_our_mistake(self) -> None:
        with pytest.raises(ValueError, match="needs a text"):
            self.table.make().respond(Reply(" \n", Lang.SW, "menu"))

    def test_the_end_of_a_dial_gets_no_screen(self) -> None:
        assert self.table.make().respond(None).body == ""

    def test_the_longest_screen_fits_the_smallest_operator(self) -> None:
        channel = self.table.make()
        assert len(channel.respond(Reply("x" * channel.limits.units, Lang.EN, "menu")).body) == 160

    @pytest.mark.parametrize(
        ("network", "characters"),
        [
            pytest.param("63902", 160, id="safaricom"),
            pytest.param("63903", 184, id="airtel-kenya"),
            pytest.param("63907", 160, id="no-source-says"),
            pytest.param("", 160, id="unknown"),
            pytest.param("99999", 100, id="set-by-the-operator"),
            pytest.param("62130", 120, id="set-by-the-operator-as-text"),
        ],
    )
    def test_the_longest_screen_of_each_network(self, network: str, characters: int) -> None:
        channel = self.table.make(screens={"99999": 100, 62130: "120"})
        form = {**at.hop("ATUid_1", NUMBER, ""), "networkCode": network}
        [message] = channel.routes()["receive"](sign(self.table.request("receive", self.table.encode(form))))
        assert isinstance(message, Message)
        limits = limits_for(channel, message)
        assert len(channel.respond(Reply("x" * limits.units, Lang.EN, "menu")).body) == characters
        assert limits.units_joined == limits.units
        assert 2 * (limits.ucs2_units + 4) <= min(characters, 160)
        assert (limits.max_parts, limits.reply_within_s, limits.can_push) == (1, 7.0, False)

    def test_options(self) -> None:
        channel = self.table.make(reply_within_s="5", hand_over="twilio_sms")
        assert (channel.limits.reply_within_s, channel.hand_over) == (5.0, "twilio_sms")
