"""Keepers of engines without a model (tests.models.child_engines), and how to ask them."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import psutil

from bot.core.errors import ModelFailed
from bot.core.types import Draft
from models.keeper import Keeper
from models.pulse import Patience

LONG_S = 120.0  # a deadline that no test comes near
QUICK = Patience(waits=(0.05, 0.2), look_s=0.02)
HASTY = replace(QUICK, hang_s=0.5)
Opens = Callable[..., Keeper]


def command(mode: str) -> list[str]:
    """Runs the engine `mode`. From the repository's root."""
    return [sys.executable, "-m", "tests.models.child_engines", mode]


@contextmanager
def keepers() -> Iterator[Opens]:
    """Makes keepers; all are closed at the end, and none leaves a process."""
    made: list[Keeper] = []

    def make(mode: str = "plain", *, patience: Patience = QUICK, **named: object) -> Keeper:
        keeper = Keeper("fake", command(mode), patience=patience, **named)  # type: ignore[arg-type]
        made.append(keeper)
        return keeper

    try:
        yield make
    finally:
        for keeper in made:
            pid = keeper.pid
            keeper.close()
            assert not pid or not alive(pid)


def ask(keeper: Keeper, prompt: str, *, seconds: float = LONG_S, tokens: int = 50, stop: Sequence[str] = ()) -> Draft:
    return keeper.write(prompt, max_tokens=tokens, stop=stop, deadline=time.monotonic() + seconds)


def works(keeper: Keeper) -> bool:
    try:
        return ask(keeper, "hello").finish == "stop"
    except ModelFailed:
        return False


def failures(keeper: Keeper, prompts: Sequence[str]) -> list[str]:
    """What each question, all at once, fails with; "" for one that does not."""

    def one(prompt: str) -> str:
        try:
            ask(keeper, prompt)
        except ModelFailed as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(len(prompts)) as pool:
        return list(pool.map(one, prompts))


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
