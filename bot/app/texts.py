"""The texts of the house: where they lie, and what is learnt of them before anybody asks."""

from pathlib import Path

from bot.config import Settings
from bot.core.answer import Answerer

SKILLS = Path(__file__).resolve().parents[2] / "skills"


def learn(settings: Settings) -> int:
    """Lets the embedding model read all questions and facts once, and keeps what it learnt. Returns how many texts."""
    from models.engine import open_meaning
    from skills.loader import load

    answers = Answerer(load(SKILLS), meaning=open_meaning(settings.cache_dir), model_s=1.0)
    return answers.texts
