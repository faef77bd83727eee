"""Lists of people: taken in after a look at what is wrong with each row, and given out."""

import csv
from collections.abc import Callable
from io import StringIO

from aiohttp import web
from aiohttp.web_request import FileField

from bot.console.frame import Frame
from bot.console.pending import Pending, Upload
from bot.console.visit import Ask
from bot.console.where import where
from bot.core.alert.people import PeopleQuery, group_name
from bot.core.alert.sheet import HEAD, ListRow, Sheet, written
from bot.core.alert.staff import Role

IMPORT, EXPORT = "/console/contacts/import", "/console/contacts/export"
MOST = 32 * 1024 * 1024  # bytes of a list: 250,000 rows and more
PAGE = 2000


def add(frame: Frame) -> None:
    """Adds the pages."""
    lists = Lists(frame)
    frame.get(IMPORT, lists.ask, role=Role.ADMIN)
    frame.post(IMPORT, lists.take, role=Role.ADMIN, most=MOST)
    frame.get(f"{IMPORT}/{{token}}", lists.show, role=Role.ADMIN)
    frame.get(f"{IMPORT}/{{token}}/problems.csv", lists.problems, role=Role.ADMIN)
    frame.post(f"{IMPORT}/{{token}}/confirm", lists.confirm, role=Role.ADMIN)
    frame.post(f"{IMPORT}/{{token}}/drop", lists.drop, role=Role.ADMIN)
    frame.get(EXPORT, lists.ask_export, role=Role.ADMIN)
    frame.post(EXPORT, lists.export, role=Role.ADMIN)


class Lists:
    """The pages."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._kept: Pending | None = None

    @property
    def _pending(self) -> Pending:
        """Made at the first use: a service without a database has no such pages, and starts all the same."""
        if self._kept is None:
            app = self._frame.app
            folder, own = app.settings.data_dir / "lists", app.settings
            self._kept = Pending(folder, app.people, lambda: Sheet(own.country, app.places), own.lang, app.clock)
        return self._kept

    def ask(self, ask: Ask, *, why: str = "", status: int = 200) -> web.Response:
        """The form."""
        return ask.page("contacts_import.html", why=why, status=status, groups=[size.name for size in ask.app.people.group_sizes()])

    def take(self, ask: Ask) -> web.Response:
        """Keeps the list and shows what is in it."""
        file = ask.form.get("list")
        if not isinstance(file, FileField) or not file.filename:
            return self.ask(ask, why=ask.say("list_missing"), status=400)
        group = group_name(ask.text("group")) if ask.text("group") else ""
        name = "".join(c for c in file.filename if c.isprintable())[:80]
        upload = Upload(name=name, by=ask.member.name, at=ask.app.clock(), replaces=bool(ask.text("replaces")), group=group)
        token = self._pending.keep(file.file, upload)
        looked = self._pending.look(token)
        if looked.refused:
            self._pending.drop(token)
            return self.ask(ask, why=ask.why(looked.refused), status=409)
        return ask.go(f"{IMPORT}/{token}")

    def show(self, ask: Ask) -> web.Response:
        """What is in the list, or how far it is taken in."""
        token = ask.part("token")
        work, upload = self._pending.work(token), self._pending.upload(token)
        if work is not None and not work.failed:
            return ask.page("contacts_import_work.html", work=work)
        if upload is None:
            raise web.HTTPNotFound
        looked = self._pending.look(token)
        return ask.page("contacts_import_look.html", list=upload, looked=looked, name=token, trouble=_trouble(ask), half=work)

    def problems(self, ask: Ask) -> web.Response:
        """Every row with something wrong, as a list to mend the first one by."""
        if self._pending.upload(ask.part("token")) is None:
            raise web.HTTPNotFound
        said, out = _trouble(ask), StringIO()
        writer = csv.writer(out)
        writer.writerow([ask.say("row"), ask.say("what_is_wrong")])
        for row in self._pending.rows(ask.part("token")):
            if row.troubles:
                writer.writerow([row.n, _plain(said(row))])
        return _file(out.getvalue(), "problems.csv")

    def confirm(self, ask: Ask) -> web.Response:
        """Takes the list in."""
        token = ask.part("token")
        if self._pending.work(token) is None and self._pending.upload(token) is None:
            return ask.done(IMPORT, "list_gone", bad=True)
        self._pending.begin(token, by=ask.member.name)
        return ask.go(f"{IMPORT}/{token}")

    def drop(self, ask: Ask) -> web.Response:
        """Throws it away."""
        self._pending.drop(ask.part("token"))
        return ask.done(IMPORT, "list_dropped")

    def ask_export(self, ask: Ask) -> web.Response:
        """What an export holds."""
        return ask.page("contacts_export.html", groups=ask.app.people.group_sizes(), everybody=ask.app.people.count_people(PeopleQuery()))

    def export(self, ask: Ask) -> web.Response:
        """The list. What was given out, and to whom, stands in the audit log."""
        app, group, out = ask.app, ask.text("group"), StringIO()
        writer, label, after, count = csv.writer(out), where(ask).label, "", 0
        writer.writerow(HEAD)
        while page := app.people.people(PeopleQuery(group=group), after=after, limit=PAGE):
            writer.writerows(written(person, label) for person in page)
            after, count = page[-1].contact.urn, count + len(page)
        with app.people.begin() as tx:
            tx.audit(ask.member.name, "contact.export", detail={"group": group, "people": count}, now=app.clock())
        return _file(out.getvalue(), "contacts.csv")


def _trouble(ask: Ask) -> Callable[[ListRow], str]:
    """What says in words what is wrong with a row."""
    return lambda row: " · ".join(ask.say(f"list_{one.code}", value=one.value) for one in row.troubles)


def _plain(text: str) -> str:
    """A cell that no spreadsheet computes."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def _file(text: str, name: str) -> web.Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return web.Response(text=text, content_type="text/csv", charset="utf-8", headers=headers)
