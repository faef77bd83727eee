"""The verdict on a run, from its history alone."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from bench.chaos.history import Asked, History, Person, Sent, Stored
from bot.core.types import Status

_FORBIDDEN = (
    "unacknowledged",
    "lost",
    "waiting",
    "stored_twice",
    "answered_twice",
    "sent_twice",
    "nobody_wrote",
    "out_of_order",
    "given_up",
    "wrong_status",
)


@dataclass
class Verdict:
    """The figures of a run. Each message is counted in one of answered, unknown, refused, given_up, expired, lost and waiting."""

    messages: int = 0
    acknowledged: int = 0
    unacknowledged: int = 0  # a provider still tries, or gave up
    answered: int = 0  # every part taken by the provider
    unknown: int = 0  # we say that we do not know whether a part went out, and at least one did not
    refused: int = 0  # by the provider for good, and we say so
    given_up: int = 0  # said to be failed, although no provider refused it and it was still worth sending
    expired: int = 0  # too late to be worth sending, and we say so
    lost: int = 0  # acknowledged, not taken by the provider, and nothing says why
    waiting: int = 0  # not over when the run ended
    stored_twice: int = 0  # one message that became two rows
    answered_twice: int = 0  # messages with two answers on their way to the person
    sent_twice: int = 0  # parts that a provider took once too often
    nobody_wrote: int = 0  # parts that a provider took and the database does not know
    out_of_order: int = 0  # a person's later text before the earlier one
    passed_by: int = 0  # the same, where the earlier one could not go at once and waited for its next try: allowed
    wrong_status: int = 0  # not what the provider last reported
    unknown_parts: int = 0  # in the database at the end
    unknown_out: int = 0  # of these, parts that had gone out in truth
    unknown_killed: int = 0  # of these, parts that no fault of a provider explains: our death between its taking and our commit
    remarks: list[str] = field(default_factory=list)

    @property
    def violations(self) -> Mapping[str, int]:
        """What must be 0 and is not."""
        found = {name: getattr(self, name) for name in _FORBIDDEN if getattr(self, name)}
        places = self.answered + self.unknown + self.refused + self.given_up + self.expired + self.lost + self.waiting
        return found if places == self.acknowledged else found | {"unaccounted": self.acknowledged - places}


def judge(history: History) -> Verdict:
    """Says what became of every message."""
    verdict = Verdict(messages=len(history.asked))
    books = _Books(history)
    for asked in history.asked:
        if asked.acknowledged is None:
            verdict.unacknowledged += 1
            verdict.remarks.append(f"never acknowledged: {_name(asked)}")
        else:
            verdict.acknowledged += 1
            _one(verdict, books, asked)
    _surplus(verdict, books)
    _unknown(verdict, books)
    _order(verdict, books)
    _statuses(verdict, books)
    return verdict


class _Books:
    """The history, sorted so that things are found."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.rows: dict[tuple[Person, str], list[Stored]] = defaultdict(list)
        for row in history.stored:
            self.rows[row.person, row.text].append(row)
        self.answers: dict[int, list[Sent]] = defaultdict(list)
        self.sent: dict[Person, list[Sent]] = defaultdict(list)
        for sent in history.sent:
            self.answers[sent.message].append(sent)
            self.sent[sent.person].append(sent)
        self.took: dict[Person, list[str]] = defaultdict(list)
        for took in history.took:
            self.took[took.person].append(took.text)

    def answers_to(self, asked: Asked) -> list[Sent]:
        return [sent for row in self.rows[asked.person, asked.text] for sent in self.answers[row.id]]

    def out(self, person: Person, sent: Sent) -> bool:
        """Whether the provider took every part."""
        return not Counter(piece.text for piece in sent.pieces) - Counter(self.took[person])


def _one(verdict: Verdict, books: _Books, asked: Asked) -> None:
    """Counts an acknowledged message in one place."""
    rows, answers = books.rows[asked.person, asked.text], books.answers_to(asked)
    if len(rows) > 1:
        verdict.stored_twice += len(rows) - 1
        verdict.remarks.append(f"stored {len(rows)} times: {_name(asked)}")
    begun = [sent for sent in answers if any(piece.text in books.took[asked.person] for piece in sent.pieces)]
    if len(begun) > 1 or len(answers) > 1:
        verdict.answered_twice += 1
        verdict.remarks.append(f"answered twice: {_name(asked)}")
    place = _place(books, asked, rows, answers)
    setattr(verdict, place, getattr(verdict, place) + 1)
    if place in _FORBIDDEN:
        says = [(sent.status, sent.code) for sent in answers] or [("no answer", "waits" if any(row.waits for row in rows) else "is over")]
        verdict.remarks.append(f"{place}: {_name(asked)}: {says if rows else 'not in the database'}")


def _place(books: _Books, asked: Asked, rows: Sequence[Stored], answers: Sequence[Sent]) -> str:
    if any(row.waits for row in rows) or any(sent.waits for sent in answers):
        return "waiting"
    if any(books.out(asked.person, sent) for sent in answers):
        return "answered"
    statuses = {sent.status for sent in answers} | {piece.status for sent in answers for piece in sent.pieces}
    if Status.UNKNOWN in statuses:
        return "unknown"
    if Status.FAILED in statuses:
        if all(sent.code == "expired" for sent in answers):
            return "expired"
        return "refused" if asked.person in books.history.refused or _told_failed(books, answers) else "given_up"
    return "lost"


def _told_failed(books: _Books, answers: Sequence[Sent]) -> bool:
    """Whether the provider took a part and reported later that it failed: the rest of that answer is not sent then."""
    return any(books.history.told.get(piece.external_id) == Status.FAILED for sent in answers for piece in sent.pieces)


def _surplus(verdict: Verdict, books: _Books) -> None:
    """What providers took beyond what is in the database."""
    for person, texts in books.took.items():
        ours = Counter(piece.text for sent in books.sent[person] for piece in sent.pieces)
        for text, times in (Counter(texts) - ours).items():
            place = "sent_twice" if text in ours else "nobody_wrote"
            setattr(verdict, place, getattr(verdict, place) + times)
            verdict.remarks.append(f"{place}: {times} more to {person}")


def _unknown(verdict: Verdict, books: _Books) -> None:
    for person, deliveries in books.sent.items():
        for sent in deliveries:
            parts = [piece for piece in sent.pieces if piece.status == Status.UNKNOWN]
            verdict.unknown_parts += len(parts)
            verdict.unknown_out += sum(piece.text in books.took[person] for piece in parts)
            verdict.unknown_killed += len(parts) if person not in books.history.unclear else 0


def _order(verdict: Verdict, books: _Books) -> None:
    """Parts of one answer, and answers to questions of which the second was posted when the first was acknowledged."""
    for person, deliveries in books.sent.items():
        for sent in deliveries:
            places = _places(books, person, sent)
            if places != sorted(places):
                verdict.out_of_order += 1
                verdict.remarks.append(f"parts out of order: {person}: delivery {sent.id}")
    for first, second in _pairs(books):
        for earlier in books.answers_to(first):
            for later in books.answers_to(second):
                _overtaken(verdict, books, first.person, earlier, later)


def _pairs(books: _Books) -> Iterator[tuple[Asked, Asked]]:
    by_person: dict[Person, list[Asked]] = defaultdict(list)
    for asked in books.history.asked:
        if asked.question and asked.acknowledged is not None:
            by_person[asked.person].append(asked)
    for several in by_person.values():
        for one, other in combinations(sorted(several, key=lambda asked: asked.posted), 2):
            if one.acknowledged is not None and one.acknowledged < other.posted:
                yield one, other


def _overtaken(verdict: Verdict, books: _Books, person: Person, earlier: Sent, later: Sent) -> None:
    """Counts it where a part of `later` went out before the last one of `earlier`."""
    before, after = _places(books, person, earlier), _places(books, person, later)
    same_words = {piece.text for piece in earlier.pieces} & {piece.text for piece in later.pieces}
    if same_words or not before or not after or max(before) < min(after):
        return
    if earlier.claims > 1:
        verdict.passed_by += 1
        return
    verdict.out_of_order += 1
    verdict.remarks.append(f"out of order: {person}: delivery {later.id} before {earlier.id}")


def _places(books: _Books, person: Person, sent: Sent) -> list[int]:
    """Where the parts of a delivery stand among all that the provider took for the person."""
    took = books.took[person]
    return [took.index(piece.text) for piece in sent.pieces if piece.text in took]


def _statuses(verdict: Verdict, books: _Books) -> None:
    """A provider's last word on a part, once we acknowledged it, is what the database says."""
    known = {piece.external_id: piece.status for sent in books.history.sent for piece in sent.pieces if piece.external_id}
    for name, word in books.history.told.items():
        if name in known and known[name] != word:
            verdict.wrong_status += 1
            verdict.remarks.append(f"wrong status: {name} is {known[name]}, and the provider's last word was {word}")


def _name(asked: Asked) -> str:
    return f"{asked.person} {asked.text!r}"
