"""The Dockerfile: what it copies is there and is all that is needed, nothing secret is among it, and it runs as nobody."""

import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from bot.config import Settings
from tests.compose import image
from tests.compose.file import ROOT, load, ours

PACKAGES = {"bot", "channels", "models", "skills"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return image.unpack(tmp_path_factory.mktemp("image"))


def python(app: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Runs Python on the image's files and our packages, and on nothing else of this checkout."""
    environment = {"PYTHONPATH": sysconfig.get_paths()["purelib"], "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run([sys.executable, "-S", *words], cwd=app, env=environment, capture_output=True, text=True, check=False)


def test_what_is_copied_is_there() -> None:
    assert set(image.sources()) >= PACKAGES
    for source in image.sources():
        assert (ROOT / source).exists(), source
        assert not image.is_ignored(source), source


def test_every_file_of_ours_is_in_the_image() -> None:
    listed = subprocess.run(["git", "ls-files", *sorted(PACKAGES)], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {Path(line) for line in listed.stdout.splitlines() if (ROOT / line).exists()} <= set(image.files())


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        ".env.production",
        "ujumbe.toml",
        ".git/config",
        ".venv/bin/python",
        "data/ujumbe.db",
        "data/keys/sim",
        "backups/ujumbe.tar.gz",
        "shared/DESIGN.md",
        "tests/conftest.py",
        "bot/__pycache__/app.cpython-311.pyc",
        "models/some-other-model.gguf",
    ],
)
def test_what_is_private_or_heavy_stays_out(path: str) -> None:
    assert image.is_ignored(path)


@pytest.mark.parametrize(
    "path", ["bot/app/__init__.py", "models/adapters/ujumbe-270m.gguf", "skills/crop-advice/skill.toml", "requirements.lock"]
)
def test_what_is_needed_goes_in(path: str) -> None:
    assert not image.is_ignored(path)


@pytest.mark.parametrize(
    "name", sorted({service["command"][2] for service in ours(load({"POSTGRES_PASSWORD": "x"})).values() if len(service["command"]) > 2})
)
def test_each_service_starts_from_the_images_files_alone(app: Path, name: str) -> None:
    main = name if name.count(".") else f"{name}.__main__"
    code = f"import importlib.util as u, runpy; runpy.run_module({main!r}, run_name='loaded'); import bot; print(bot.__file__)"
    ended = python(app, "-c", code)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.strip() == str(app / "bot/__init__.py")


def test_the_whole_command_and_the_skills_are_there(app: Path) -> None:
    ended = python(app, "-m", "bot", "skills", "check")
    assert "all well" in ended.stdout, ended.stderr


def test_the_packages_are_set_up_before_our_files_are_copied(app: Path) -> None:
    """So that an upgrade compiles no engine: the set-up's first part must not need them."""
    lines = image.stages()[0]
    step = lines.index('RUN python -c "from scripts import setup; setup.install(dev=False)"')
    assert [line for line in lines[:step] if any(f"COPY {package} " in line for package in PACKAGES)] == []
    ended = python(app, "-c", f"import sys; from scripts import setup; setup.fingerprint(); print(sys.modules.keys() & {PACKAGES!r})")
    assert ended.stdout == "set()\n", ended.stderr


def test_it_runs_as_nobody() -> None:
    last = image.stages()[-1]
    assert "USER ujumbe" in last
    assert last.index("USER ujumbe") > max(n for n, line in enumerate(last) if line.startswith(("COPY ", "RUN ")))
    (made,) = [line for line in last if "useradd" in line]
    assert re.search(r"--uid 10001 --gid 10001 ", made)
    assert {service["user"] for service in ours(load({"POSTGRES_PASSWORD": "x"})).values()} == {"10001:10001"}


def test_its_settings_exist_and_what_it_is_built_with_is_the_default() -> None:
    names = {name.removeprefix("UJUMBE_").lower() for name in image.environment() if name.startswith("UJUMBE_")}
    assert {"data_dir", "host"} <= names <= Settings.model_fields.keys()
    built = dict(re.findall(r"^ARG UJUMBE_(\w+)=(.*)$", image.TEXT, re.MULTILINE))
    assert built == {name: Settings.model_fields[name.lower()].default for name in ("MODEL", "EMBEDDER", "COUNTRY")}
    for service in ours(load({"POSTGRES_PASSWORD": "x"})).values():
        assert service["build"]["args"] == {f"UJUMBE_{name}": value for name, value in built.items()}


def test_its_pg_dump_knows_the_server() -> None:
    """pg_dump refuses a server that is newer than itself."""
    client = re.search(r"postgresql-client-(\d+)", image.TEXT)
    server = load({"POSTGRES_PASSWORD": "x"})["services"]["postgres"]["image"]
    assert client is not None
    assert server.startswith(f"postgres:{client[1]}-")
