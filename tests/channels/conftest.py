"""Turns each channel's table into tests, and keeps the network on this machine."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

pytest.register_assert_rewrite("tests.channels.runner")

from tests.channels.runner import ChannelContract  # noqa: E402


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parameters named after a column of the table get its rows."""
    if metafunc.cls is None or not issubclass(metafunc.cls, ChannelContract):
        return
    for name, rows in metafunc.cls.table.columns().items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, rows)


@pytest.fixture(scope="package", autouse=True)
def _loopback_only() -> Iterator[None]:
    """A channel test that calls a real provider fails here, by name."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            assert address[0] in ("127.0.0.1", "::1"), f"a channel test reaches for {address[0]}"
        real(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        yield
