"""The examples of docs/alerts/api.md, in their order, against a real server."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from bot.api.site import ROUTES
from bot.cap.write import write
from tests.api.house import Answer, Office
from tests.core.alert.received import alert

TEXT = (Path(__file__).resolve().parents[2] / "docs/alerts/api.md").read_text()
CURLS = re.findall(r"^ {4}(curl .+)$", TEXT, re.MULTILINE)


async def run(house: Office, words: Sequence[str]) -> Answer:
    """What curl would send."""
    method, url, headers, data = "", "", {}, None
    rest = iter(words)
    for word in rest:
        match word:
            case "curl" | "-s":
                pass
            case "-X":
                method = next(rest)
            case "-H":
                name, _, value = next(rest).partition(": ")
                headers[name] = value
            case "-d":
                data = next(rest).encode()
            case "--data-binary":
                assert next(rest) == "@alert.xml"
                data = write(alert("flood"))
            case _:
                assert not url, word
                url = word
    return await house.ask(method or ("POST" if data else "GET"), url.removeprefix("http://127.0.0.1:8080"), data=data, headers=headers)


async def test_every_example_works_as_it_is_written(house: Office) -> None:
    house.people("tel:+254700000001", "tel:+254700000002")
    assert len(CURLS) >= 11
    keys = {"KEY": house.keys["amina"], "AMINA": house.keys["amina"], "BEN": house.keys["ben"]}
    for line in CURLS:
        answer = await run(house, shlex.split(re.sub(r"\$(\w+)", lambda found: keys[found[1]], line)))
        assert answer.status in (200, 201), (line, answer.json)


def test_every_address_is_in_the_table() -> None:
    table = TEXT.partition("### An example")[0]
    for route in ROUTES:
        last = route.path.rsplit("/", 1)[-1]
        assert f"/{last.replace('{id}', 'ID').replace('{ref}', 'REF').replace('{name}', 'NAME')}" in table, route.path
