"""What the fuzzer guided by coverage does with one input, without atheris: the run itself is `python -m bench.fuzz --guided`."""

from collections.abc import Sequence

import pytest

from bench.fuzz import guided
from bench.fuzz.doors import DOORS
from bot.core.types import Event, Request


@pytest.mark.parametrize("name", DOORS)
def test_the_first_inputs_are_the_table(name: str) -> None:
    """Every row is read back as it was written, the good request is taken, and nothing is found."""
    fuzzer, door = guided.make([name]), DOORS[name]
    inputs = fuzzer.inputs()
    for data, seed in zip(inputs, door.seeds, strict=False):
        read = fuzzer.read(data)
        assert read is not None
        assert read[1].body == seed.body
    fuzzer.try_(inputs[0])
    assert fuzzer.seen[name, "taken"] == 1
    for data in inputs[1:]:
        fuzzer.try_(data)
    assert fuzzer.seen[name, "requests"] == len(inputs)
    assert fuzzer.seen[name, "Unsigned"] >= 2, "without proof, and with a forged one"


def test_a_provider_checks_the_address() -> None:
    fuzzer = guided.make(["meta_whatsapp/receive"])
    for data in fuzzer.inputs():
        fuzzer.try_(data)
    assert fuzzer.seen["meta_whatsapp/receive", "Challenge"] == 1


@pytest.mark.parametrize("data", [b"", b"\0\0", b"\0\0\0", b"\xff" * 40, b"\0\0\0?\xed\xa0\x80\nx-a\n:\n\n\xff"], ids=repr)
@pytest.mark.parametrize("name", DOORS)
def test_any_bytes_are_an_input(name: str, data: bytes) -> None:
    guided.make([name]).try_(data)


@pytest.mark.parametrize("wrong", ["raises", "takes"])
def test_the_watch_sees(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    fuzzer = guided.make(["at_sms/receive"])
    if wrong == "raises":

        def parse(self: object, request: Request) -> Sequence[Event]:
            raise ValueError("not thought of")

        monkeypatch.setattr("channels.at_sms.AtSms._receive", parse)
    else:
        monkeypatch.setattr("channels.at_sms.check_key", lambda request, key: None)
    good = fuzzer.inputs()[0]
    unproven = bytes([0, guided._PROOFS.index("none")]) + good[2:]
    with pytest.raises(AssertionError, match="raises ValueError" if wrong == "raises" else "taken with none proof"):
        fuzzer.try_(unproven)


def test_says_how_to_install_what_is_missing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(guided, "find_spec", lambda name: None)
    assert guided.guide(["at_sms/receive"], seconds=1) == 2
    assert ".venv/bin/pip install 'atheris" in capsys.readouterr().err
