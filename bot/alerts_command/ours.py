"""Our own broadcasts from the command line: the same steps, rules and results as the API's, which is asked in this process."""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.alerts_command import told
from bot.alerts_command.contents import read
from bot.api import forms, shapes
from bot.api.broadcasts import ROUTES
from bot.api.route import Call, Route
from bot.api.trouble import Trouble
from bot.app import App
from bot.core.alert.broadcast import Stage
from bot.core.alert.staff import Member
from bot.core.errors import NotDone

Say = Callable[[str], None]
_BY_NAME = {route.name: route for route in ROUTES}
_ROUTES = {
    "draft": "draftBroadcast",
    "correct": "draftUpdate",
    "cancel-draft": "draftCancel",
    "cancel": "draftCancel",
    "over": "draftAllClear",
    "ask-again": "draftAskingAgain",
    "submit": "submitDraft",
    "withdraw": "withdrawDraft",
    "approve": "approveBroadcast",
    "reject": "rejectBroadcast",
    "pause": "pauseBroadcast",
    "resume": "resumeBroadcast",
    "stop": "stopBroadcast",
    "list": "listBroadcasts",
    "show": "getBroadcast",
    "preview": "previewBroadcast",
    "status": "getProgress",
}
_READS = ("list", "show", "preview", "status")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the command runs. `key` is what the environment holds, `user` who sits here."""

    app: App
    key: str
    user: str
    sleep: Callable[[float], None]


def run(args: argparse.Namespace, place: Place, say: Say) -> int:
    """Runs what `flags` parsed. Returns the exit status. Raises NotDone with the reason and the remedy."""
    route = _BY_NAME[_ROUTES[args.alerts_command]]
    reads = args.alerts_command in _READS
    member = Member(f"box:{place.user}", frozenset()) if reads else _member(args, place)
    if getattr(args, "watch", False):
        return _watch(args, place, route, member, say)
    shape = _done(args, place, route, member)
    for line in _lines(args, shape, place):
        say(line)
    return 0


def _member(args: argparse.Namespace, place: Place) -> Member:
    """Who acts, proven by their key. It is never among the arguments: those are seen by everybody on the machine."""
    key = _key(args.key_file) if args.key_file else place.key
    if not key:
        raise NotDone("There is no key. Put yours into the variable UJUMBE_API_KEY, or into a file for --key-file; the console makes keys.")
    member = place.app.access.by_key(key)
    if member is None or member.name != args.name:
        raise NotDone(f"That is no key of {args.name[:40]!r}, or it is ended. Nothing was done; `ujumbe staff keys` lists keys.")
    return member


def _key(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(1000).decode("ascii", "replace").strip()
    except OSError as error:
        raise NotDone(f"{path} cannot be read ({error.strerror}). Check its name and its rights.") from None


def _done(args: argparse.Namespace, place: Place, route: Route, member: Member) -> shapes.Shape:
    parts = {"id": str(args.id)} if "{id}" in route.path else {}
    call = Call(app=place.app, member=member, route=route, parts=parts, key=getattr(args, "once", ""))
    try:
        if args.alerts_command not in _READS:
            route.check(member)
        call.form, call.asked = _form(args, place, route), _asked(args, route)
        return route.does(call)
    except Trouble as error:
        raise NotDone(f"{error.message} {error.remedy}".strip()) from None


def _form(args: argparse.Namespace, place: Place, route: Route) -> Any:
    own, now = place.app.settings, place.app.clock()
    if route.takes is forms.Draft:
        if not (args.mode or args.file):
            raise NotDone("Say whether it is meant: --mode live, or --mode exercise, which reaches nobody outside the group exercise.")
        return read(args, forms.Draft, zone=own.zone, now=now)
    if route.takes is forms.Change:
        return read(args, forms.Change, zone=own.zone, now=now)
    values = {"people": getattr(args, "confirm", None), "why": getattr(args, "why", None), "reason": getattr(args, "reason", None)}
    return _checked(route.takes, {name: value for name, value in values.items() if value is not None}) if route.takes else None


def _asked(args: argparse.Namespace, route: Route) -> Any:
    return _checked(route.asks, {"limit": args.limit, "stage": args.stage}) if route.asks else None


def _checked(kind: type[forms.Form], values: dict[str, Any]) -> forms.Form:
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise NotDone(f"{'.'.join(map(str, first['loc']))}: {first['msg']}. Nothing was done.") from None


def _lines(args: argparse.Namespace, shape: shapes.Shape, place: Place) -> Iterator[str]:
    if args.json:
        yield shape.model_dump_json()
    else:
        yield from told.lines(shape, place.app.settings.zone)


def _watch(args: argparse.Namespace, place: Place, route: Route, member: Member, say: Say) -> int:
    """A line whenever it moves, until nothing can move any more."""
    before = ""
    while True:
        shape = _done(args, place, route, member)
        assert isinstance(shape, shapes.ProgressShape)
        now = shape.model_copy(update={"at": None, "rate_per_s": 0.0, "finish": None}).model_dump_json()
        if now != before:
            for line in _lines(args, shape, place):
                say(line)
        before = now
        if shape.stage in (Stage.SENT, Stage.STOPPED) and not shape.left:
            return 0
        if shape.stage in (Stage.DRAFT, Stage.WAITING, Stage.REJECTED):
            raise NotDone(f"Broadcast {shape.id} is {shape.stage}: nothing of it goes out. Watch it once it is approved.")
        place.sleep(max(0.2, args.every))
