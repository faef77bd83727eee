"""USSD end to end over the real inbox, channels and in-memory store: a question is answered on the screen or by SMS, exactly once."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.app import App
from tests.console.house import real_site
from tests.gateway.conftest import Client, serving, until

QUESTION = "how far apart do i plant maize"
ANSWER = "75 cm"


class Phone:
    """One person's USSD phone."""

    def __init__(self, client: Client, app: App, number: int) -> None:
        self.client, self.app, self.number, self.dials = client, app, f"+2547000{number:05}", 0

    async def hop(self, path: str) -> dict[str, Any]:
        if path == "":
            self.dials += 1
        key = self.app.channels["sim_ussd"].path_key  # type: ignore[attr-defined]
        body = {"from": self.number, "session": f"{self.number}-{self.dials}", "text": path}
        answer = await self.client.post(f"/c/sim_ussd/receive/{key}", json=body)
        assert answer.status == 200
        screen: dict[str, Any] = await answer.json()
        return screen

    def told_by_sms(self) -> list[str]:
        lines = self.app.store.conversation(f"tel:{self.number}", limit=50)
        return [line.text for line in lines if not line.inbound and line.channel == "sim" and line.status == "wired"]


@asynccontextmanager
async def _ussd(tmp_path: Path, *, within_s: float, delay: Callable[[], float]) -> AsyncIterator[Callable[[int], Phone]]:
    site, app = real_site(tmp_path, delay=delay, channels={"sim": {}, "sim_ussd": {"reply_within_s": within_s}})
    async with serving(site) as client:
        yield lambda number: Phone(client, app, number)


async def test_answer_in_time_ends_the_dial_and_sends_no_sms(tmp_path: Path) -> None:
    async with _ussd(tmp_path, within_s=20, delay=lambda: 0.2) as phone:
        caller = phone(1)
        assert not (await caller.hop(""))["ends"]
        screen = await caller.hop(QUESTION)
        assert (ANSWER in screen["text"], screen["ends"]) == (True, True)
        assert await caller.hop(QUESTION) == screen  # the operator repeats the hop
        assert caller.told_by_sms() == []


async def test_late_answer_comes_by_sms(tmp_path: Path) -> None:
    async with _ussd(tmp_path, within_s=0.2, delay=lambda: 0.6) as phone:
        caller = phone(1)
        await caller.hop("")
        assert await caller.hop(QUESTION) == {"text": "We will send the answer by SMS.", "ends": True}
        await until(caller.told_by_sms)
        assert [ANSWER in text for text in caller.told_by_sms()] == [True]


async def test_redial_waits_for_the_answer_on_its_way(tmp_path: Path) -> None:
    async with _ussd(tmp_path, within_s=1.5, delay=lambda: 2.0) as phone:
        caller = phone(1)
        await caller.hop("")
        assert "by SMS" in (await caller.hop(QUESTION))["text"]
        assert ANSWER in (await caller.hop(""))["text"]
        assert caller.told_by_sms() == []


async def test_race_at_the_deadline_tells_each_person_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """However fast the machine: the deadline is moved until some answers are in time for the screen and some are not."""
    dice = random.Random(7)
    ways: set[bool] = set()
    for within_s in (0.3, 0.6, 1.2, 2.4, 0.15):
        ways |= set(
            await _race(tmp_path_factory.mktemp("race"), within_s, delay=lambda within_s=within_s: dice.uniform(0.0, 0.4 * within_s))
        )
        if len(ways) == 2:
            return
    pytest.fail(f"All answers went the same way, {'to the screen' if True in ways else 'by SMS'}: the race was none.")


async def _race(folder: Path, within_s: float, delay: Callable[[], float]) -> Sequence[bool]:
    """24 people ask at once. Whether each saw the answer on the screen; who did not was told by SMS, and nobody twice."""
    async with _ussd(folder, within_s=within_s, delay=delay) as phone:
        callers = [phone(number) for number in range(24)]
        await asyncio.gather(*(caller.hop("") for caller in callers))
        screens = await asyncio.gather(*(caller.hop(QUESTION) for caller in callers))
        shown = [ANSWER in screen["text"] for screen in screens]
        await until(lambda: all(seen or caller.told_by_sms() for seen, caller in zip(shown, callers, strict=True)))
        await asyncio.sleep(0.5)
        told = [len(caller.told_by_sms()) for caller in callers]
        assert [seen + sms for seen, sms in zip(shown, told, strict=True)] == [1] * len(callers)
        return shown
