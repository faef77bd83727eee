"""A channel without a table does not get in."""

import importlib
import inspect

import pytest

from tests.channels.runner import CHANNELS, ChannelContract

NAMES = sorted(path.stem for path in CHANNELS.glob("*.py") if not path.stem.startswith("_"))


def test_the_list_of_channels_is_not_empty() -> None:
    assert {"sim", "sim_ussd", "at_sms", "at_ussd", "twilio_sms"} <= set(NAMES)


def contracts(name: str) -> list[type[ChannelContract]]:
    module = importlib.import_module(f"tests.channels.test_{name}")
    return [one for one in vars(module).values() if isinstance(one, type) and issubclass(one, ChannelContract) and hasattr(one, "table")]


@pytest.mark.parametrize("name", NAMES)
def test_every_channel_has_a_table(name: str) -> None:
    assert [contract.table.name for contract in contracts(name)] == [name]


@pytest.mark.parametrize("name", NAMES)
def test_every_channel_says_what_its_options_are(name: str) -> None:
    (contract,) = contracts(name)
    cls = type(contract.table.make())
    told = "".join(one.__doc__ or "" for one in cls.__mro__)
    options = set(inspect.signature(cls).parameters) - {"country", "public_url"}
    assert options
    assert [option for option in options if f"`{option}`" not in told] == []
