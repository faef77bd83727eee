"""The process: what a person reads when it cannot start, and how it ends."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.core.errors import BadSetting
from bot.gateway.listen import listen

KEY = "a-key-that-is-long-enough-123"
ROOT = Path(__file__).resolve().parents[2]

# As `python -m bot.gateway`, over the in-memory store and with nobody to answer.
RUN = """
import sys, time
from bot import app
from bot.app.channels import open_channels
from bot.gateway.__main__ import main
from bot.store.memory import MemoryStore
from tests.gateway.doubles import ListQueue
from tests.small import small_library
app.build = lambda settings: app.App(
    settings=settings,
    library=small_library(),
    store=MemoryStore(),
    queue=ListQueue(),
    channels=open_channels(settings),
    clock=time.time,
)
sys.exit(main())
"""


def _start(tmp_path: Path, port: int) -> subprocess.Popen[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("UJUMBE_")}
    ussd = json.dumps({"sim": {}, "sim_ussd": {"reply_within_s": 3, "path_key": KEY}})
    settings = {"UJUMBE_DATA_DIR": str(tmp_path), "UJUMBE_PORT": str(port), "UJUMBE_MODEL": "none", "UJUMBE_CHANNELS": ussd}
    env = kept | settings | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-c", RUN], cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _wait_for(process: subprocess.Popen[str], words: str) -> str:
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            return line
    raise AssertionError(f"the gateway never said {words!r}")


def _post(port: int, path: str) -> socket.socket:
    """One hop of a dial, written and not yet answered."""
    body = json.dumps({"from": "+254700000001", "session": "s1", "text": path})
    headers = f"Host: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    head = f"POST /c/sim_ussd/receive/{KEY} HTTP/1.1\r\n{headers}\r\n"
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.sendall((head + body).encode())
    return connection


def test_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = _start(tmp_path, port)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert err == f"Port {port} on 127.0.0.1 is taken by another program. Stop that one, or set UJUMBE_PORT to a free port.\n"


def test_sigterm_lets_a_waiting_screen_finish(tmp_path: Path) -> None:
    process = _start(tmp_path, 0)
    port = int(_wait_for(process, "listening on").strip().rsplit(":", 1)[1])
    with _post(port, "") as dialled:
        assert b'"ends": false' in dialled.recv(65536)
    with _post(port, "how far apart do i plant maize") as asked:
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        assert b"We will send the answer by SMS." in asked.recv(65536)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in err
    assert "+254" not in err
    assert KEY not in err


@pytest.mark.parametrize(
    ("host", "port", "words"),
    [
        pytest.param("192.0.2.1", 0, "192.0.2.1 is not an address of this machine. Set UJUMBE_HOST", id="foreign address"),
        pytest.param("no-such-host.invalid", 0, "Cannot listen on no-such-host.invalid", id="unknown name"),
    ],
)
def test_bad_address_names_the_remedy(host: str, port: int, words: str) -> None:
    with pytest.raises(BadSetting, match=words):
        listen(host, port)


def test_free_port_is_found() -> None:
    with listen("127.0.0.1", 0) as server:
        assert server.getsockname()[1] > 0
