"""What every command needs: how it is added, how it speaks, who uses it."""

import argparse
from getpass import getuser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # argparse has no public name for it, and no [] when it runs
else:
    Commands = argparse._SubParsersAction


def say(line: str) -> None:
    """One line for the person at the terminal, at once."""
    print(line, flush=True)


def user() -> str:
    """Who sits there, as the log should name them."""
    try:
        return getuser()
    except (KeyError, OSError):  # in a container the user may have no name
        return "operator"


def agrees(question: str) -> bool:
    """Whether they say yes. Nobody there is a no."""
    try:
        return input(question).strip().lower() in {"y", "yes"}
    except EOFError:
        return False
