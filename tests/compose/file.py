"""compose.yaml as Docker would read it: merge keys, .env, interpolation. No Docker needed."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
Compose = dict[str, Any]
_VARIABLE = re.compile(r"\$(?:(?P<dollar>\$)|(?P<bare>\w+)|\{(?P<name>\w+)(?:(?P<how>:?[-?+])(?P<word>[^}]*))?\})")


class Missing(Exception):
    """${NAME:?word}: a variable that has to be there is not. Its text is the word."""


def load(variables: Mapping[str, str], path: Path = ROOT / "compose.yaml") -> Compose:
    """The file with `variables` put in."""
    whole: Compose = interpolate(yaml.safe_load(path.read_text()), variables)
    return whole


def read_env(path: Path) -> dict[str, str]:
    """A .env file: NAME=VALUE lines, quotes around a value allowed, # begins a comment."""
    lines = [line.strip() for line in path.read_text().splitlines()]
    pairs = [line.split("=", 1) for line in lines if line and not line.startswith("#")]
    return {name.strip(): value.strip().strip("\"'") for name, value in pairs}


def interpolate(value: Any, variables: Mapping[str, str]) -> Any:
    """Puts `variables` into every string of a tree, as the Compose Specification says (without nesting). Raises Missing."""
    if isinstance(value, dict):
        return {key: interpolate(held, variables) for key, held in value.items()}
    if isinstance(value, list):
        return [interpolate(held, variables) for held in value]
    return _VARIABLE.sub(lambda found: _value(found, variables), value) if isinstance(value, str) else value


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str:
    if found["dollar"]:
        return "$"
    name, how, word = found["bare"] or found["name"], found["how"] or "", found["word"] or ""
    value = variables.get(name)
    there = value not in (None, "") if how.startswith(":") else value is not None
    if how.endswith("+"):
        return word if there else ""
    if how.endswith("-"):
        return str(value) if there else word
    if how.endswith("?") and not there:
        raise Missing(word)
    return value or ""


def ours(compose: Compose) -> dict[str, Any]:
    """The services that run our own image."""
    return {name: service for name, service in compose["services"].items() if service.get("image") == "ujumbe"}


def running(compose: Compose) -> dict[str, Any]:
    """The services that are always there: neither tools nor tasks that end."""
    return {name: service for name, service in compose["services"].items() if not service.get("profiles") and name != "migrate"}
