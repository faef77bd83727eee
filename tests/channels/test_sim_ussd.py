"""The simulated USSD phone."""

import json
from hashlib import sha256

from bot.core.types import Lang, Message, Reply, SessionEnd, SessionEvent
from channels.sim_ussd import SimUssd
from tests.channels.runner import JSON, NUMBER, PATH_KEY, URN, ChannelContract, Inbound, Table
from tests.channels.test_sim import sign

HOP = {"from": NUMBER, "text": "1*nipande lini", "session": "d1"}


def hop(path: str, steps: int, text: str, event: SessionEvent) -> Message:
    external_id = f"d1:{steps}:{sha256(path.encode()).hexdigest()[:16]}"
    return Message(channel="sim_ussd", external_id=external_id, urn=URN, text=text, session_id="d1", session_event=event, path=path)


class TestSimUssd(ChannelContract):
    table = Table(
        cls=SimUssd,
        options={"path_key": PATH_KEY},
        needs=["hand_over"],
        wrong=[("path_key", "short"), ("reply_within_s", -1)],
        good={"receive": HOP, "end": {"session": "d1"}},
        required={"receive": ["from", "text", "session"], "end": ["session"]},
        sign=sign,
        content_type=JSON,
        inbound=[
            Inbound("dial", "receive", {**HOP, "text": ""}, events=(hop("", 0, "", SessionEvent.NEW),)),
            Inbound("hop", "receive", HOP, events=(hop("1*nipande lini", 2, "nipande lini", SessionEvent.RESUME),)),
            Inbound("end", "end", {"session": "d1"}, events=(SessionEnd(channel="sim_ussd", session_id="d1"),)),
        ],
    )

    def test_screen(self) -> None:
        response = self.table.make().respond(Reply("Chagua 1-3", Lang.SW, "menu", ends=False))
        assert json.loads(response.body) == {"text": "Chagua 1-3", "ends": False}
        assert response.content_type == "application/json"
