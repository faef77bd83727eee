"""The engine alone, opened as a worker opens it, with the same calls from as many askers."""

import logging
import multiprocessing
import time
from collections.abc import Mapping, Sequence

import psutil

from bench.engine.loop import Ask, Said
from bench.whole.measure import Plan, Run, measure
from bench.whole.questions import Call, Question
from bot.app.texts import SKILLS
from bot.config import Settings
from bot.core.errors import ModelFailed
from bot.core.prompt import words_of
from models.engine import Engine, keep_engine
from skills import loader

_GARBAGE = "wrote garbage"  # as models.line says it


def alone(settings: Settings, questions: Sequence[Question], plan: Plan) -> Run:
    """In a process of its own, which takes the engine with it when it ends."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_alone, (settings, questions, plan))


def _alone(settings: Settings, questions: Sequence[Question], plan: Plan) -> Run:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    s, texts = settings, words_of(loader.load(SKILLS))
    engine = keep_engine(s.model, cache_dir=s.cache_dir, threads=s.threads, memory_mb=s.model_memory_mb, noted=lambda _: None, texts=texts)
    called = {question.call.prompt: question.call for question in questions}
    return measure(asked(engine, called, s.answer_within_s), list(called), plan, _cpu)


def asked(engine: Engine, called: Mapping[str, Call], within_s: float) -> Ask:
    """Makes the call that has the prompt."""

    def ask(prompt: str) -> Said:
        call, deadline = called[prompt], time.monotonic() + within_s
        if engine.chooser is not None:
            shares = engine.chooser.choose(prompt, call.among, deadline=deadline)
            if shares is None:
                raise ModelFailed("The engine did not choose in time.")
            return Said(call.among[max(range(len(shares)), key=lambda n: shares[n])], 0, 0.0)
        assert engine.writer is not None
        try:
            draft = engine.writer.write(prompt, max_tokens=call.max_tokens, stop=call.stop, deadline=deadline)
        except ModelFailed as error:
            if _GARBAGE not in str(error):
                raise
            return Said("", 0, 0.0)  # the engine has done its work, and the service would send the fact's own words now
        return Said(draft.text, draft.tokens, draft.first_s)

    return ask


def _cpu() -> Mapping[str, float]:
    own = psutil.Process()
    spent = {"askers": own, **{"engine" if "models.child" in one.cmdline() else "other": one for one in own.children()}}
    return {name: sum(one.cpu_times()[:2]) for name, one in spent.items()}
