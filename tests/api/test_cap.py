"""Our own alerts as CAP, as an aggregator takes them: what is live and public, and nothing else."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from bot.api import add_api
from bot.cap.listing import read_list
from bot.cap.read import read
from bot.cap.sign import verify
from bot.core.alert.cap import Alert, MsgType, ResponseType
from bot.core.alert.reading import Signature
from bot.core.errors import BadSetting
from bot.gateway.site import make_app
from tests.api.house import NOW, Office, make, office

LIST = "/cap/alerts.atom"


async def taken(house: Office) -> list[Alert]:
    """What a reader of our list has, the oldest first."""
    house.app.steady = lambda: house.clock.now  # type: ignore[assignment]
    house.clock.now += 6
    answer = await house.get(LIST)
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("application/atom+xml")
    base = house.app.settings.base_url
    found = []
    for item in read_list(answer.body, base + LIST).items:
        message = await house.get(item.url.removeprefix(base))
        assert message.status == 200, item.url
        assert message.headers["Content-Type"].startswith("application/cap+xml")
        found.append(read(message.body).alert)
    return found


async def test_what_is_live_is_in_it_and_an_update_and_a_cancel_take_its_place(house: Office) -> None:
    house.people("tel:+254700000001")
    assert await taken(house) == []
    made = await house.sent()
    [alert] = await taken(house)
    assert (alert.status, alert.msg_type, alert.scope) == ("Actual", "Alert", "Public")
    assert {info.language for info in alert.infos} == {"en", "sw"}
    assert alert.infos[0].description == house.app.alert_desk.show(made).texts["en"]  # type: ignore[index]
    update = (await house.post(f"/broadcasts/{made}/correct", "amina", {"response": "Monitor"})).json["id"]
    await house.let_go(update)
    [second] = await taken(house)
    assert second.msg_type is MsgType.UPDATE
    assert [(one.identifier, one.sent) for one in second.references] == [(alert.identifier, alert.sent)]
    old = await house.get(f"/cap/alerts/{alert.identifier}.xml")
    assert read(old.body).alert == alert, "a message stays where it was"


async def test_a_stopped_one_is_taken_back(house: Office) -> None:
    house.people("tel:+254700000001")
    made = await house.sent()
    [alert] = await taken(house)
    await house.post(f"/broadcasts/{made}/stop", "ben", {"why": "wrong river"})
    [back] = await taken(house)
    assert (back.msg_type, back.infos, back.identifier) == (MsgType.CANCEL, (), f"{alert.identifier}-stopped")
    assert [(one.identifier, one.sent) for one in back.references] == [(alert.identifier, alert.sent)]
    assert back.sent > alert.sent
    house.clock.now += 8 * 24 * 3600
    assert await taken(house) == []


async def test_no_exercise_no_draft_nothing_for_a_group_alone_and_nothing_that_is_over(house: Office) -> None:
    house.people("tel:+254700000001", groups=("exercise", "volunteers"))
    drill = await house.sent(mode="exercise")
    await house.drafted()
    group = await house.sent(places=[], groups=["volunteers"], words={"en": {"place": "Garissa"}, "sw": {"place": "Garissa"}})
    assert await taken(house) == []
    for made in (drill, group):
        assert (await house.get(f"/cap/alerts/{house.app.cap_out.identifier(house.app.alert_desk.show(made))}.xml")).status == 404
    await house.sent()
    assert len(await taken(house)) == 1
    house.clock.now += 24 * 3600
    assert await taken(house) == []


async def test_who_has_it_already_gets_nothing_twice(house: Office) -> None:
    house.people("tel:+254700000001")
    made = await house.sent()
    for path in (LIST, f"/cap/alerts/{house.app.cap_out.identifier(house.app.alert_desk.show(made))}.xml"):
        first = await house.get(path)
        again = await house.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
        assert "max-age" in first.headers["Cache-Control"]
        assert (await house.get(path, headers={"If-None-Match": '"other"'})).status == 200
        assert (await house.ask("HEAD", path)).status == 200


@pytest.mark.parametrize(
    "identifier", ["nobody-1", "1", "-", "alerts@127.0.0.1-0", "alerts@127.0.0.1-99999999999999999999", "%00-1", "%FF"]
)
async def test_identifiers_that_are_none_of_ours(house: Office, identifier: str) -> None:
    assert (await house.get(f"/cap/alerts/{identifier}.xml")).status in (400, 404)


def keys(folder: Path) -> tuple[Path, Path]:
    """A key and its certificate, as an operator makes them."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "alerts")])
    day = datetime.fromtimestamp(NOW, UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(day - timedelta(days=1))
        .not_valid_after(day + timedelta(days=99))
        .sign(key, hashes.SHA256())
    )
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "cert.pem").write_bytes(made.public_bytes(Encoding.PEM))
    return folder / "key.pem", folder / "cert.pem"


async def test_signed_where_there_is_a_key(tmp_path: Path) -> None:
    key, certificate = keys(tmp_path)
    async with office(
        tmp_path, alerts={"signing_key": key, "signing_certificate": certificate, "sender": "alerts@garissa.example.org"}
    ) as house:
        house.people("tel:+254700000001")
        await house.sent()
        path = "/cap/alerts/alerts@garissa.example.org-1.xml"
        message, again = await house.get(path), await house.get(path)
        assert message.body == again.body
        assert verify(message.body, pinned=[certificate.read_bytes()], now=NOW) is Signature.VERIFIED
        changed = message.body.replace(b"Actual", b"Test")
        assert verify(changed, pinned=[certificate.read_bytes()], now=NOW) is not Signature.VERIFIED
        assert read(message.body).alert.infos[0].response_types == (ResponseType.EVACUATE,)


def test_a_key_that_cannot_be_used_is_told_at_the_start(tmp_path: Path) -> None:
    key, certificate = keys(tmp_path)
    app, _ = make(tmp_path, alerts={"signing_key": tmp_path / "gone.pem", "signing_certificate": certificate})
    with pytest.raises(BadSetting, match=r"alerts\.signing_key cannot be read"):
        add_api(make_app(app), app)
    (tmp_path / "more").mkdir()
    other = keys(tmp_path / "more")[0]
    wrong, _ = make(tmp_path, alerts={"signing_key": other, "signing_certificate": certificate})
    with pytest.raises(BadSetting, match="belongs to another key"):
        add_api(make_app(wrong), wrong)
    with pytest.raises(ValueError, match="belong together"):
        make(tmp_path, alerts={"signing_key": key})
    for one in (app, wrong):
        one.store.close()  # type: ignore[attr-defined]
