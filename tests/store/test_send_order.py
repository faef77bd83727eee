"""Property: two replies to one person on one channel never overtake each other when both could go, whatever happens around them.

A random history of replies, tries, failures and time runs on every store. At every claim the rule is checked from outside: it is
given where the delivery is free and nothing older of the same person, channel and lane could go, and else it is refused.
"""

import random
from collections import Counter
from dataclasses import dataclass, field

import pytest

from bot.core.storage import ClaimedDelivery, Store
from bot.core.types import Lane, Status
from tests.store.bench import LEASE_S, T, at_once, put

PEOPLE = ("tel:+254700000001", "tel:+254700000002")
LINES = (
    (PEOPLE[0], "sim", Lane.SENDS),  # nearly all: who else should wait for whom?
    (PEOPLE[0], "sim", Lane.ALERTS),
    (PEOPLE[0], "at_sms", Lane.SENDS),
    (PEOPLE[1], "sim", Lane.SENDS),
)
STEPS = 120


@dataclass
class Reply:
    """What the test knows of one delivery, without asking the store."""

    line: tuple[str, str, Lane]
    ready: float  # not to go before
    over: bool = False
    claim: ClaimedDelivery | None = None
    until: float = 0.0  # of the claim


@dataclass
class History:
    """A store, a clock, and what should be true."""

    store: Store
    dice: random.Random
    now: float = T
    replies: dict[int, Reply] = field(default_factory=dict)
    claims: Counter[str] = field(default_factory=Counter)

    def step(self) -> None:
        self.dice.choices((self.make, self.claim, self.end, self.wait), (3, 6, 3, 2))[0]()

    def make(self) -> None:
        line = self.dice.choices(LINES, (9, 1, 1, 2))[0]
        held = self.now + 5 if self.dice.random() < 0.2 else 0.0
        made = put(self.store, urn=line[0], channel=line[1], lane=line[2], hold_until=held, now=self.now)
        self.replies[made] = Reply(line, held)

    def claim(self) -> None:
        left = [row for row, reply in self.replies.items() if not reply.over]
        if not left:
            return
        row = self.dice.choice(left)
        reply = self.replies[row]
        claimed = self.store.claim_delivery(row, now=self.now, lease_s=LEASE_S)
        free = not reply.over and reply.ready <= self.now and (reply.claim is None or reply.until <= self.now)
        blocked = any(older < row and self.could_go(other) for older, other in self.replies.items() if other.line == reply.line)
        assert (claimed is not None) == (free and not blocked), f"delivery {row} at {self.now - T}: free {free}, blocked {blocked}"
        self.claims["taken" if claimed else "blocked" if free else "not free"] += 1
        if claimed is not None:
            reply.claim, reply.until = claimed, self.now + LEASE_S

    def could_go(self, reply: Reply) -> bool:
        """Whether it is being sent or could be sent now."""
        return not reply.over and reply.ready <= self.now

    def end(self) -> None:
        """One of those that are being sent goes out, fails, or is tried again later."""
        held = [reply for reply in self.replies.values() if reply.claim is not None and not reply.over]
        if not held:
            return
        reply = self.dice.choice(held)
        assert reply.claim is not None
        claim = reply.claim.claim
        match self.dice.choice(("sent", "failed", "again", "postponed")):
            case "sent":
                assert self.store.part_sending(claim, 0, now=self.now, lease_s=LEASE_S)
                self.store.part_wired(claim, 0, f"out-{claim.id}", now=self.now)
                assert self.store.finish_delivery(claim, now=self.now) is Status.WIRED
                reply.over = True
            case "failed":
                self.store.fail_delivery(claim, now=self.now, reason="rejected")
                reply.over = True
            case "again":
                self.store.retry_delivery(claim, now=self.now, after_s=9, code="503")
                reply.ready, reply.claim = self.now + 9, None
            case _:
                self.store.postpone_delivery(claim, now=self.now, until=self.now + 9)
                reply.ready, reply.claim = self.now + 9, None

    def wait(self) -> None:
        self.now += self.dice.choice((0.5, 3.0, LEASE_S))


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_claimed_past_an_older_one_that_could_go(store: Store, seed: int) -> None:
    history = History(store, random.Random(seed))
    for _ in range(STEPS):
        history.step()
    assert min(history.claims["taken"], history.claims["blocked"]) > 4, history.claims  # else it proves nothing


def test_threads_send_in_order(store: Store) -> None:
    made = [put(store, f"{n}", urn=person) for n in range(6) for person in PEOPLE]
    sent: list[int] = []

    def sender(seed: int) -> None:
        dice = random.Random(seed)
        while len(sent) < len(made):
            row = dice.choice(made)
            claimed = store.claim_delivery(row, now=T, lease_s=LEASE_S)
            if claimed is not None and store.part_sending(claimed.claim, 0, now=T, lease_s=LEASE_S):
                sent.append(row)
                store.part_wired(claimed.claim, 0, f"out-{row}", now=T)
                store.finish_delivery(claimed.claim, now=T)

    at_once([lambda seed=seed: sender(seed) for seed in range(4)])  # type: ignore[misc]
    for person in range(len(PEOPLE)):
        mine = made[person :: len(PEOPLE)]
        assert [row for row in sent if row in mine] == mine
