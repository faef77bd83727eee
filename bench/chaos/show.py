"""The figures of a run as tables."""

from collections.abc import Callable, Sequence

from bench.chaos.run import Outcome
from bench.machine import percentile, table

# What is said, and how. What must be 0 says so.
_ROWS: Sequence[tuple[str, Callable[[Outcome], str]]] = (
    ("messages written", lambda one: f"{one.verdict.messages:,}"),
    ("acknowledged", lambda one: f"{one.verdict.acknowledged:,}"),
    ("answered", lambda one: f"{one.verdict.answered:,}"),
    ("**lost** (0)", lambda one: f"{one.verdict.lost}"),
    ("**answered twice** (0)", lambda one: f"{one.verdict.answered_twice}"),
    ("**parts sent twice** (0)", lambda one: f"{one.verdict.sent_twice}"),
    ("parts that nobody wrote (0)", lambda one: f"{one.verdict.nobody_wrote}"),
    ("stored twice (0)", lambda one: f"{one.verdict.stored_twice}"),
    ("out of order (0)", lambda one: f"{one.verdict.out_of_order}"),
    ("still waiting at the end (0)", lambda one: f"{one.verdict.waiting}"),
    ("wrong status (0)", lambda one: f"{one.verdict.wrong_status}"),
    ("given up without a reason (0)", lambda one: f"{one.verdict.given_up}"),
    ("answers that no provider should hear (0)", lambda one: f"{one.unusual.total()}"),
    ("not answered: we do not know", lambda one: f"{one.verdict.unknown}"),
    ("not answered: refused by the provider", lambda one: f"{one.verdict.refused}"),
    ("not answered: too late", lambda one: f"{one.verdict.expired}"),
    ("parts unknown at the end", lambda one: f"{one.verdict.unknown_parts}"),
    ("of these, had gone out", lambda one: f"{one.verdict.unknown_out}"),
    ("of these, by a kill and not by a provider", lambda one: f"{one.verdict.unknown_killed}"),
    ("repeats dropped by key", lambda one: f"{one.repeats_dropped}"),
    ("overtook one that waited for its next try", lambda one: f"{one.verdict.passed_by}"),
    ("webhooks posted", lambda one: f"{one.posts:,}"),
    ("acknowledged at the first try", lambda one: f"{one.first_acknowledged:,}"),
    ("outside kills, p50 / p99 ms", lambda one: _percentiles(one.calm)),
    ("kills", lambda one: f"{one.hits.total()}"),
    ("kills that came too late and were tried again", lambda one: f"{one.misses}"),
    ("service ended by itself", lambda one: f"{one.ended_alone}"),
    ("seconds of load / in all", lambda one: f"{one.load_s:.0f} / {one.seconds:.0f}"),
)


def figures(outcomes: Sequence[Outcome]) -> str:
    """What became of the messages, a column for each stack."""
    return table(["", *(one.stack for one in outcomes)], [[name, *(say(one) for one in outcomes)] for name, say in _ROWS])


def kills(outcomes: Sequence[Outcome]) -> str:
    """Who was killed how often."""
    victims = sorted({victim for one in outcomes for victim in one.hits})
    return table(
        ["killed", *(one.stack for one in outcomes)], [[victim, *(str(one.hits[victim]) for one in outcomes)] for victim in victims]
    )


def complaints(outcome: Outcome) -> list[str]:
    """What is wrong, in words, for whoever looks for the reason."""
    found = [f"{name} is {count}" for name, count in outcome.verdict.violations.items()]
    found += [f"the gateway answered {status} {times} times" for status, times in outcome.unusual.items()]
    found += [] if outcome.settled else ["it did not come to rest in time"]
    found += [] if outcome.stopped_well else ["ujumbe serve did not end with status 0 when asked to"]
    found += [] if outcome.hits.total() == outcome.kills else [f"{outcome.hits.total()} of {outcome.kills} kills hit"]
    return [f"{outcome.stack}: {line}" for line in (*found, *outcome.verdict.remarks[:_REMARKS])]


_REMARKS = 20


def _percentiles(ms: list[float]) -> str:
    return f"{percentile(ms, 0.5):.0f} / {percentile(ms, 0.99):.0f} ({len(ms):,})" if ms else "none"
