"""People found, sorted into groups and taken in from lists, in both databases."""

from collections.abc import Iterator

import pytest

from bot.core.alert.people import GroupSize, Imported, Listed, PeopleQuery
from bot.core.types import Contact, Lang, Linked
from bot.store import open_store
from bot.store.sql import SqlStore
from tests.store.bench import T

A, B, C = (f"tel:+25470000000{n}" for n in (1, 2, 3))
W = "whatsapp:+254700000001"


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    opened = open_store(url)
    yield opened
    opened.close()


def take(store: SqlStore, *listed: Listed, replaces: bool = False, lang: Lang = Lang.SW) -> Imported:
    with store.begin() as tx:
        return tx.take_in(listed, lang=lang, replaces=replaces, now=T)


def save(store: SqlStore, *contacts: Contact) -> None:
    with store.begin() as tx:
        for contact in contacts:
            tx.save_contact(contact)


def found(store: SqlStore, **query: object) -> list[str]:
    wanted = PeopleQuery(**query)  # type: ignore[arg-type]
    people = [person.contact.urn for person in store.people(wanted, limit=99)]
    assert store.count_people(wanted) == len(people)
    return people


def test_lists_bring_people_in_and_join_groups(store: SqlStore) -> None:
    counts = take(store, Listed(urn=A, lang=Lang.EN, place="KE-07", groups=("farmers",)), Listed(urn=B))
    assert counts == Imported(new=2)
    person, other = store.find_person(A), store.find_person(B)
    assert person is not None
    assert other is not None
    assert (person.contact.lang, person.contact.place, person.groups) == (Lang.EN, "KE-07", ("farmers",))
    assert (other.contact.lang, other.contact.created, other.groups) == (Lang.SW, T, ())
    assert take(store, Listed(urn=A, groups=("volunteers",)), Listed(urn=B)) == Imported(changed=1, same=1)
    again = store.find_person(A)
    assert again is not None
    assert again.groups == ("farmers", "volunteers")


@pytest.mark.parametrize(("replaces", "place", "lang"), [(False, "KE-07", Lang.EN), (True, "KE-40", Lang.SW)])
def test_what_is_known_stays_unless_it_is_to_be_replaced(store: SqlStore, replaces: bool, place: str, lang: Lang) -> None:
    save(store, Contact(A, Lang.EN, place="KE-07"))
    take(store, Listed(urn=A, lang=Lang.SW, place="KE-40"), replaces=replaces)
    person = store.find_person(A)
    assert person is not None
    assert (person.contact.place, person.contact.lang) == (place, lang)


def test_the_language_that_a_person_chose_is_theirs(store: SqlStore) -> None:
    save(store, Contact(A, Lang.SW, lang_chosen=True))
    assert take(store, Listed(urn=A, lang=Lang.EN), replaces=True) == Imported(same=1)


def test_no_list_undoes_a_stop(store: SqlStore) -> None:
    save(store, Contact(A, Lang.EN, opted_out=True))
    assert take(store, Listed(urn=A, place="KE-07"), replaces=True) == Imported(changed=1, stopped=1)
    person = store.find_person(A)
    assert person is not None
    assert person.contact.opted_out


def test_another_id_of_a_known_person_is_that_person(store: SqlStore) -> None:
    with store.begin() as tx:
        tx.contact(W, now=T, lang="en")
        tx.link(Linked(channel="sim", urn=W, other="whatsapp:KE.abc"))
    assert take(store, Listed(urn="whatsapp:KE.abc", groups=("farmers",))) == Imported(changed=1)
    assert found(store, group="farmers") == [W]


def test_people_are_found_by_digits_place_group_language_and_stop(store: SqlStore) -> None:
    save(store, Contact(A, Lang.EN, place="KE-07"), Contact(B, Lang.SW, place="KE-40"), Contact(C, Lang.SW, opted_out=True))
    with store.begin() as tx:
        tx.set_groups(B, ["farmers"])
    assert found(store) == [A, B, C]
    assert found(store, tail="02") == [B]
    assert found(store, tail="%") == []
    assert found(store, places=["KE-07", "KE-99"]) == [A]
    assert found(store, places=[]) == []
    assert found(store, unplaced=True) == [C]
    assert found(store, group="farmers") == [B]
    assert found(store, lang=Lang.SW, stopped=False) == [B]
    assert found(store, stopped=True) == [C]
    assert store.people_by_place() == {"KE-07": 1, "KE-40": 1}


def test_pages_follow_each_other_without_a_gap(store: SqlStore) -> None:
    save(store, *(Contact(f"tel:+2547000000{n:02}", Lang.EN) for n in range(20)))
    seen: list[str] = []
    while page := store.people(PeopleQuery(), after=seen[-1] if seen else "", limit=7):
        seen += [person.contact.urn for person in page]
    assert len(seen) == len(set(seen)) == 20


def test_groups_are_counted_set_and_dropped(store: SqlStore) -> None:
    save(store, Contact(A, Lang.EN), Contact(B, Lang.EN, opted_out=True))
    with store.begin() as tx:
        tx.set_groups(A, ["farmers", "volunteers"])
        tx.set_groups(B, ["farmers"])
    assert store.group_sizes() == [GroupSize("farmers", 2, 1), GroupSize("volunteers", 1, 0)]
    with store.begin() as tx:
        tx.set_groups(A, ["volunteers"])
    assert store.group_sizes() == [GroupSize("farmers", 1, 1), GroupSize("volunteers", 1, 0)]
    with store.begin() as tx:
        assert tx.drop_group("farmers") == 1
    assert [size.name for size in store.group_sizes()] == ["volunteers"]


def test_the_same_phone_on_another_channel_is_named(store: SqlStore) -> None:
    save(store, Contact(A, Lang.EN), Contact(W, Lang.EN))
    assert (store.same_number(A), store.same_number(W), store.same_number(B)) == ([W], [A], [])
