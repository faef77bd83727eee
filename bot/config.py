"""Settings: defaults, then ujumbe.toml, then UJUMBE_* in the environment. The only file that looks at the environment.

A nested setting is spelt with two underscores: UJUMBE_CHANNELS__AT_SMS__API_KEY. An unknown name is an error, never a warning.
"""

import os
import tomllib
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from bot.alert_settings import AlertSettings
from bot.core.errors import BadSetting
from bot.core.near import near_host
from bot.core.types import Lang

FILE = "ujumbe.toml"


class RemoteSettings(BaseModel):
    """The table [remote]: an OpenAI-compatible endpoint that chooses among our texts where the house is unsure. Off without a url."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(default="", description="base address, e.g. https://api.example.org/v1; empty: nobody is asked")
    model: str = Field(default="", description="the model's name there")
    api_key: SecretStr = Field(default=SecretStr(""), description="its key; may be empty on a private network")
    timeout_s: float = Field(default=6.0, ge=1, le=30, description="how long one answer may wait for it")
    calls_per_day: int = Field(default=200, ge=1, le=1_000_000, description="most calls in one day, of all workers together")
    tokens_per_day: int = Field(default=300_000, ge=1, description="most tokens in one day; a call takes about 1,000")
    languages: frozenset[Lang] = Field(default=frozenset(Lang), min_length=1, description="questions in these may leave the house")

    @property
    def host(self) -> str:
        """Whom the questions go to."""
        return urlsplit(self.url).hostname or ""

    @property
    def near(self) -> bool:
        """Whether it is in the house: only then may words travel without encryption."""
        return near_host(self.host)

    @field_validator("url")
    @classmethod
    def _base_address(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            port_is_good, host = parts.port != 0, parts.hostname or ""
        except ValueError:
            raise ValueError("is no address. Write one like https://api.example.org/v1") from None
        if value and (parts.scheme not in ("http", "https") or not host or not port_is_good or any(c.isspace() for c in value)):
            raise ValueError("is no address. Write one like https://api.example.org/v1")
        if "@" in parts.netloc or parts.query or parts.fragment:
            raise ValueError("holds more than an address. The key belongs into remote.api_key")
        if parts.scheme == "http" and not near_host(host):
            raise ValueError(f"{host} is not on a private network, and questions may not travel there unencrypted. Write https://")
        return value.rstrip("/")

    @field_validator("api_key")
    @classmethod
    def _fits_a_header(cls, value: SecretStr) -> SecretStr:
        key = value.get_secret_value()
        if not key.isascii() or not key.isprintable() or " " in key:
            raise ValueError("holds a space, a line end or a letter that no key has. Copy it once more")
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if "url" not in self.model_fields_set and self.model_fields_set:
            raise ValueError('remote.url is missing. Set it, or leave all of [remote] out; url = "" switches it off')
        if self.url and not self.model:
            raise ValueError("remote.model is missing. Write the model's name as the endpoint knows it")
        if self.url and not self.near and not self.api_key.get_secret_value():
            raise ValueError("remote.api_key is missing. Write the key that the endpoint's owner gave you")
        return self


class Settings(BaseSettings):
    """Every setting of the service."""

    model_config = SettingsConfigDict(env_prefix="UJUMBE_", env_nested_delimiter="__", extra="forbid", frozen=True)

    data_dir: Path = Field(default=Path("data"), description="where the database, the broker's socket, logs and models live")
    run_dir: str = Field(default="", description="where processes say that they work, best in memory; empty: the folder run in data_dir")
    database_url: str = Field(default="", description="postgresql+psycopg://... ; empty: SQLite in data_dir")
    broker_url: str = Field(default="", description="redis://... or amqp://... ; empty: the embedded Valkey in data_dir")
    host: str = Field(default="127.0.0.1", description="address that the gateway listens on")
    port: int = Field(default=8080, ge=0, le=65535, description="port that the gateway listens on; 0 picks a free one")
    public_url: str = Field(default="", description="what providers call us, e.g. https://bot.example.org; signatures are made over it")
    country: str = Field(default="KE", min_length=2, max_length=2, description="ISO 3166 country for numbers written without a prefix")
    timezone: str = Field(default="Africa/Nairobi", description="IANA name of the zone whose night is quiet, e.g. Africa/Lagos")
    lang: Lang = Field(default=Lang.EN, description="language of a person we know nothing about")
    model: str = Field(default="ujumbe-270m", description="name in models/catalogue.toml, path of a GGUF file, or 'none'")
    embedder: Literal["e5-small", "none"] = Field(default="e5-small", description="'none': search by words alone, not by meaning")
    threads: int = Field(
        default=0, ge=0, description="threads of the engine; 0: what `ujumbe model tune` found, or one core fewer than there are"
    )
    model_adapters: dict[str, Path] = Field(
        default_factory=dict, description="skill -> GGUF file of an adapter (LoRA) that a model which words answers takes for it"
    )
    model_memory_mb: int = Field(default=0, ge=0, description="MiB that the engine's process may take before it is started again; 0: any")
    answer_within_s: float = Field(
        default=45.0, gt=0, description="time for the model to word one answer before the fact's own text goes out"
    )
    stale_after_s: float = Field(
        default=10_800.0, ge=60, description="a question that waited longer in our own queue gets no answer any more; 3 hours"
    )
    stale_reply: bool = Field(default=True, description="tell who asked such a question that we were away, once; false: end it silently")
    same_text_most: int = Field(default=3, ge=1, description="how often the same text may go to the same person in same_text_within_s")
    same_text_within_s: float = Field(default=600.0, gt=0, le=86_400, description="see same_text_most; 10 minutes")
    person_most: int = Field(default=30, ge=1, le=150, description="messages of one person in person_within_s before the model is quiet")
    person_within_s: float = Field(default=600.0, gt=0, le=86_400, description="see person_most; 10 minutes")
    log_format: Literal["text", "json"] = Field(default="text", description="how log lines look: text for people, json for collectors")
    metrics_open: bool = Field(default=False, description="show /metrics to other machines too, not only to this one")
    simulator_open: bool = Field(default=False, description="show the phone simulator to other machines too, not only to this one")
    console_open: bool = Field(
        default=False, description="let staff sign in from other machines too, over HTTPS only, not only on this one"
    )
    console_proxies: str = Field(
        default="127.0.0.1, ::1", description="addresses or networks of the proxies that bring HTTPS: only they are believed who calls"
    )
    emergency_number: str = Field(default="112", description="what emergency texts tell people to call, e.g. '999 or 112'")
    help_line: str = Field(default="", description="number or place of a person who helps where the guide has no answer; empty: none")
    remote: RemoteSettings = Field(default=RemoteSettings(), description="an endpoint that helps where the house is unsure; off by default")
    alerts: AlertSettings = Field(default=AlertSettings(), description="whose alerts are read, and who we are when we send our own")
    channels: dict[str, dict[str, Any]] = Field(default={}, validate_default=True, description="one table per channel")

    @field_validator("channels")
    @classmethod
    def _with_simulator(cls, value: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """The simulator is always there, for this machine alone (bot/console/guard.py): real channels do not take it away."""
        return {"sim": {}, "sim_ussd": {}, "sim_whatsapp": {}} | value

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            return ZoneInfo(value).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{value!r} is no time zone of this machine. Write an IANA name, e.g. Africa/Lagos") from None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order of who wins: arguments, environment, file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, os.environ.get("UJUMBE_CONFIG", FILE))

    @field_validator("console_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        for one in value.split(","):
            try:
                ip_network(one.strip())
            except ValueError:
                raise ValueError(f"{one.strip()!r} is no address or network. Write for example 127.0.0.1, 172.18.0.0/16") from None
        return value

    @property
    def proxies(self) -> "tuple[IPv4Network | IPv6Network, ...]":
        """Who is believed when they say where a request came from."""
        return tuple(ip_network(one.strip()) for one in self.console_proxies.split(","))

    @property
    def run_path(self) -> Path:
        """Where processes say that they work."""
        return Path(self.run_dir).expanduser().resolve() if self.run_dir else self.data_dir / "run"

    @property
    def zone(self) -> ZoneInfo:
        """Where people's nights are."""
        return ZoneInfo(self.timezone)

    @property
    def sqlalchemy_url(self) -> str:
        """Where the truth is."""
        return self.database_url or f"sqlite:///{self.data_dir / 'ujumbe.db'}"

    @property
    def countries(self) -> tuple[str, ...]:
        """The countries whose places people can be in."""
        return self.alerts.countries or (self.country.upper(),)

    @property
    def placeholders(self) -> dict[str, str]:
        """What the operator fills into the texts."""
        return {"emergency_number": self.emergency_number, "help_line": self.help_line}

    @property
    def cache_dir(self) -> Path:
        """Where models and built wheels are kept, shared by every checkout of this user."""
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ujumbe"

    @property
    def local_url(self) -> str:
        """How this machine itself reaches the gateway."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104  compared, not listened on
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def base_url(self) -> str:
        """The address that webhook signatures are checked against."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


def load(**overrides: Any) -> Settings:
    """Reads the settings. Raises BadSetting with one line per mistake: the name, what is wrong, where to mend it."""
    path = os.environ.get("UJUMBE_CONFIG", FILE)
    try:
        return Settings(**overrides)
    except ValidationError as error:
        lines = [f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']}" for e in error.errors(include_input=False, include_url=False)]
        raise BadSetting(f"Settings are wrong. Mend {path} or the UJUMBE_* variable: " + "; ".join(lines)) from None
    except tomllib.TOMLDecodeError as error:
        raise BadSetting(f"{path} is not valid TOML: {error}. Mend that line.") from None


def api_key() -> str:
    """The key with which `ujumbe alerts` acts for a member of staff, "" for none. It is a person's, and no setting of the box."""
    return os.environ.get("UJUMBE_API_KEY", "").strip()


def child_environment(settings: Settings) -> dict[str, str]:
    """The environment for a child process, so that it reads exactly these settings and no others."""
    tables = ("UJUMBE_CHANNELS__", "UJUMBE_REMOTE", "UJUMBE_ALERTS", "UJUMBE_CONFIG")
    keep = {k: v for k, v in os.environ.items() if not k.startswith("UJUMBE_") or k.startswith(tables)}
    names = [n for n in Settings.model_fields if n not in ("channels", "remote", "alerts")]
    return keep | {f"UJUMBE_{n.upper()}": str(getattr(settings, n)) for n in names}
