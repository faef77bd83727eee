"""Africa's Talking SMS: bodies as they post them (facts/channels.md 2.1), answers as they give them (2.2)."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bot.core.errors import BadConfig, Malformed, OptedOut, Rejected, SendError, Throttled, Unknown, Unreachable
from bot.core.ports import Recovers
from bot.core.price import Price, price_of
from bot.core.types import Message, OptOut, Request, Status, StatusUpdate
from channels.at_sms import BULK, KEPT, AtSms
from tests.channels.runner import NUMBER, PART_KEY, PATH_KEY, URN, Inbound, Outbound, SendingContract, Table, silent
from tests.providers import africas_talking as at
from tests.providers.server import Fault, Scripted, closed_port

API_KEY = "at-secret-api-key"
ID = "ATXid_00000000000000000000000000000001"
GOOD = at.incoming(NUMBER, "Habari", id="a1b2")


def sign(request: Request) -> Request:
    return replace(request, path_key=PATH_KEY)


def message(**changed: object) -> Message:
    made = Message(
        channel="at_sms",
        external_id="a1b2",
        urn=URN,
        text="Habari",
        to=at.SHORT_CODE,
        sent_at=1793607345.0,
        meta={"networkCode": "63902"},
    )
    return replace(made, **changed)  # type: ignore[arg-type]


def received(label: str, changes: dict[str, str], **expected: object) -> Inbound:
    return Inbound(label, "receive", {**GOOD, **changes}, events=(message(**expected),))


def reported(word: str, status: Status, *, reason: str = "", code: str = "") -> Inbound:
    update = StatusUpdate(channel="at_sms", external_id=ID, status=status, code=code or word)
    return Inbound(f"status-{word}-{reason}", "status", at.report(ID, word, NUMBER, reason=reason), events=(update,))


def blacklisted() -> Inbound:
    update = StatusUpdate(channel="at_sms", external_id=ID, status=Status.FAILED, code="UserInBlackList")
    body = at.report(ID, "Rejected", NUMBER, reason="UserInBlackList")
    return Inbound("stopped-at-the-operator", "status", body, events=(update, OptOut(channel="at_sms", urn=URN)))


def taken(label: str, code: int = 101, **more: object) -> Outbound:
    answer = Fault(201, body=at.send_result(NUMBER, ID, code))
    return replace(Outbound(label, answer, id=ID), **more)  # type: ignore[arg-type]


def refused(code: int, error: SendError) -> Outbound:
    return Outbound(f"recipient-{code}", Fault(201, body=at.send_result(NUMBER, ID, code)), error=error)


def empty(said: str, error: SendError) -> Outbound:
    body = '{"SMSMessageData":{"Message":"' + said + '","Recipients":[]}}'
    return Outbound(f"no-recipient-{said[:20]}", Fault(201, body=body), error=error)


def http(status: int, body: str, error: SendError, **headers: str) -> Outbound:
    return Outbound(f"http-{status}-{body[:12]}", Fault(status, headers, body, "text/plain"), error=error)


class TestAtSms(SendingContract):
    table = Table(
        cls=AtSms,
        options={"username": "sandbox", "api_key": API_KEY, "path_key": PATH_KEY},
        needs=["username", "api_key", "path_key"],
        wrong=[
            ("path_key", "tooshort"),
            ("path_key", "with/slashes/in/it/0123456789"),
            ("api_key", "line\nend"),
            ("username", 5),
            ("sender", 20880),
            ("rate_per_s", 0),
            ("rate_per_s", "fast"),
            ("timeout_s", -1),
            ("poll", "perhaps"),
            ("base_url", "http://api.example.org"),
            ("base_url", "ftp://127.0.0.1"),
            ("base_url", "https://[broken"),
        ],
        good={"receive": GOOD, "status": at.report(ID, "Success", NUMBER), "optout": at.opted_out(NUMBER)},
        required={"receive": ["id", "from", "to", "text"], "status": ["status", "id"], "optout": ["phoneNumber"]},
        sign=sign,
        inbound=[
            Inbound(
                "as-on-the-wire",
                "receive",
                body=b"linkId=SampleLinkId123&text=Habari+ya+leo%3F&to=20880&id=a1b2&date=2026-11-02T08%3A15%3A45Z&from=%2B254700000001",
                events=(message(text="Habari ya leo?", meta={"linkId": "SampleLinkId123"}),),
            ),
            Inbound(
                "plus-not-escaped",
                "receive",
                body=b"from=+254700000001&id=a1b2&text=x&to=20880",
                events=(message(text="x", sent_at=None, meta={}),),
            ),
            received("local-number", {"from": "0700000001"}),
            received("unreadable-date", {"date": "yesterday"}, sent_at=None),
            received("date-without-zone", {"date": "2026-11-02T08:15:45"}),
            received("blank-text", {"text": ""}, text=""),
            received("spaces-are-kept", {"text": " STOP. "}, text=" STOP. "),
            received("swahili-and-emoji", {"text": "Ng\u2019ombe \U0001f404"}, text="Ng\u2019ombe \U0001f404"),
            received("amharic", {"text": "\u12a5\u1295\u12f4\u1275"}, text="\u12a5\u1295\u12f4\u1275"),
            received("no-network", {"networkCode": ""}, meta={}),
            Inbound(
                "charset",
                "receive",
                GOOD,
                headers={"content-type": "Application/X-WWW-Form-Urlencoded; charset=UTF-8"},
                events=(message(),),
            ),
            Inbound(
                "one-bad-byte-costs-one-letter",
                "receive",
                body=b"from=%2B254700000001&id=a1b2&text=caf%E9&to=20880",
                events=(message(text="caf\ufffd", sent_at=None, meta={}),),
            ),
            Inbound(
                "first-of-two",
                "receive",
                body=b"from=%2B254700000001&id=a1b2&text=one&text=two&to=20880",
                events=(message(text="one", sent_at=None, meta={}),),
            ),
            Inbound("short-code-sender", "receive", {**GOOD, "from": "20880"}, events=()),
            Inbound("sender-name", "receive", {**GOOD, "from": "SAFARICOM"}, events=()),
            Inbound("no-number", "receive", {**GOOD, "from": "+12"}, error=Malformed, says="not the phone number"),
            Inbound("number-in-letters", "receive", {**GOOD, "from": "0700FARMER"}, error=Malformed, says="not the phone number"),
            Inbound("blank-id", "receive", {**GOOD, "id": " "}, error=Malformed, says="'id' is blank"),
            reported("Sent", Status.SENT),
            reported("Submitted", Status.SENT),
            reported("Buffered", Status.SENT),
            reported("Success", Status.DELIVERED),
            reported("Rejected", Status.FAILED, reason="DeliveryFailure", code="DeliveryFailure"),
            blacklisted(),
            reported("Failed", Status.FAILED, reason="NotNetworkSubcriber", code="NotNetworkSubcriber"),
            reported("Failed", Status.FAILED),
            reported("Expired", Status.FAILED),
            reported("success", Status.DELIVERED),
            Inbound("status-unknown", "status", at.report(ID, "Pondering", NUMBER)),
            Inbound("optout", "optout", at.opted_out(NUMBER), events=(OptOut(channel="at_sms", urn=URN),)),
            Inbound("optout-of-a-name", "optout", at.opted_out("UJUMBE"), error=Malformed),
        ],
        outbound=[
            taken("sent", sent={"username": "sandbox", "to": NUMBER, "message": "Habari", "bulkSMSMode": "1"}, absent=["from"]),
            taken("with-sender", options={"sender": "20880"}, sent={"from": "20880"}),
            taken("processed", 100),
            taken("queued", 102),
            taken("keeps-every-letter", text="A+b&c=d%\n\u12a5 \u00e7", sent={"message": "A+b&c=d%\n\u12a5 \u00e7"}),
            Outbound("json-under-another-type", Fault(201, body=at.send_result(NUMBER, ID), content_type="text/html"), id=ID),
            refused(401, BadConfig("401 RiskHold")),
            refused(402, BadConfig("402 InvalidSenderId")),
            refused(403, Rejected("403 InvalidPhoneNumber")),
            refused(404, Rejected("404 UnsupportedNumberType")),
            refused(405, BadConfig("405 InsufficientBalance")),
            refused(406, OptedOut("406 UserInBlacklist")),
            refused(407, Unreachable("407 CouldNotRoute")),
            refused(409, Rejected("409 DoNotDisturbRejection")),
            refused(500, Unreachable("500 InternalServerError")),
            refused(501, Unreachable("501 GatewayError")),
            refused(502, Rejected("502 RejectedByGateway")),
            empty("InvalidSenderId", BadConfig("InvalidSenderId")),
            empty("Insufficient Balance", BadConfig("Insufficient Balance")),
            empty(f"Sent to 0/1, {NUMBER} is not known", Rejected("no recipient was accepted")),
            http(401, "The supplied authentication is invalid", BadConfig("HTTP 401")),
            http(404, "Not found", BadConfig("HTTP 404")),
            http(302, "Moved", BadConfig("HTTP 302"), Location="https://elsewhere.example.org"),
            http(400, f"bad number {NUMBER}", Rejected("HTTP 400")),
            http(429, "Slow down", Throttled("HTTP 429", after_s=7.0), **{"Retry-After": "7"}),
            http(429, "Slower", Throttled("HTTP 429"), **{"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}),
            http(500, "Oops", Unknown("HTTP 500")),
            http(502, "Bad gateway", Unknown("HTTP 502")),
            http(503, "Later", Unreachable("HTTP 503", after_s=30.0), **{"Retry-After": "30"}),
            http(503, "Who knows", Unknown("HTTP 503")),
            Outbound("cut-off", Fault(reset=True), error=Unknown("connection lost")),
            Outbound("too-slow", Fault(delay_s=5), error=Unknown("no answer in time"), options={"timeout_s": 0.2}),
            Outbound("no-json", Fault(201, body="OK"), error=Unknown("unreadable answer")),
            Outbound("a-list", Fault(201, body="[]"), error=Unknown("unreadable answer")),
            Outbound("odd-recipients", Fault(201, body='{"SMSMessageData":{"Recipients":"1"}}'), error=Unknown("unreadable answer")),
            Outbound("no-id", Fault(201, body=at.send_result(NUMBER, "None")), error=Unknown("unreadable answer")),
            Outbound(
                "a-code-that-they-added",
                Fault(201, body='{"SMSMessageData":{"Recipients":[{"statusCode":777,"messageId":"x"}]}}'),
                error=Unknown("unreadable answer"),
            ),
        ],
    )


SINCE = datetime(2026, 11, 2, 8, 0, tzinfo=UTC).timestamp()


def make(url: str, **options: object) -> AtSms:
    given = {"username": "sandbox", "api_key": "at-test-key", "path_key": PATH_KEY, "timeout_s": 5.0, "poll": "true", **options}
    return AtSms(country="KE", base_url=url, **given)  # type: ignore[arg-type]


def number(n: int) -> str:
    return f"+2547000{n:05d}"


def outcome(result: str | SendError) -> object:
    """An error by its kind and code: errors are not equal by themselves."""
    return (type(result), result.code) if isinstance(result, SendError) else result


def clock(n: int) -> str:
    """`n` seconds after `SINCE`, as they write it."""
    return datetime.fromtimestamp(SINCE + n, UTC).isoformat().replace("+00:00", "Z")


class TestBulk:
    """Many people in one call: each has their own fate, whatever order the answer is in."""

    def test_each_has_their_own_id(self) -> None:
        with at.AfricasTalking() as provider:
            results = make(provider.url).send_bulk([f"tel:{number(n)}" for n in range(BULK)], "Flood", key=PART_KEY)
        took = {f"tel:{to}": external_id for to, _, external_id in provider.messages}
        assert results == took
        assert list(results) == [f"tel:{number(n)}" for n in range(BULK)]
        assert len(provider.sent) == 1
        assert {provider.sent[0].form[name] for name in ("enqueue", "bulkSMSMode")} == {"1"}

    def test_some_fail(self) -> None:
        with at.AfricasTalking() as provider:
            provider.refuses = {number(1): 406, number(2): 403}
            provider.forgets = {number(3)}
            urns = [f"tel:{number(n)}" for n in range(4)]
            results = make(provider.url).send_bulk([*urns, "tel:20880", f"whatsapp:{number(5)}"], "Flood", key=PART_KEY)
        assert results[urns[0]] == provider.messages[-1][2]
        assert [outcome(results[urn]) for urn in urns[1:]] == [
            (OptedOut, "406 UserInBlacklist"),
            (Rejected, "403 InvalidPhoneNumber"),
            (Unknown, "no word of this number"),
        ]
        assert {outcome(results[urn]) for urn in ("tel:20880", f"whatsapp:{number(5)}")} == {(Rejected, "not a phone number")}

    def test_the_answer_may_write_a_number_otherwise(self) -> None:
        with Scripted() as provider:
            provider.fail_next(Fault(201, body=at.bulk_result([(number(1)[1:], "b", 101), (f" {number(0)}", "a", 102)])))
            results = make(provider.url).send_bulk([f"tel:{number(n)}" for n in range(2)], "Flood", key=PART_KEY)
        assert list(results.values()) == ["a", "b"]

    @pytest.mark.parametrize(
        ("fault", "error"),
        [
            pytest.param(Fault(429, {"Retry-After": "7"}), (Throttled, "HTTP 429"), id="too-fast"),
            pytest.param(Fault(500), (Unknown, "HTTP 500"), id="broken"),
            pytest.param(Fault(reset=True), (Unknown, "connection lost"), id="cut"),
            pytest.param(Fault(201, body="OK"), (Unknown, "unreadable answer"), id="no-json"),
            pytest.param(
                Fault(201, body='{"SMSMessageData":{"Message":"InvalidSenderId","Recipients":[]}}'),
                (BadConfig, "InvalidSenderId"),
                id="sender",
            ),
        ],
    )
    def test_what_befalls_the_call_befalls_each(self, fault: Fault, error: object) -> None:
        with Scripted() as provider:
            provider.fail_next(fault)
            results = make(provider.url).send_bulk([f"tel:{number(n)}" for n in range(2)], "Flood", key=PART_KEY)
        assert [outcome(result) for result in results.values()] == [error, error]

    def test_calls_nobody_where_there_is_nobody_to_call(self) -> None:
        with Scripted() as provider:
            channel = make(provider.url)
            assert channel.send_bulk([], "Flood", key=PART_KEY) == {}
            assert list(channel.send_bulk(["tel:20880"], "Flood", key=PART_KEY)) == ["tel:20880"]
        assert provider.sent == []

    def test_refuses_more_than_one_call_takes(self) -> None:
        with pytest.raises(ValueError, match="100 is the most"):
            make("").send_bulk([f"tel:{number(n)}" for n in range(BULK + 1)], "Flood", key=PART_KEY)


class TestPrice:
    """What a message costs stands beside its id."""

    @pytest.mark.parametrize(
        ("cost", "price"),
        [
            pytest.param("KES 0.8000", Price(Decimal("0.8"), "KES"), id="shillings"),
            pytest.param("UGX 25", Price(Decimal(25), "UGX"), id="whole"),
            pytest.param("0", None, id="no-currency"),
            pytest.param("free", None, id="words"),
            pytest.param(None, None, id="nothing"),
        ],
    )
    def test_is_read(self, cost: str | None, price: Price | None) -> None:
        row = {"statusCode": 101, "messageId": ID, "number": NUMBER, "cost": cost}
        with Scripted() as provider:
            provider.fail_next(Fault(201, body=json.dumps({"SMSMessageData": {"Recipients": [row]}})))
            sent = make(provider.url).send(URN, "Habari", key=PART_KEY)
        assert (sent, price_of(sent)) == (ID, price)

    def test_of_each_in_a_bulk_send(self) -> None:
        with at.AfricasTalking() as provider:
            results = make(provider.url).send_bulk([f"tel:{number(n)}" for n in range(2)], "Flood", key=PART_KEY)
        assert [price_of(str_of(result)) for result in results.values()] == [Price(Decimal("0.8"), "KES")] * 2


def str_of(result: str | SendError) -> str:
    assert isinstance(result, str)
    return result


class TestMissed:
    """Their inbox, oldest first, page by page, from an id on."""

    def test_is_what_the_webhook_would_have_brought(self) -> None:
        with at.AfricasTalking() as provider:
            provider.keep(NUMBER, "Habari", id=15071, date="2026-11-02T08:15:45Z")
            channel = make(provider.url)
            [missed] = channel.missed(since=SINCE, last_id="")
        form = at.incoming(NUMBER, "Habari", id="15071")
        [posted] = channel.routes()["receive"](sign(TestAtSms.table.request("receive", TestAtSms.table.encode(form))))
        assert isinstance(posted, Message)
        assert missed == replace(posted, meta={}, polled=True)
        assert posted.twin_s > 0
        assert isinstance(channel, Recovers)

    def test_reads_on_to_the_end_and_keeps_what_is_new_enough(self) -> None:
        with at.AfricasTalking() as provider:
            for n in range(-250, 30):
                provider.keep(NUMBER, f"text {n}", id=n + 1000, date=clock(n))
            texts = [message.text for message in make(provider.url).missed(since=SINCE, last_id="")]
        assert texts == [f"text {n}" for n in range(30)]
        assert [sent.query["lastReceivedId"] for sent in provider.sent] == ["0", "849", "949", "1029"]

    def test_begins_where_we_stopped(self) -> None:
        with at.AfricasTalking() as provider:
            for n in range(3):
                provider.keep(NUMBER, f"text {n}", id=n + 1, date=clock(n))
            assert [message.text for message in make(provider.url).missed(since=SINCE, last_id="2")] == ["text 2"]

    def test_keeps_the_newest_where_there_are_too_many(self) -> None:
        with at.AfricasTalking() as provider:
            for n in range(KEPT + 5):
                provider.keep(NUMBER, f"text {n}", id=n + 1, date=clock(n))
            texts = [message.text for message in make(provider.url).missed(since=SINCE, last_id="")]
        assert texts == [f"text {n}" for n in range(5, KEPT + 5)]

    def test_leaves_out_what_is_no_message_for_us(self) -> None:
        with at.AfricasTalking() as provider:
            provider.keep("SAFARICOM", "a machine", id=1, date=clock(0))
            provider.keep("+12", "nobody", id=2, date=clock(0))
            provider.keep(NUMBER, "when?", id=3, date="yesterday")
            provider.keep(NUMBER, "this one", id=4, date=clock(0))
            assert [message.text for message in make(provider.url).missed(since=SINCE, last_id="")] == ["this one"]

    def test_asks_only_where_told_to(self) -> None:
        channel = make(closed_port(), poll=False)
        request = TestAtSms.table.request("receive", TestAtSms.table.encode(at.incoming(NUMBER, "x", id="1")))
        [posted] = channel.routes()["receive"](sign(request))
        assert isinstance(posted, Message)
        assert posted.twin_s == 0, "without an inbox, ids tell messages apart"
        assert list(channel.missed(since=SINCE, last_id="")) == []

    @pytest.mark.parametrize(
        ("fault", "error"),
        [
            pytest.param(Fault(401, body="no"), BadConfig, id="key"),
            pytest.param(Fault(429, body="{}"), Throttled, id="too-fast"),
            pytest.param(Fault(500, body="{}"), Unknown, id="broken"),
            pytest.param(Fault(reset=True), Unknown, id="cut"),
            pytest.param(Fault(200, body="OK"), Unknown, id="no-json"),
            pytest.param(Fault(200, body='{"SMSMessageData":{"Messages":"none"}}'), Unknown, id="no-list"),
        ],
    )
    def test_says_what_went_wrong(self, fault: Fault, error: type[SendError]) -> None:
        with Scripted() as provider:
            provider.fail_next(fault)
            channel = make(provider.url)
            with pytest.raises(error) as caught:
                channel.missed(since=SINCE, last_id="")
        silent(str(caught.value), channel)

    @pytest.mark.parametrize("body", ['{"Messages":["a",5]}', '{"Messages":[{"id":null}]}', '{"Messages":[{"id":0}]}'])
    def test_an_odd_page_ends_the_list(self, body: str) -> None:
        with Scripted() as provider:
            provider.fail_next(Fault(200, body=f'{{"SMSMessageData":{body}}}'))
            assert list(make(provider.url).missed(since=SINCE, last_id="")) == []
