"""The in-memory double of bot.store.backlog."""

from collections.abc import Collection, Sequence

from bot.core.backlog import WAIT, Asker, Rate
from bot.store.memory_rows import Question, Tables
from bot.store.memory_waiting import question_held
from bot.store.rules import MessageState


class MemoryBacklog:
    """The part of MemoryStore that knows how long questions wait."""

    _tables: Tables

    def answer_rate(self, *, now: float, within_s: float) -> Rate:
        t = self._tables
        oldest = min((question.asked for question in _unanswered(t)), default=now)
        if oldest >= now:
            return Rate()
        since = max(oldest, now - within_s)
        made = [row.order.message_id for row in t.outgoing.values() if row.created > since and row.order.message_id is not None]
        return Rate(sum(t.questions[answered].asked > 0 for answered in made), now - since)

    def askers(
        self, *, now: float, asked_before: float, behind: int, told_since: float, channels: Collection[str], limit: int
    ) -> Sequence[Asker]:
        t = self._tables
        line = sorted(_unanswered(t), key=lambda question: (question.asked, question.id))
        told = {row.order.urn for row in t.outgoing.values() if row.order.kind == WAIT and row.created >= told_since}
        told |= {urn for urn, contact in t.contacts.items() if contact.opted_out}
        found = [
            Asker(one.id, one.message.urn, one.message.channel, place)
            for place, one in enumerate(line, start=1)
            if one.state is MessageState.NEW and one.asked <= asked_before and one.screen_until <= now and place > behind
            if one.message.channel in channels and one.message.urn not in told and f"{WAIT}:{one.id}" not in t.dedups
        ]
        return found[:limit]


def _unanswered(t: Tables) -> list[Question]:
    return [question for question in t.questions.values() if question.open and not question_held(t, question)]
