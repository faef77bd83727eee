"""The simulated WhatsApp phone."""

from bot.core.types import Message
from channels.sim_whatsapp import SimWhatsapp
from tests.channels.runner import JSON, NUMBER, PATH_KEY, ChannelContract, Inbound, Table
from tests.channels.test_sim import DELIVERED, SENT, sign

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
        inbound=[Inbound("text", "receive", SENT, events=(MESSAGE,))],
    )
