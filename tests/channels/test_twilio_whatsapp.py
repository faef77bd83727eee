"""WhatsApp by way of Twilio: bodies as they post them (facts/channels.md 1.1, 1.5), answers as they give them (1.7).

What both Twilio channels share, signatures first of all, is in test_twilio_sms.py and test_twilio_phone.py.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import BadConfig, Malformed, NoWindow, OptedOut, Rejected, SendError, Throttled, Unknown
from bot.core.ports import Templates
from bot.core.text import fit
from bot.core.types import Linked, Message, OptOut, Request, Status, StatusUpdate
from channels.twilio_whatsapp import TwilioWhatsapp
from tests.channels.runner import NUMBER, PART_KEY, PUBLIC_URL, Inbound, Outbound, SendingContract, Table
from tests.providers import twilio
from tests.providers.server import Fault, Scripted

TOKEN = "twilio-primary-token"
SID = "SM00000000000000000000000000000001"
SERVICE = "MG" + "1" * 32
URN = f"whatsapp:{NUMBER}"
USER = "whatsapp:KE.12ab"
OURS = f"whatsapp:{twilio.NUMBER}"
GOOD = twilio.whatsapp_inbound(NUMBER, "Habari yako", sid=SID)
TEMPLATE = "HX" + "0" * 32
LINK = Linked(channel="twilio_whatsapp", urn=URN, other=USER)
WORDLESS = {name: value for name, value in GOOD.items() if name != "Body"}


def sign(request: Request) -> Request:
    """As Twilio signs: the form's fields, whatever the content type claims."""
    fields = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    return replace(request, headers={**request.headers, "x-twilio-signature": twilio.sign(request.url, fields, TOKEN)})


def message(**changed: Any) -> Message:
    return replace(Message(channel="twilio_whatsapp", external_id=SID, urn=URN, text="Habari yako", to=OURS), **changed)


def received(label: str, form: Mapping[str, str], **expected: Any) -> Inbound:
    return Inbound(label, "receive", form, events=(message(**expected),))


def refused(label: str, sender: str) -> Inbound:
    return Inbound(label, "receive", {**GOOD, "From": sender}, error=Malformed, says="'From' is not a person on WhatsApp")


def reported(word: str, status: Status, *, error: str = "") -> Inbound:
    update = StatusUpdate(channel="twilio_whatsapp", external_id=SID, status=status, code=error or word, key=PART_KEY)
    form = twilio.whatsapp_callback(SID, word, NUMBER, error=error)
    return Inbound(f"status-{word}-{error}", "status", form, query=f"?key={PART_KEY}", events=(update,))


def blocked(code: str) -> Inbound:
    update = StatusUpdate(channel="twilio_whatsapp", external_id=SID, status=Status.FAILED, code=code)
    form = twilio.whatsapp_callback(SID, "failed", NUMBER, error=code)
    return Inbound(f"blocked-{code}", "status", form, events=(update, OptOut(channel="twilio_whatsapp", urn=URN)))


def taken(label: str, **more: Any) -> Outbound:
    return replace(Outbound(label, Fault(201, body=twilio.message_body(SID, URN, "Habari")), id=SID), **more)


def failed(code: int, error: type[SendError], *, after_s: float | None = None) -> Outbound:
    fault = Fault(twilio.TITLES[code][0], body=twilio.error_body(code, NUMBER))
    return Outbound(f"code-{code}", fault, error=error(str(code), after_s=after_s))


class TestTwilioWhatsapp(SendingContract):
    table = Table(
        cls=TwilioWhatsapp,
        options={"account_sid": twilio.ACCOUNT, "auth_token": TOKEN, "from_number": twilio.NUMBER},
        needs=["account_sid", "auth_token", "from_number"],
        wrong=[
            ("account_sid", "AC12"),
            ("messaging_service_sid", twilio.ACCOUNT),
            ("from_number", "20880"),
            ("from_number", "UJUMBE"),
            ("rate_per_s", 0),
            ("timeout_s", 1000),
            ("base_url", "http://api.example.org"),
        ],
        good={"receive": GOOD, "status": twilio.whatsapp_callback(SID, "delivered", NUMBER)},
        required={"receive": ["MessageSid", "From", "To"], "status": ["MessageStatus", "MessageSid"]},
        sign=sign,
        urn=URN,
        inbound=[
            received("text", GOOD),
            received("user-id", {**GOOD, "From": USER}, urn=USER),
            received("emoji", {**GOOD, "Body": "\U0001f404 Ng\u2019ombe"}, text="\U0001f404 Ng\u2019ombe"),
            received("no-base64-here", {**GOOD, "Body": "QUJD" * 20}, text="QUJD" * 20),
            received("odd-name", {**GOOD, "ProfileName": "x" * 20_000}),
            received("tapped", {**GOOD, "Body": "Crops", "ButtonText": "Crops", "ButtonPayload": "1", "ButtonType": "REPLY"}, text="1"),
            received("voice-note", {**WORDLESS, "NumMedia": "1", "MediaUrl0": "https://api.twilio.com/m", "MessageType": "audio"}, text=""),
            received(
                "location",
                {**GOOD, "Body": "", "Latitude": "-1.286389", "Longitude": "36.817223", "Label": "Market", "MessageType": "location"},
                text="",
                meta={"latitude": "-1.286389", "longitude": "36.817223"},
            ),
            Inbound("number-and-user-id", "receive", {**GOOD, "ExternalUserId": "KE.12ab"}, events=(LINK, message())),
            received("an-odd-user-id", {**GOOD, "ExternalUserId": "x" * 300}),
            received("a-user-id-alone", {**GOOD, "From": USER, "ExternalUserId": "KE.12ab"}, urn=USER),
            refused("sms-at-the-whatsapp-door", NUMBER),
            refused("no-number", "whatsapp:+12"),
            refused("another-network", f"rcs:{NUMBER}"),
            refused("nobody", "whatsapp:"),
            Inbound("sms-short-code", "receive", {**GOOD, "From": "20880"}, events=()),
            Inbound("status-at-the-wrong-door", "receive", twilio.whatsapp_callback(SID, "sent", NUMBER), error=Malformed, says="/status"),
            reported("queued", Status.WIRED),
            reported("sent", Status.SENT),
            reported("delivered", Status.DELIVERED),
            reported("read", Status.READ),
            reported("undelivered", Status.FAILED, error="63024"),
            reported("failed", Status.FAILED, error="63016"),
            blocked("63014"),
            blocked("63033"),
            Inbound("status-unknown", "status", twilio.whatsapp_callback(SID, "pondering", NUMBER)),
        ],
        outbound=[
            taken(
                "from-a-number",
                sent={
                    "To": URN,
                    "From": OURS,
                    "Body": "Habari",
                    "StatusCallback": f"{PUBLIC_URL}/c/twilio_whatsapp/status?key={PART_KEY}",
                },
                absent=["MessagingServiceSid", "ContentSid"],
            ),
            taken("from-a-prefixed-number", options={"from_number": OURS}, sent={"From": OURS}),
            taken("from-a-service", options={"messaging_service_sid": SERVICE}, sent={"MessagingServiceSid": SERVICE}, absent=["From"]),
            taken("keeps-every-letter", text="A+b&c\n\u12a5 \U0001f33d", sent={"Body": "A+b&c\n\u12a5 \U0001f33d"}),
            failed(63003, Rejected),
            failed(63007, BadConfig),
            failed(63014, OptedOut),
            failed(63015, BadConfig),
            failed(63016, NoWindow),
            failed(63017, Throttled),
            failed(63018, Throttled),
            failed(63024, Rejected),
            failed(63033, OptedOut),
            failed(63038, Throttled, after_s=3600.0),
            failed(20003, BadConfig),
            failed(20429, Throttled),
            failed(21211, Rejected),
            Outbound("server-error", Fault(500, body='{"code":20500,"message":"Internal"}'), error=Unknown("20500")),
            Outbound("no-sid", Fault(201, body='{"sid":null}'), error=Unknown("unreadable answer")),
        ],
    )

    def test_a_template_carries_the_text_as_one_line(self) -> None:
        channel = self.table.make(templates={"sw": TEMPLATE})
        assert isinstance(channel, Templates)
        assert channel.templates == {"sw": TEMPLATE}
        with Scripted() as provider:
            provider.fail_next(Fault(201, body=twilio.message_body(SID, URN, "")))
            sender = self.table.make(base_url=provider.url)
            assert isinstance(sender, Templates)
            assert sender.send_template(URN, TEMPLATE, "sw", ["Mafuriko.\nHama sasa."], key=PART_KEY) == SID
        form = provider.sent[0].form
        assert (form["ContentSid"], json.loads(form["ContentVariables"])) == (TEMPLATE, {"1": "Mafuriko. Hama sasa."})
        assert "Body" not in form
        assert form["StatusCallback"].endswith(f"?key={PART_KEY}")

    def test_rate_is_ours_to_set(self) -> None:
        assert self.table.make().limits.rate_per_s == 10.0
        assert self.table.make(rate_per_s="0.33").limits.rate_per_s == 0.33

    def test_answers_a_user_id(self) -> None:
        with Scripted() as provider:
            provider.fail_next(Fault(201, body=twilio.message_body(SID, USER, "Habari")))
            self.table.make(base_url=provider.url).send(USER, "Habari", key=PART_KEY)
        assert provider.sent[0].form["To"] == USER

    @given(st.text(st.sampled_from("ab \n.\u12a5\U0001f33d"), max_size=4000))
    def test_a_part_is_at_most_1600_characters_of_theirs(self, text: str) -> None:
        """Counted in UTF-16, where an emoji is two: whichever way Twilio counts, it fits."""
        for part in fit(text, self.table.make().limits).parts:
            assert 0 < len(part.encode("utf-16-le")) // 2 <= 1600
