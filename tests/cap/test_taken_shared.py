"""Real and hostile files by the one door into a database: what each becomes, and that only what is Actual and Public is ever told.

The files are not part of this repository; without them the made-up ones of the other tests stand alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cap.door import Door
from bot.core.alert.cap import AlertStatus, MsgType, Scope
from bot.core.alert.intake import Intake
from bot.core.alert.reading import SignaturePolicy, Unreadable
from bot.core.alert.stored import AlertQuery, Origin, State
from bot.store.migrate import upgrade
from bot.store.sql import SqlStore
from tests.core.alert.received import LOOSE, intake

FOLDER = Path(__file__).parents[3] / "shared" / "cap"
FILES = sorted(path for path in FOLDER.glob("*") if path.suffix != ".json")
AT = 1_400_000_000.0  # before all of them expire
# With every source trusted. Places are those of the small test gazetteer, so a real place elsewhere is held: "place".
BECOMES = {
    "cpl_canada.cap": (State.HELD, "test_words"),
    "cpl_wcatwc-warning.cap": (State.HELD, "place"),
    "kde_noaa-bde6c30c43ead9c23c42bea7977652a7de76d87d.002.1.xml": (State.HELD, "blocked_channel"),
    "oc_ipaws-5e7e0fc5023f1930efcf3deb.xml": (State.HELD, "blocked_channel"),
    "syn_ack.xml": (State.SYSTEM, "ack"),
    "syn_error.xml": (State.SYSTEM, "error"),
    "syn_cancel_other_sender.xml": (State.QUARANTINED, "authority"),
    "syn_cancel_unknown_ref.xml": (State.SYSTEM, "cancel"),
    "syn_multilang_sw_so_en.xml": (State.OPEN, ""),
    "syn_sms_injection.xml": (State.OPEN, ""),
    "syn_status_exercise.xml": (State.HELD, "exercise"),
    "syn_status_system.xml": (State.SYSTEM, "system"),
    "wmo_cm_invalid_schema.xml": (State.QUARANTINED, "no_status"),
}
UNREADABLE = {"syn_doctype_plain.xml", "syn_truncated.xml", "wmo_bz_invalid_schema.xml", "wmo_sc_invalid_schema.xml"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Intake]:
    url = f"sqlite:///{tmp_path_factory.mktemp('shared') / 'ujumbe.db'}"
    upgrade(url)
    store = SqlStore(url)
    yield intake(store)
    store.close()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_file_becomes_what_it_should(house: Intake, path: Path) -> None:
    door = Door(house, lambda: AT, lambda _: (SignaturePolicy.IGNORE, ()))
    origin = Origin(f"feed:{path.stem}", trusted=True)
    if path.name in UNREADABLE:
        with pytest.raises(Unreadable):
            door.take(path.read_bytes(), origin)
        return
    taken = door.take(path.read_bytes(), origin)
    assert taken
    if path.name in BECOMES:
        assert [(one.state, one.reason) for one in taken] == [BECOMES[path.name]]
    assert [one.new for one in door.take(path.read_bytes(), origin)] == [False] * len(taken)
    with house.store.begin() as tx:
        told = [notice for notice in tx.notices(now=AT) if notice.key in {f"alert:{one.id}" for one in taken}]
    for notice in told:
        body = house.store.received_body(int(notice.key.removeprefix("alert:")))
        assert body is not None
        assert (body.status, body.scope) == (AlertStatus.ACTUAL, Scope.PUBLIC)
        assert body.msg_type in {MsgType.ALERT, MsgType.UPDATE}
        assert all(text.isprintable() and "http" not in text and "<" not in text for text in notice.texts.values())


@pytest.mark.parametrize("policy", SignaturePolicy)
def test_a_signature_is_looked_at_as_the_settings_say(house: Intake, policy: SignaturePolicy) -> None:
    """Without a certificate nothing is verified: `require` lets nothing through, the others what carries no bad one."""
    document = f"<alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'><identifier>{policy}</identifier><sender>s</sender>"
    document += "<sent>2026-01-01T00:00:00-00:00</sent><status>Actual</status><msgType>Cancel</msgType><scope>Public</scope></alert>"
    [taken] = Door(house, lambda: AT, lambda _: (policy, ())).take(document.encode(), LOOSE)
    assert (taken.state is State.QUARANTINED) is (policy is SignaturePolicy.REQUIRE)


def test_a_document_of_several_alerts_is_taken_whole_and_a_bad_one_in_it_is_kept_aside(house: Intake) -> None:
    def one(identifier: str, sent: str) -> str:
        names = f"<identifier>{identifier}</identifier><sender>s</sender><sent>{sent}</sent>"
        rest = "<status>Test</status><msgType>Alert</msgType><scope>Public</scope>"
        return f"<alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'>{names}{rest}</alert>"

    late, bad, early = one("late", "2026-01-02T00:00:00-00:00"), one("bad", "yesterday"), one("early", "2026-01-01T00:00:00-00:00")
    origin = Origin("feed:list")
    taken = Door(house, lambda: AT, lambda _: (SignaturePolicy.IGNORE, ())).take(f"<list>{late}{bad}{early}</list>".encode(), origin)
    assert [one.state for one in taken] == [State.HELD, State.HELD]
    assert [one.reason for one in house.store.alerts(AlertQuery(origin="feed:list"), now=AT, limit=9)] == ["unreadable", "test", "test"]
