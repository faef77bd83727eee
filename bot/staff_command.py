"""`ujumbe staff add | list | roles | reset | leave | keys | log`: arguments in, lines out. For who sits at the machine, and for the first
admin of all: nothing here has a password of its own."""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path

from bot.core.alert.audit import AuditStore, check, line, pages
from bot.core.alert.roster import Roster
from bot.core.alert.staff import Account, Role
from bot.core.errors import NotDone
from bot.core.types import Lang

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Place:
    """What the commands work on. `by` is who sits here, `address` where the set-up page is."""

    roster: Roster
    log: AuditStore
    by: str
    address: str
    zone: tzinfo


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Adds the commands to `ujumbe staff`. `args.staff_command` is the chosen one; pass `args` to `run`."""
    commands = parser.add_subparsers(dest="staff_command", required=True, metavar="ACTION")
    commands.add_parser("list", help="who works here, and what they may do")
    adding = commands.add_parser("add", help="add a member and print the code with which they set up their sign-in, once")
    adding.add_argument("name", metavar="NAME")
    adding.add_argument("--lang", choices=[lang.value for lang in Lang], default=Lang.EN.value, help="the language of their pages")
    roles = commands.add_parser("roles", help="give a member these roles and no others")
    roles.add_argument("name", metavar="NAME")
    for command in (adding, roles):
        command.add_argument(
            "--role", choices=[role.value for role in Role], action="append", required=True, help="may be given several times"
        )
    for name, what in (
        ("reset", "for a lost phone or password: both become void, and a new set-up code is printed"),
        ("leave", "they cannot sign in any more, and their keys end; their name stays in the log"),
    ):
        commands.add_parser(name, help=what).add_argument("name", metavar="NAME")
    keys = commands.add_parser("keys", help="the keys of programs")
    keys.add_argument("name", nargs="?", default="", metavar="NAME", help="only those of one member")
    keys.add_argument("--end", metavar="KEY", help="end a key, by the first letters of its id in this list")
    log = commands.add_parser("log", help="check the audit log, or export it")
    log.add_argument("--known", default="", metavar="SEAL", help="a seal that was written down before: the log must still have it")
    log.add_argument("--export", type=Path, metavar="FILE", help="write the whole log to FILE, as JSON lines")


def run(args: argparse.Namespace, place: Place, say: Say) -> int:
    """Runs what `add_commands` parsed. Returns the exit status. Raises NotDone with the reason and the remedy."""
    match args.staff_command:
        case "list":
            lines = _listed(place)
        case "add":
            code = place.roster.add(args.name, _roles(args), by=place.by, lang=Lang(args.lang))
            lines = _handed(place, args.name, code)
        case "roles":
            place.roster.set_roles(args.name, _roles(args), by=place.by)
            lines = iter([f"{args.name} is now: {', '.join(sorted(_roles(args)))}."])
        case "reset":
            lines = _handed(place, args.name, place.roster.reset(args.name, by=place.by))
        case "leave":
            place.roster.leave(args.name, by=place.by)
            lines = iter([f"{args.name} has left."])
        case "keys":
            lines = _end(place, args.name, args.end) if args.end else _keys(place, args.name)
        case _:
            return _log(args, place, say)
    for one in lines:
        say(one)
    return 0


def _roles(args: argparse.Namespace) -> frozenset[Role]:
    return frozenset(Role(role) for role in args.role)


def _handed(place: Place, name: str, code: str) -> Iterator[str]:
    account = place.roster.store.account(name)
    assert account is not None, "it was stored a moment ago"
    yield f"Set-up code for {name}, once, until {_when(account.setup_until, place.zone)}: {code}"
    yield f"They open {place.address}/console/setup, enter name and code, choose a password and add their phone."
    yield "Hand it only to them: whoever has it acts in their name. Lost: `ujumbe staff reset` makes another one."
    if not place.roster.can_send():
        yield "No two people can send an alert yet: an author and another person who approves must have set up their sign-in."


def _listed(place: Place) -> Iterator[str]:
    members = place.roster.members()
    if not members:
        yield "There is no staff yet. Begin with: ujumbe staff add NAME --role admin"
    for one in members:
        yield f"{one.name:<20}  {', '.join(sorted(one.roles)) or '-':<24}  {_state(one, place)}"


def _state(one: Account, place: Place) -> str:
    if not one.roles:
        return "has left"
    if one.ready:
        return "can sign in"
    if one.setup_until > place.roster.clock():
        return f"has a set-up code until {_when(one.setup_until, place.zone)}"
    return "cannot sign in: the set-up code is over. `ujumbe staff reset` makes another one"


def _keys(place: Place, name: str) -> Iterator[str]:
    keys = place.roster.store.keys(name)
    if not keys:
        yield "There is no key."
    for key in keys:
        used = _when(key.used, place.zone) if key.used else "never"
        yield f"{key.hash[:12]}  {key.name:<20}  {', '.join(sorted(key.roles)):<24}  last used {used:<16}  {key.label}"


def _end(place: Place, name: str, id: str) -> Iterator[str]:
    found = [key for key in place.roster.store.keys(name) if key.hash.startswith(id)]
    if len(found) != 1:
        raise NotDone(f"{len(found)} keys begin with {id!r}. `ujumbe staff keys` lists them: give more of one's letters.")
    [key] = found
    place.roster.end_keys(key.name, by=place.by, hash=key.hash)
    yield f"The key {key.label!r} of {key.name} is ended."


def _log(args: argparse.Namespace, place: Place, say: Say) -> int:
    if args.export:
        _export(args.export, place.log)
    try:
        checked = check(place.log, args.known)
    except ValueError as error:
        raise NotDone(str(error)) from None
    if checked.broken:
        say(f"BROKEN at entry {checked.broken.n}: {checked.broken.why}. Somebody changed the database.")
        say("Keep a copy of it, and compare it with the last export and backup.")
        return 1
    say(f"The audit log is whole: {checked.entries} entries. Write its seal down outside of this machine:")
    say(checked.seal or "(empty)")
    return 0


def _export(file: Path, log: AuditStore) -> None:
    try:
        with file.open("x", encoding="ascii") as out:
            for entries in pages(log):
                out.writelines(f"{line(one)}\n" for one in entries)
    except FileExistsError:
        raise NotDone(f"{file} is there already. Name a new file.") from None
    except OSError as error:
        raise NotDone(f"{file} cannot be written ({error.strerror}).") from None


def _when(at: float, zone: tzinfo) -> str:
    return f"{datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M}"
