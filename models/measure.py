"""One shape of the engine, measured in a process of its own: `python -m models.measure SETTINGS`. What crashes there ends nothing else.

SETTINGS is JSON: {"path", "lean": a path or "", "shape": the fields of models.shape.Shape, "phase_s"}. The last line on stdout is JSON,
the fields of a Pace.
"""

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic

from bot.core.errors import ModelFailed
from bot.core.ports import Writer
from bot.core.types import Draft
from models.cost import Meter
from models.shape import Shape

TOKENS = 32  # of an answer
ASKERS = 16  # who ask at once
_ANSWERS = 96  # of a phase, where its time does not end first
_WARM_S, _ONES, _LONGEST_S = 60.0, 5, 30.0  # a slow machine's phase is as long as _ONES answers, within _LONGEST_S
_WITHIN_S = 240  # load, warm-up and both phases; what takes longer hangs
_ROOT = Path(__file__).resolve().parent.parent
_FIRST_TO_GO = "1000"  # of -1000..1000: where memory runs out, a measurement ends and nothing else does
_NEIGHBOUR = "import os, sys\nwhile os.getppid() == int(sys.argv[1]):\n    sum(range(20000))"

_PASSAGES = (
    "Dry maize to 13 percent moisture before storing. Use 2 hermetic bags and tie each liner. Do not open the bag for 6 weeks.",
    "Boil water for 1 minute and let it cool with the lid on. Keep it in a clean narrow container. Wash hands before you pour.",
    "Move to high ground when the river rises. Do not walk through moving water. Take your papers, your phone and your medicine.",
    "Panda mahindi mvua zinapoanza. Acha nafasi ya sentimita 75 kati ya mistari na 25 kati ya mimea. Weka mbolea kando ya mbegu.",
    "A loan of 1,000 at 5 percent a month costs 50 a month. Ask for the full sum that you pay back before you sign anything.",
    "Safisha jeraha kwa maji safi na sabuni. Funika kwa kitambaa kisafi. Nenda kliniki kama kuna homa au usaha baada ya siku 2.",
)
_QUESTIONS = ("what do i do first", "how long does it take", "nifanye nini kwanza", "what must i not do", "how much do i need", "ni lini")


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a shape answers, in answers a minute: alone on the machine, and beside a neighbour that keeps one core busy."""

    quiet: float
    busy: float
    neighbour: float = 0.0  # how much of a core the neighbour got then, 0 to 1
    cpu_s: float = 0.0  # processor seconds that an answer took, alone
    memory_mb: int = 0  # MiB at most, the model's own pages with it

    @property
    def score(self) -> float:
        """Answers a minute where every second question comes in a busy moment: the harmonic mean.

        It follows the slower of the two, so what is fast alone and collapses beside a neighbour loses.
        """
        return 2 / (1 / self.quiet + 1 / self.busy) if self.quiet > 0 and self.busy > 0 else 0.0


class Unmeasured(Exception):
    """This shape gave no figure; the message says why. The search goes on."""


@dataclass(frozen=True, slots=True)
class Phase:
    """One stretch of asking. `answers`: those that were cut by its end count by their part."""

    answers: float
    seconds: float
    cpu_s: float

    @property
    def pace(self) -> float:
        """Answers a minute."""
        return 60 * self.answers / self.seconds


def measure(
    path: Path, shape: Shape, *, phase_s: float, lean: Path | None = None, command: Sequence[str] = (sys.executable, "-m", "models.measure")
) -> Pace:
    """The pace of `shape` on the model `path`, or its `lean` copy. Takes the time to load it, and `phase_s` twice. Raises Unmeasured."""
    settings = json.dumps(
        {"path": str(path.resolve()), "lean": str(lean.resolve()) if lean else "", "shape": asdict(shape), "phase_s": phase_s}
    )
    try:
        done = subprocess.run(  # noqa: S603
            [*command, settings], check=False, cwd=_ROOT, capture_output=True, text=True, errors="replace", timeout=_WITHIN_S
        )
    except subprocess.TimeoutExpired:
        raise Unmeasured(f"no figure after {_WITHIN_S} s") from None
    if done.returncode < 0:
        raise Unmeasured(f"died with {_signal(-done.returncode)}")
    try:
        if done.returncode == 0:
            return Pace(**json.loads(done.stdout.strip().splitlines()[-1]))
    except (ValueError, TypeError, IndexError):
        raise Unmeasured("gave no figure") from None
    raise Unmeasured(f"failed: {(done.stderr.strip().splitlines() or ['it gives no reason'])[-1]}")


def main() -> None:
    """Measures what the first argument says."""
    settings = json.loads(sys.argv[1])
    shape = Shape(**settings["shape"])

    def opens() -> Writer:
        from models.lean import open_lean
        from models.llama import LlamaWriter

        path, lean = Path(settings["path"]), settings["lean"]
        return LlamaWriter(path, shape=shape, chat=False, lean=open_lean(Path(lean), path) if lean else None)

    serve(opens, phase_s=settings["phase_s"])


def serve(opens: Callable[[], Writer], *, phase_s: float) -> None:
    """Measures the engine that `opens` returns, and prints its pace; where it fails, it ends with the reason as the last line."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO, encoding="ascii")
    try:
        pace = pace_of(opens(), phase_s)
    except ModelFailed as error:
        sys.exit(" ".join(str(error).split()))
    sys.stdout.write(f"\n{json.dumps(asdict(pace))}\n")


def pace_of(engine: Writer, phase_s: float) -> Pace:
    """Asks `engine` for about `phase_s` seconds alone, and again beside a neighbour that keeps one core busy.

    Before that it writes two answers, so that what all prompts share is read, and what one takes is known. Raises ModelFailed.
    """
    prompts = list(_prompts(_ANSWERS + 2))
    for prompt in prompts[:2]:
        warm = engine.write(prompt, max_tokens=TOKENS, stop=(), deadline=monotonic() + _WARM_S)
        if warm.finish == "deadline":
            raise ModelFailed(f"one answer takes more than {_WARM_S:.0f} s")
    phase_s = max(phase_s, min(_ONES * warm.seconds, _LONGEST_S))
    alone = ask(engine, prompts[2:], phase_s)
    with neighbour() as meter:
        began = monotonic()
        beside = ask(engine, prompts[2:], phase_s)
        share = meter.read().cpu_s / (monotonic() - began)
    return Pace(
        quiet=alone.pace,
        busy=beside.pace,
        neighbour=min(1.0, share),
        cpu_s=alone.cpu_s / alone.answers if alone.answers else 0.0,
        memory_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform != "darwin" else 1 << 20),
    )


def ask(engine: Writer, prompts: Sequence[str], phase_s: float) -> Phase:
    """ASKERS ask `engine`, each the next of `prompts` as soon as it has an answer, until all are answered or the time is up."""
    meter, began = Meter(), monotonic()
    deadline = began + phase_s

    def one(prompt: str) -> float:
        return _share(engine.write(prompt, max_tokens=TOKENS, stop=(), deadline=deadline)) if monotonic() < deadline else 0.0

    with ThreadPoolExecutor(ASKERS) as pool:
        answers = sum(pool.map(one, prompts))
    return Phase(answers, monotonic() - began, meter.read().cpu_s)


@contextlib.contextmanager
def neighbour() -> Iterator[Meter]:
    """A process that keeps one core busy, and its meter. It ends with us, however we end."""
    process = subprocess.Popen([sys.executable, "-S", "-c", _NEIGHBOUR, str(os.getpid())])  # noqa: S603
    try:
        yield Meter(process.pid)
    finally:
        process.kill()
        process.wait()


def _prompts(count: int) -> Iterator[str]:
    """Prompts as the service makes them: one long beginning, then a passage and a question of their own."""
    shown = "".join(
        f"Passage: {text}\nQuestion: {ask}\nSMS: {text.split('.')[0]}.\n\n" for text, ask in zip(_PASSAGES, _QUESTIONS, strict=True)
    )
    for n in range(count):
        turn, at = divmod(n, len(_PASSAGES))
        said = f"{_PASSAGES[at]} {_PASSAGES[(at + turn + 1) % len(_PASSAGES)]}"
        asked = _QUESTIONS[turn % len(_QUESTIONS)]
        yield f"Answer from the passage in one short SMS.\n\n{shown}Passage: {said}\nQuestion: {n}, {asked}\nSMS:"


def _share(draft: Draft) -> float:
    return 1.0 if draft.finish != "deadline" else min(1.0, draft.tokens / TOKENS)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


if __name__ == "__main__":
    main()
