"""The simulated WhatsApp phone."""

from dataclasses import replace

import pytest

from bot.core.errors import Malformed
from bot.core.types import Choice, Message
from channels.sim_whatsapp import SimWhatsapp
from tests.channels.runner import JSON, NUMBER, PATH_KEY, ChannelContract, Inbound, Table
from tests.channels.test_sim import DELIVERED, SENT, sign

HERE = {"latitude": "-0.45", "longitude": "39.6"}
POINT = {"type": "location", "latitude": "-0.45", "longitude": "39.6"}
MESSAGE = Message(channel="sim_whatsapp", external_id="p1", urn=f"whatsapp:{NUMBER}", text="habari")


class TestSimWhatsapp(ChannelContract):
    table = Table(
        cls=SimWhatsapp,
        options={"path_key": PATH_KEY},
        needs=[],
        wrong=[("path_key", "short")],
        good={"receive": SENT, "status": DELIVERED},
        required={"receive": ["from", "text", "id"], "status": ["id", "status"]},
        sign=sign,
        content_type=JSON,
        inbound=[
            Inbound("text", "receive", SENT, events=(MESSAGE,)),
            Inbound("location", "receive", SENT | HERE | {"text": ""}, events=(replace(MESSAGE, text="", meta=POINT),)),
            Inbound("nowhere on Earth", "receive", SENT | HERE | {"latitude": "91"}, error=Malformed),
            Inbound("not a number of degrees", "receive", SENT | HERE | {"longitude": "nan"}, error=Malformed),
            Inbound("half a location", "receive", SENT | {"latitude": "1"}, error=Malformed),
        ],
    )

    def test_choices_are_shown_by_the_page_and_a_tap_is_a_message(self) -> None:
        phone = SimWhatsapp(country="KE")
        assert phone.send_menu(MESSAGE.urn, "Pick:", [Choice("1", "Crops")], key="17-0-abc") == "sim-17-0-abc"
        with pytest.raises(ValueError, match="1 to 10 choices, not 11"):
            phone.send_menu(MESSAGE.urn, "Pick:", [Choice(str(n), "x") for n in range(11)], key="17-0-abc")
