"""Every metric that a process keeps for itself. What the store knows is asked for at each scrape instead: see bot.gateway.metrics.

Labels take their values from our own lists alone (channels, lanes, kinds, ladders): never a number, a text, or a provider's word.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.process_collector import ProcessCollector

disable_created_metrics()  # type: ignore[no-untyped-call]  # the one function there without types
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_CALL = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_PATIENT = (0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 45.0, 90.0, 300.0, 900.0, 3600.0)

KINDS = frozenset({"fixed", "menu", "fact", "chosen", "remote", "model", "approved", "refusal", "emergency", "alert", "more", "person"})
OTHER = "other"


def kind_of(word: str) -> str:
    """A reply's kind as a label: one that we know, or "other"."""
    return word if word in KINDS else OTHER


def _counter(name: str, says: str, *labels: str) -> Counter:
    return Counter(f"ujumbe_{name}", says, labels, registry=REGISTRY)


def _timer(name: str, says: str, *labels: str, buckets: tuple[float, ...]) -> Histogram:
    return Histogram(f"ujumbe_{name}_seconds", says, labels, buckets=buckets, registry=REGISTRY)


# The gateway.
WEBHOOK = _timer("webhook", "From the request to our answer; on USSD with the wait for it.", "channel", "outcome", buckets=_QUICK)
MESSAGES = _counter("messages", "Messages of people that were taken, each once.", "channel")
DUPLICATES = _counter("duplicates", "Messages that a provider told again.", "channel")
QUESTIONS = _counter("questions", "Messages that were left for the ANSWERS lane.", "channel")
REPORTS = _counter("status_reports", "Providers' reports on parts, by what they say.", "channel", "status")

# The gateway and ANSWERS: a reply is decided in either.
REPLIES = _counter("replies", "Replies that were decided, by kind.", "channel", "kind")

# ANSWERS.
ANSWERED = _timer("answer", "From the question to its stored answer.", "channel", buckets=_PATIENT)
WORKED = _timer("answer_work", "From the claim of a question to its stored answer.", "kind", buckets=_PATIENT)
ENGINE = _timer("engine", "One call of the model: to write an answer, or to choose among texts.", "part", buckets=_PATIENT)
REMEMBERED = _counter("remembered", "Questions by whether their answer was remembered; evicted: answers that made room.", "outcome")
TOKENS = _counter("engine_tokens", "Tokens that the model wrote.")
MODEL = Gauge("ujumbe_model_loaded", "1: the model of the settings works; 0: answers come from the search alone.", registry=REGISTRY)

# SENDS and ALERTS.
PARTS = _counter("parts", "Parts that the provider took (wired) or may have taken (unknown).", "channel", "lane", "status")
TRIES = _counter("delivery_tries", "Tries to send that ended otherwise: errored, failed, postponed.", "channel", "lane", "status")
WIRED = _timer("answer_to_wired", "From the stored reply to the provider's yes, by part.", "channel", "lane", buckets=_PATIENT)
CALLS = _timer("provider_call", "One call to a provider, by outcome: wired or the class of its error.", "channel", "outcome", buckets=_CALL)

# CHORES.
SWEPT = _counter("swept", "Rows that the sweep hinted again, by lane.", "lane")
STALE = _counter("stale_questions", "Questions that waited too long for an answer to be worth it.")
EXPIRED = _counter("expired", "Deliveries that were too late to send.")
SWEEP = Gauge("ujumbe_last_sweep_timestamp_seconds", "The last good sweep: beat, broker and CHORES work.", registry=REGISTRY)

FEED_READ = Gauge("ujumbe_feed_read_timestamp_seconds", "The last good reading of a feed of alerts; 0: never.", ["feed"], registry=REGISTRY)
RECEIVED = _counter("received_alerts", "Alerts that feeds brought, by state; again: it was there.", "feed", "state")

# All workers.
TASK_ERRORS = _counter("task_errors", "Tasks that ended with an error; their rows come back with the sweep.", "task")
