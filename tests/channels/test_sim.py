"""The simulated SMS phone."""

from dataclasses import replace

from bot.core.errors import Malformed
from bot.core.types import Message, Request, Status, StatusUpdate
from channels.sim import Sim
from tests.channels.runner import JSON, NUMBER, PART_KEY, PATH_KEY, URN, ChannelContract, Inbound, Table

SENT = {"from": NUMBER, "text": "habari", "id": "p1"}
DELIVERED = {"id": f"sim-{PART_KEY}", "status": "delivered"}
ARRIVED = StatusUpdate(channel="sim", external_id=f"sim-{PART_KEY}", status=Status.DELIVERED, code="delivered")


def sign(request: Request) -> Request:
    return replace(request, path_key=PATH_KEY)


class TestSim(ChannelContract):
    table = Table(
        cls=Sim,
        options={"path_key": PATH_KEY},
        needs=[],
        wrong=[("path_key", "short")],
        good={"receive": SENT, "status": DELIVERED},
        required={"receive": ["from", "text", "id"], "status": ["id", "status"]},
        sign=sign,
        content_type=JSON,
        inbound=[
            Inbound("text", "receive", SENT, events=(Message(channel="sim", external_id="p1", urn=URN, text="habari"),)),
            Inbound(
                "local-number",
                "receive",
                {**SENT, "from": "0700 000 001"},
                events=(Message(channel="sim", external_id="p1", urn=URN, text="habari"),),
            ),
            Inbound("delivered", "status", DELIVERED, events=(ARRIVED,)),
            Inbound("status-of-nothing", "status", {**DELIVERED, "status": "queued"}, error=Malformed, says="'status' is none of sent"),
            Inbound(
                "half-a-letter",
                "receive",
                body=b'{"from":"+254700000001","id":"p1","text":"\\ud83d"}',
                error=Malformed,
                says="'text' holds",
            ),
            Inbound(
                "number-as-number", "receive", body=b'{"from":254700000001,"id":"p1","text":"x"}', error=Malformed, says="object of texts"
            ),
            Inbound("huge-number", "receive", body=b'{"from":' + b"9" * 10_000 + b"}", error=Malformed),
            Inbound("not-utf8", "receive", body=b'{"from":"\xff"}', error=Malformed, says="not JSON"),
        ],
    )

    def test_sends_nothing_and_keeps_the_key(self) -> None:
        channel = self.table.make()
        assert channel.send(URN, "Habari", key=PART_KEY) == channel.send(URN, "Habari", key=PART_KEY) == f"sim-{PART_KEY}"
        assert channel.limits.keeps_key

    def test_takes_everybody_where_it_has_no_key(self) -> None:
        request = self.table.request("receive", self.table.encode(SENT))
        assert self.table.make(path_key="").routes()["receive"](request)
