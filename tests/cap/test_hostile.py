"""Files made to hurt, each read in a process of its own that may grow by 100 MB. And broken bytes: never anything but Unreadable."""

import random
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cap.read import read_document
from bot.cap.sign import verify
from bot.cap.xml import MAX_BYTES
from bot.core.alert.body import to_body
from bot.core.alert.fingerprint import fingerprint
from bot.core.alert.gate import judge
from bot.core.alert.hygiene import cleaned
from bot.core.alert.reading import Signature, Unreadable
from tests.cap.hostile import documents
from tests.cap.small import ENTRIES, cap, info, shared
from tests.cap.test_read import WHOLE

SAMPLES = [cap(WHOLE), cap(info() + info(language="sw"), identifier="Ñandú–1"), *(shared(name) for name in sorted(ENTRIES)[::12])]


@pytest.fixture(scope="module")
def came_of_it() -> dict[str, str]:
    ran = subprocess.run([sys.executable, "-m", "tests.cap.hostile"], capture_output=True, text=True, check=True, timeout=300)
    return dict(line.split(" -> ") for line in ran.stdout.splitlines())


@pytest.mark.parametrize("name", sorted(documents()))
def test_a_hostile_file_within_limits(came_of_it: dict[str, str], name: str) -> None:
    assert came_of_it[name] == name.split(maxsplit=1)[0]


def test_every_hostile_file_is_of_a_size_that_is_read() -> None:
    assert [name for name, data in documents().items() if len(data) > MAX_BYTES] == ["too_large too-large"]


def survives(data: bytes) -> None:
    """Reads and judges it. Anything but Unreadable is raised to the test."""
    try:
        document = read_document(data)
    except Unreadable:
        return
    for read in document.reads:
        judge(read.alert)
        to_body(cleaned(read.alert))
        assert len(fingerprint(read.alert)) == 64


def test_every_truncation_of_a_message() -> None:
    whole = cap(WHOLE)
    for end in range(len(whole) - 1):
        with pytest.raises(Unreadable):
            read_document(whole[:end])


@pytest.mark.parametrize("n", range(len(SAMPLES)))
def test_flipped_bits(n: int) -> None:
    chance = random.Random(n)
    whole = SAMPLES[n][:60_000]
    for _ in range(150):
        broken = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            broken[chance.randrange(len(broken))] ^= 1 << chance.randrange(8)
        survives(bytes(broken))


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 2000), st.integers(0, 2000))
def test_bytes_put_in(bytes_in: bytes, start: int, end: int) -> None:
    whole = cap(WHOLE)
    survives(whole[:start] + bytes_in + whole[end:])
    survives(bytes_in)


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60).map(lambda text: text.translate({ord(char): None for char in "<>&"})))
def test_any_text_in_any_field(text: str) -> None:
    fields = info(
        f"<description>{text}</description><web>{text}</web>", headline=text, event=text, language=text, expires=text, urgency=text
    )
    survives(cap(f"<references>{text}</references>{fields}", sender=f"s{text}"))


def test_verifying_survives_what_is_broken() -> None:
    for data in (b"", b"<a/>", cap(sent=""), cap(WHOLE)[:-9], cap(info() + '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/>')):
        assert verify(data, pinned=[], now=0.0) is Signature.UNVERIFIED
