"""Staff in the store and the rules about them, on both databases. Passwords are hashed for real, but cheaply."""

from collections.abc import Iterator
from dataclasses import replace

import pyotp
import pytest
from argon2 import PasswordHasher

from bot.core.alert.access import Access, Door, Over, Refused
from bot.core.alert.roster import Roster
from bot.core.alert.staff import Account, Role, SignIn
from bot.core.errors import NotDone
from bot.proofs import ArgonAndTotp
from bot.store.sql import SqlStore
from tests.store.bench import T, at_once

ADMIN, AUTHOR, APPROVER = Role.ADMIN, Role.AUTHOR, Role.APPROVER
NEAR = Door("127.0.0.1", near=True)
PASSWORD = "green river slow lamp"


class House:
    """The store, the door and the roster, at a time that is moved by hand."""

    def __init__(self, url: str) -> None:
        self.now = T
        self.store = SqlStore(url)
        proofs = ArgonAndTotp(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        self.access = Access(self.store, proofs, self.clock, longest_s=12 * 3600)
        self.roster = Roster(self.store, self.clock)
        self.secrets: dict[str, str] = {}

    def clock(self) -> float:
        return self.now

    def hire(self, name: str, *roles: Role) -> str:
        """A member who is set up. Returns what their browser holds."""
        held = self.access.begin_setup(name, self.roster.add(name, roles, by="box:test"), door=NEAR)
        self.secrets[name] = pyotp.random_base32()
        return self.access.finish_setup(held, password=PASSWORD, secret=self.secrets[name], code=self.code(name))

    def code(self, name: str) -> str:
        return pyotp.TOTP(self.secrets[name]).at(int(self.now))

    def sign_in(self, name: str) -> str:
        self.now += 30
        return self.access.code(self.access.password(name, PASSWORD, door=NEAR), self.code(name), door=NEAR)

    def log(self) -> list[str]:
        return [f"{one.who} {one.what} {one.about}" for one in self.store.audit_log(limit=999)]


@pytest.fixture
def house(url: str) -> Iterator[House]:
    made = House(url)
    yield made
    made.store.close()


def test_an_account_comes_back_as_it_was_stored(house: House) -> None:
    account = Account(
        name="amina",
        roles=frozenset({ADMIN, AUTHOR}),
        lang="sw",
        password="p",
        totp="t",
        totp_used=9,
        setup="s",
        setup_until=T + 1,
        created=T,
    )
    with house.store.begin() as tx:
        tx.save_account(account)
        assert list(tx.accounts()) == [account]
    assert house.store.account("amina") == account
    assert house.store.account("juma") is None
    with house.store.begin() as tx:
        tx.save_account(replace(account, roles=frozenset()))
    assert list(house.store.members()) == [replace(account, roles=frozenset())]


def test_a_time_step_is_taken_once_and_never_an_older_one(house: House) -> None:
    house.hire("amina", ADMIN)
    used = house.store.account("amina")
    assert used is not None

    def take() -> bool:
        with house.store.begin() as tx:
            return tx.use_step("amina", used.totp_used + 5)

    assert sorted(at_once([take] * 4)) == [False, False, False, True]
    with house.store.begin() as tx:
        assert not tx.use_step("amina", used.totp_used + 4)
        assert tx.use_step("amina", used.totp_used + 9999)  # the machine's clock was ahead, and is put right
        assert tx.use_step("amina", used.totp_used + 6)
        assert not tx.use_step("amina", used.totp_used + 6)
        assert not tx.use_step("nobody", 99)


def test_two_who_add_the_same_name_at_once_make_one_member(house: House) -> None:
    def add() -> str:
        try:
            return house.roster.add("amina", [AUTHOR], by="box:test")
        except NotDone as error:
            return str(error)

    told = at_once([add] * 4)
    assert sum("never used for another person" in one for one in told) == 3
    assert house.log() == ["box:test staff.add staff:amina"]


def test_two_admins_who_let_each_other_go_leave_one(house: House) -> None:
    house.hire("amina", ADMIN)
    house.hire("juma", ADMIN)

    def leave(name: str, by: str) -> bool:
        try:
            house.roster.leave(name, by=by)
        except NotDone:
            return False
        return True

    assert sorted(at_once([lambda: leave("amina", "juma"), lambda: leave("juma", "amina")])) == [False, True]


@pytest.mark.parametrize("act", ["leave", "roles"])
def test_the_last_admin_who_can_sign_in_stays(house: House, act: str) -> None:
    house.hire("amina", ADMIN, AUTHOR)
    house.roster.add("juma", [ADMIN], by="amina")  # has not set anything up yet
    with pytest.raises(NotDone, match="the last admin"):
        house.roster.leave("amina", by="amina") if act == "leave" else house.roster.set_roles("amina", [AUTHOR], by="amina")
    account = house.store.account("amina")
    assert account is not None
    assert account.roles == {ADMIN, AUTHOR}
    house.roster.leave("juma", by="amina")
    house.hire("wanjiru", ADMIN)
    house.roster.leave("amina", by="wanjiru")


def test_who_left_can_do_nothing_any_more(house: House) -> None:
    house.hire("amina", ADMIN)
    held = house.hire("juma", AUTHOR)
    session = house.access.session(held)
    assert session is not None
    key = house.access.new_key(session.member, "report", [AUTHOR])
    house.roster.leave("juma", by="amina")
    assert house.access.session(held) is None
    assert house.access.by_key(key) is None
    with pytest.raises(Refused):
        house.access.password("juma", PASSWORD, door=NEAR)
    with pytest.raises(NotDone, match="never used for another"):
        house.roster.add("juma", [AUTHOR], by="amina")
    assert "juma staff.set_up staff:juma" in house.log(), "their name stays"


def test_roles_change_at_once_also_for_open_pages_and_keys(house: House) -> None:
    held = house.hire("amina", AUTHOR, APPROVER)
    session = house.access.session(held)
    assert session is not None
    key = house.access.new_key(session.member, "report", [AUTHOR, APPROVER])
    house.roster.set_roles("amina", [AUTHOR], by="box:test")
    after, by_key = house.access.session(held), house.access.by_key(key)
    assert after is not None
    assert by_key is not None
    assert (after.member.roles, by_key.roles) == ({AUTHOR}, {AUTHOR})
    assert by_key.name == "amina", "a key is its owner: nobody approves with a second one what they wrote"


def test_a_key_may_no_more_than_it_was_made_for(house: House) -> None:
    session = house.access.session(house.hire("amina", AUTHOR, APPROVER))
    assert session is not None
    member = house.access.by_key(house.access.new_key(session.member, " the  report\n", [AUTHOR]))
    assert member is not None
    assert member.roles == {AUTHOR}
    [key] = house.store.keys("amina")
    assert (key.label, key.used) == ("the report", T)
    for roles, label in (([ADMIN], "x"), ([], "x"), ([AUTHOR], ""), ([AUTHOR], "x" * 41)):
        with pytest.raises(NotDone, match="Nothing was changed"):
            house.access.new_key(session.member, label, roles)
    assert house.access.by_key("ujk_guess") is None
    assert house.access.by_key("") is None


def test_nobody_ends_the_key_of_another(house: House) -> None:
    amina, juma = (house.access.session(house.hire(name, AUTHOR)) for name in ("amina", "juma"))
    assert amina is not None
    assert juma is not None
    key = house.access.new_key(amina.member, "report", [AUTHOR])
    [row] = house.store.keys()
    with pytest.raises(NotDone, match="no such key"):
        house.access.end_key(juma.member, row.hash)
    assert house.access.by_key(key) is not None
    house.access.end_key(amina.member, row.hash)
    assert house.access.by_key(key) is None


def test_a_set_up_code_works_once_and_not_for_ever(house: House) -> None:
    code = house.roster.add("amina", [ADMIN], by="box:test")
    with pytest.raises(Refused):
        house.access.begin_setup("juma", code, door=NEAR)
    one = house.access.begin_setup("amina", code.lower().replace("-", " "), door=NEAR)
    other = house.access.begin_setup("amina", code, door=NEAR)
    house.secrets["amina"] = pyotp.random_base32()
    house.access.finish_setup(one, password=PASSWORD, secret=house.secrets["amina"], code=house.code("amina"))
    with pytest.raises(Over):
        house.access.finish_setup(other, password=PASSWORD, secret=house.secrets["amina"], code=house.code("amina"))
    with pytest.raises(Refused):
        house.access.begin_setup("amina", code, door=NEAR)
    late = house.roster.add("juma", [AUTHOR], by="amina")
    house.now += 3 * 86_400 + 1
    with pytest.raises(Refused):
        house.access.begin_setup("juma", late, door=NEAR)


def test_a_member_without_a_set_up_code_cannot_be_set_up_with_nothing(house: House) -> None:
    house.hire("amina", ADMIN)
    for code in ("", "-", " "):
        with pytest.raises(Refused):
            house.access.begin_setup("amina", code, door=NEAR)


def test_set_up_needs_a_code_that_the_second_device_made(house: House) -> None:
    held = house.access.begin_setup("amina", house.roster.add("amina", [ADMIN], by="box:test"), door=NEAR)
    with pytest.raises(NotDone, match="does not fit"):
        house.access.finish_setup(held, password=PASSWORD, secret=pyotp.random_base32(), code="000000")
    account = house.store.account("amina")
    assert account is not None
    assert not account.ready
    assert account.setup


@pytest.mark.parametrize(
    "password",
    ["short", "aaaaaaaaaaaaaaaa", "aminaaminaamina", "password123456", "passwordamina1", "121212121212", "x" * 257],
)
def test_a_password_that_is_guessed_first_is_refused(house: House, password: str) -> None:
    held = house.access.begin_setup("amina", house.roster.add("amina", [ADMIN], by="box:test"), door=NEAR)
    secret = pyotp.random_base32()
    with pytest.raises(NotDone, match="That password is"):
        house.access.finish_setup(held, password=password, secret=secret, code=pyotp.TOTP(secret).at(int(T)))


def test_a_reset_voids_password_device_and_browsers(house: House) -> None:
    house.hire("juma", ADMIN)
    held = house.hire("amina", AUTHOR)
    code = house.roster.reset("amina", by="juma")
    assert house.access.session(held) is None
    with pytest.raises(Refused):
        house.access.password("amina", PASSWORD, door=NEAR)
    house.access.begin_setup("amina", code, door=NEAR)
    assert "juma staff.reset staff:amina" in house.log()


def test_a_new_password_ends_all_other_browsers(house: House) -> None:
    here, there = house.hire("amina", AUTHOR), house.sign_in("amina")
    session = house.access.session(here)
    assert session is not None
    with pytest.raises(Refused, match="not your password"):
        house.access.change_password(session, "wrong", "other words here now", door=NEAR)
    assert house.access.session(there) is not None
    house.access.change_password(session, PASSWORD, "other words here now", door=NEAR)
    assert house.access.session(here) is not None
    assert house.access.session(there) is None
    with pytest.raises(Refused):
        house.access.password("amina", PASSWORD, door=NEAR)
    house.access.password("amina", "other words here now", door=NEAR)


def test_sign_out_everywhere_ends_all_of_ones_own(house: House) -> None:
    first, second, other = house.hire("amina", AUTHOR), house.sign_in("amina"), house.hire("juma", AUTHOR)
    session = house.access.session(first)
    assert session is not None
    assert house.access.sign_out_everywhere(session.member) == 2
    assert [house.access.session(one) is None for one in (first, second, other)] == [True, True, False]


def test_the_store_holds_no_token_and_no_key_as_it_is(house: House) -> None:
    held = house.hire("amina", AUTHOR)
    session = house.access.session(held)
    assert session is not None
    key = house.access.new_key(session.member, "report", [AUTHOR])
    kept = repr([house.store.sign_ins("amina"), house.store.keys(), house.store.members()])
    for secret in (held, key, key.removeprefix("ujk_"), PASSWORD):
        assert secret not in kept
    assert "$argon2id$" in kept


def test_old_sign_ins_are_forgotten(house: House) -> None:
    with house.store.begin() as tx:
        tx.add_sign_in(SignIn(token="old", name="amina", since=T - 50_000, seen=T))
        tx.add_sign_in(SignIn(token="idle", name="amina", since=T, seen=T - 5000))
        tx.add_sign_in(SignIn(token="fresh", name="amina", since=T, seen=T))
    house.hire("juma", AUTHOR)
    assert [one.token for one in house.store.sign_ins("amina")] == ["fresh"]


def test_two_people_are_needed_to_send(house: House) -> None:
    house.hire("amina", AUTHOR, APPROVER, ADMIN)
    assert not house.roster.can_send(), "nobody approves what they wrote"
    house.roster.add("juma", [APPROVER], by="amina")
    assert not house.roster.can_send(), "not set up yet"
    house.hire("wanjiru", AUTHOR)
    assert house.roster.can_send()


def test_a_name_that_is_not_there_costs_as_much_as_a_wrong_password(house: House) -> None:
    """By work, not by the clock: one hash is compared in both cases."""
    house.hire("amina", AUTHOR)
    seen: list[bool] = []
    proofs = house.access.proofs

    class Counting(ArgonAndTotp):
        def matches(self, kept: str, password: str) -> bool:
            seen.append(bool(kept))
            return proofs.matches(kept, password)

    access = replace(house.access, proofs=Counting())
    for name in ("amina", "nobody"):
        with pytest.raises(Refused):
            access.password(name, "x", door=NEAR)
    assert seen == [True, False]
