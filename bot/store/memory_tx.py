"""One transaction on the in-memory store: it works on a copy, which the store keeps where the block ends well."""

from collections.abc import Sequence
from dataclasses import replace

from bot.core.storage import Lately, NewDelivery, Part, WaitingAnswer
from bot.core.types import Contact, Lang, Linked, Message, Session, Status, StatusUpdate
from bot.store.memory_notices import MemoryNoticeRows
from bot.store.memory_rows import Outgoing, Question, Report, Tables, as_answer
from bot.store.memory_tickets import MemoryTicketRows
from bot.store.rules import (
    FIRST_DELAY_S,
    KEEP_TWINS_S,
    LAST_DELIVERIES,
    LAST_MESSAGES,
    LIVE,
    LOOP,
    MessageState,
    clean,
    in_session,
    is_twin,
    merged,
    new_key,
)


class MemoryTx(MemoryTicketRows, MemoryNoticeRows):
    """bot.core.ports.Tx over dictionaries."""

    def __init__(self, tables: Tables) -> None:
        self._t = tables

    def insert_message(self, message: Message, *, now: float) -> int | None:
        message = replace(
            message, external_id=clean(message.external_id), urn=clean(message.urn), text=clean(message.text), path=clean(message.path)
        )
        unique = (message.channel, message.external_id)
        if unique in self._t.external_ids:
            return None
        row = Question(id=len(self._t.questions) + 1, message=message, received=now)
        self._t.external_ids[unique] = row.id
        self._t.put(row)
        return row.id

    def contact(self, urn: str, *, now: float, lang: str) -> Contact:
        return self._t.contacts.setdefault(clean(urn), Contact(clean(urn), Lang(lang), created=now, seen=now))

    def save_contact(self, contact: Contact) -> None:
        self._t.contacts[clean(contact.urn)] = replace(contact, urn=clean(contact.urn))

    def person(self, urn: str) -> str:
        return self._t.aliases.get(clean(urn), urn)

    def link(self, linked: Linked) -> None:
        before, person = self.person(linked.other), linked.urn
        if before == person:
            return
        self._t.aliases[linked.other] = person
        theirs, known = self._t.contacts.get(before), self._t.contacts.get(person)
        if theirs is not None:
            self._t.contacts[person] = replace(theirs, urn=person) if known is None else merged(known, theirs)
        if before != linked.other:
            return
        self._t.contacts.pop(before, None)
        for question in [row for row in self._t.questions.values() if row.message.urn == before]:
            self._t.put(replace(question, message=replace(question.message, urn=person)))
        for delivery in [row for row in self._t.outgoing.values() if row.order.urn == before]:
            self._t.put(replace(delivery, order=replace(delivery.order, urn=person)))
        for ticket in [row for row in self._t.tickets.values() if row.urn == before]:
            self.save_ticket(replace(ticket, urn=person))
        for broadcast_id in [one for one, urn in self._t.roll_answers if urn == before]:
            answer = self._t.roll_answers.pop((broadcast_id, before))
            self._t.roll_answers.setdefault((broadcast_id, person), answer)
        self._move_session(f"{linked.channel}:{before}", f"{linked.channel}:{person}")

    def _move_session(self, old: str, new: str) -> None:
        theirs, ours = self._t.sessions.pop(old, None), self._t.sessions.get(new)
        if theirs is not None and (ours is None or ours.touched < theirs.touched):
            self._t.sessions[new] = replace(theirs, key=new)

    def twin(self, message: Message, *, now: float) -> bool:
        rows = (q for q in self._t.questions.values() if (q.message.urn, q.message.channel) == (clean(message.urn), message.channel))
        recent = (row for row in rows if row.received >= now - KEEP_TWINS_S)
        return any(is_twin(message, row.message, now=now, received=row.received) for row in recent)

    def session(self, key: str) -> Session | None:
        return self._t.sessions.get(clean(key))

    def save_session(self, session: Session) -> None:
        kept = replace(
            session,
            key=clean(session.key),
            more=clean(session.more),
            turns=tuple(session.turns),
            path=clean(session.path),
            last_id=clean(session.last_id),
            screen=clean(session.screen),
        )
        self._t.sessions[kept.key] = kept

    def queue_question(self, message_id: int, *, skill: str, turns: Sequence[str], screen_until: float, now: float) -> None:
        row = replace(self._t.questions[message_id], state=MessageState.NEW, asked=now, due_at=now + FIRST_DELAY_S)
        self._t.put(replace(row, skill=skill, turns=tuple(turns), screen_until=screen_until))

    def settle_message(self, message_id: int) -> None:
        self._t.put(replace(self._t.questions[message_id], state=MessageState.DONE))

    def ignore_message(self, message_id: int) -> None:
        self._t.put(replace(self._t.questions[message_id], state=MessageState.IGNORED))

    def lately(self, urn: str, text: str, *, since: float, same_since: float) -> Lately:
        theirs = sorted(row.id for row in self._t.questions.values() if row.message.urn == clean(urn))[-LAST_MESSAGES:]
        rows = [row for row in map(self._t.questions.__getitem__, theirs) if row.asked or not row.message.session_id]
        same = [row for row in rows if row.message.text == clean(text) and row.received >= same_since]
        return Lately(sum(row.received >= since for row in rows), len(same))

    def told(self, urn: str, kind: str, *, since: float) -> bool:
        return any(row.order.kind == kind for row in self._made(urn, since))

    def _made(self, urn: str, since: float) -> list[Outgoing]:
        theirs = sorted(row.id for row in self._t.outgoing.values() if row.order.urn == clean(urn))[-LAST_DELIVERIES:]
        return [row for row in map(self._t.outgoing.__getitem__, theirs) if row.created >= since]

    def _loops(self, delivery: NewDelivery, now: float) -> bool:
        """As bot.store.recent.loops."""
        if delivery.repeats is None:
            return False
        made = [row for row in self._made(delivery.urn, now - delivery.repeats.within_s) if row.code != LOOP]
        return sum([part.text for part in row.parts] == [*map(clean, delivery.parts)] for row in made) >= delivery.repeats.most

    def insert_delivery(self, delivery: NewDelivery, *, now: float) -> int | None:
        if not delivery.parts:
            raise ValueError(f"delivery {delivery.dedup} has no parts. Give it at least one text.")
        if delivery.dedup in self._t.dedups:
            return None
        row_id = len(self._t.outgoing) + 1
        status, code = (Status.FAILED, LOOP) if self._loops(delivery, now) else (Status.QUEUED, "")
        parts = tuple(Part(n, new_key(row_id, n), clean(text), status) for n, text in enumerate(delivery.parts))
        order = replace(delivery, urn=clean(delivery.urn))
        due_at = max(now, delivery.hold_until) + FIRST_DELAY_S
        row = Outgoing(id=row_id, order=order, parts=parts, created=now, hold_until=delivery.hold_until, due_at=due_at)
        self._t.put(replace(row, status=status, code=code))
        self._t.dedups[delivery.dedup] = row_id
        self._t.keys.update({part.key: (row_id, part.n) for part in parts})
        return row_id

    def last_answer(self, urn: str, *, since: float) -> WaitingAnswer | None:
        questions = {q.id for q in self._t.questions.values() if q.message.urn == clean(urn) and q.asked}
        theirs = [row for row in self._t.outgoing.values() if row.order.urn == clean(urn) and row.order.message_id in questions]
        answers = [row for row in theirs if row.created >= since]
        return as_answer(max(answers, key=lambda row: row.id)) if answers else None

    def open_question(self, urn: str, *, since: float) -> int | None:
        rows = (row for row in self._t.questions.values() if row.message.urn == clean(urn) and row.message.session_id)
        return max((row.id for row in rows if row.open and row.received >= since), default=None)

    def expire_replies(self, urn: str) -> int:
        failed = 0
        rows = [row for row in self._t.outgoing.values() if row.order.urn == clean(urn)]
        for row in rows:
            if not row.live or row.order.despite_stop:
                continue
            if any(part.status is Status.SENDING for part in row.parts):
                # The provider is being called: that part is gone, and its sender has to learn its id. The others stay here.
                self._t.put(row.with_parts((Status.QUEUED,), Status.FAILED))
            else:
                self._t.put(row.failed("opted_out"))
                failed += 1
        return failed

    def apply_status(self, update: StatusUpdate, *, now: float, keep: bool = True) -> bool:
        external_id = clean(update.external_id)
        found = self._keyed(update) or self._t.wired.get((update.channel, external_id))
        if found is None:
            if external_id and keep:
                report = Report(update.status, now, update.price)
                self._t.reports.setdefault((update.channel, external_id, update.status), report)
            return False
        delivery_id, n = found
        if not self._t.outgoing[delivery_id].parts[n].external_id:
            self._t.learn(update.channel, external_id, delivery_id, n)
        self._t.put(self._t.outgoing[delivery_id].climbed(n, update.status).priced(n, update.price))
        return True

    def _keyed(self, update: StatusUpdate) -> tuple[int, int] | None:
        found = self._t.keys.get(update.key)
        return found if found and self._t.outgoing[found[0]].order.channel == update.channel else None

    def hold_for_screen(self, message_id: int, *, until: float) -> None:
        row = self._t.questions[message_id]
        if row.open:
            self._t.put(replace(row, screen_until=until))

    def end_session(self, key: str) -> None:
        session = self.session(key)
        if session is not None:
            self.save_session(replace(session, open=False))
        channel, session_id = in_session(clean(key))
        asked = [row for row in self._t.questions.values() if (row.message.channel, row.message.session_id) == (channel, session_id)]
        for row in asked:
            self._t.put(replace(row, screen_until=0.0))
            for delivery in self._t.answers_to(row.id):
                if delivery.status in LIVE:
                    self._t.put(replace(delivery, hold_until=0.0, due_at=0.0))
