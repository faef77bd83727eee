"""Groups: how many are in each, what the two special ones are for, and their end."""

from aiohttp import web

from bot.console.frame import Frame
from bot.console.visit import Ask
from bot.core.alert.broadcast import EXERCISE, VOLUNTEERS
from bot.core.alert.people import group_name
from bot.core.alert.staff import Role

GROUPS = "/console/contacts/groups"


def add(frame: Frame) -> None:
    """Adds the pages."""
    frame.get(GROUPS, _list, role=Role.AUTHOR)
    frame.post(f"{GROUPS}/end", _end, role=Role.ADMIN)


def _list(ask: Ask) -> web.Response:
    sizes = {size.name: size for size in ask.app.people.group_sizes()}
    special = [(name, sizes.pop(name, None)) for name in (VOLUNTEERS, EXERCISE)]
    return ask.page("contacts_groups.html", special=special, others=list(sizes.values()), may_end=ask.member.may(Role.ADMIN))


def _end(ask: Ask) -> web.Response:
    """Takes everybody out. The people stay."""
    name, app = group_name(ask.text("name")), ask.app
    if " ".join(ask.text("again").casefold().split()) != name:
        return ask.done(GROUPS, "group_not_typed", bad=True)
    with app.people.begin() as tx:
        count = tx.drop_group(name)
        tx.audit(ask.member.name, "group.end", detail={"group": name, "people": count}, now=app.clock())
    return ask.done(GROUPS, "group_ended", name=name, count=count)
