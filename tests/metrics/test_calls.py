"""Calls to providers and to the model are timed by what became of them, and go through unchanged."""

from collections.abc import Sequence
from typing import Any, cast

import pytest

from bot.core import errors
from bot.core.errors import SendError
from bot.core.ports import Channel, Templates, Writer
from bot.core.types import Draft, Limits
from bot.metrics.calls import WatchedChooser, WatchedWriter, watch_channels
from tests.metrics.readings import Added

ERRORS = {
    errors.Throttled: "throttled",
    errors.Unreachable: "unreachable",
    errors.Unknown: "unknown",
    errors.Rejected: "rejected",
    errors.OptedOut: "opted_out",
    errors.NoWindow: "no_window",
    errors.BadConfig: "bad_config",
}


class Wire:
    """A channel that does as it is told."""

    name = "wire"
    limits = Limits()

    def __init__(self) -> None:
        self.error: Exception | None = None

    def send(self, urn: str, text: str, *, key: str) -> str:
        if self.error is not None:
            raise self.error
        return f"{urn} {text} {key}"


class Templated(Wire):
    def __init__(self) -> None:
        super().__init__()
        self.templates = {"en": "reply"}

    def send_template(self, urn: str, name: str, lang: str, parameters: Sequence[str], *, key: str) -> str:
        return name


def test_every_error_that_a_channel_may_raise_is_known() -> None:
    assert set(ERRORS) == set(SendError.__subclasses__())


@pytest.mark.parametrize(("error", "outcome"), [*ERRORS.items(), (ZeroDivisionError, "broken")])
def test_a_call_is_timed_by_its_outcome(error: type[Exception], outcome: str) -> None:
    channel, added = Wire(), Added()
    watch_channels({"wire": cast(Channel, channel)})
    assert channel.send("tel:+254700000001", "hello", key="1-0-a") == "tel:+254700000001 hello 1-0-a"
    channel.error = error("code")
    with pytest.raises(error):
        channel.send("tel:+254700000001", "hello", key="1-0-a")
    assert added("provider_call_seconds_count", channel="wire", outcome="wired") == 1
    assert added("provider_call_seconds_count", channel="wire", outcome=outcome) == 1


def test_a_watched_channel_can_what_it_could_and_no_more() -> None:
    added = Added()
    plain, templated = Wire(), Templated()
    channels: Any = {"wire": plain, "templated": templated}
    watch_channels(channels)
    assert not isinstance(plain, Templates)
    assert isinstance(templated, Templates)
    assert templated.send_template("tel:+1", "reply", "en", ("x",), key="k") == "reply"
    assert added("provider_call_seconds_count", channel="wire", outcome="wired") == 1


class Model:
    name = "tiny"

    def write(self, prompt: str, *, max_tokens: int, stop: Sequence[str], deadline: float) -> Draft:
        return Draft(prompt, tokens=max_tokens, seconds=0.5, finish="stop")

    def choose(self, prompt: str, among: Sequence[str], *, deadline: float) -> Sequence[float] | None:
        return [1.0 / len(among)] * len(among)


class Adapting(Model):
    """Words one skill's answers in its own way."""

    def for_skill(self, name: str) -> Writer:
        model = Model()
        model.name = f"tiny for {name}"
        return model


def test_what_a_skills_own_writer_writes_is_counted_too() -> None:
    added, own = Added(), WatchedWriter(Adapting()).for_skill("crop-advice")
    assert own.name == "tiny for crop-advice"
    assert own.write("x", max_tokens=7, stop=(), deadline=0.0).text == "x"
    assert added("engine_tokens_total") == 7
    plain = WatchedWriter(Model())
    assert plain.for_skill("crop-advice") is plain


def test_the_models_calls_and_tokens_are_counted() -> None:
    added, writer, chooser = Added(), WatchedWriter(Model()), WatchedChooser(Model())
    assert writer.name == "tiny"
    assert writer.write("x", max_tokens=12, stop=(), deadline=0.0).text == "x"
    assert chooser.choose("x", ["a", "b"], deadline=0.0) == [0.5, 0.5]
    assert added("engine_tokens_total") == 12
    assert (added("engine_seconds_count", part="write"), added("engine_seconds_count", part="choose")) == (1, 1)
