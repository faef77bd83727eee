"""The table [alerts] of the settings: who we are to the public, whose alerts we read, and what becomes of them."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from bot.core.alert.compose import ORDER
from bot.core.alert.reading import SignaturePolicy
from bot.core.alert.stored import Origin
from bot.core.price import read_price

SOURCE_CHARS = 16  # a longer name leaves too little of an SMS for what it says
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_HOST = re.compile(r"[a-z0-9.-]+|\[?[0-9a-f:.]+\]?")


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError(f"{value!r} is no name for a feed. Write small letters, digits, - and _, e.g. ke-kmd")
    return value


def _host(value: str) -> str:
    host = value.strip().lower()
    if not _HOST.fullmatch(host):
        raise ValueError(f"{value!r} is no host name. Write it without https:// and without a path, e.g. meteo.example.org")
    return host


def _check_certificate(certificate: Path | None, policy: SignaturePolicy) -> None:
    if policy is not SignaturePolicy.IGNORE and certificate is None:
        raise ValueError(f'certificate is missing: signature = "{policy}" proves nothing without the authority\'s own')


Name = Annotated[str, AfterValidator(_name)]
Host = Annotated[str, AfterValidator(_host)]
Source = Annotated[str, Field(max_length=SOURCE_CHARS)]


class FeedSettings(BaseModel):
    """The table [alerts.feeds.<name>]: a list of alerts (RSS, Atom or CAP itself) that is read again and again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(description="where the list is; http:// is taken only where it is written out here")
    source: Source = Field(default="", description="whose name people are shown, at most 16 characters; empty: the alert's senderName")
    trust: bool = Field(default=False, description="true: people who ask are told its Actual and Public alerts without anybody looking")
    certificate: Path | None = Field(default=None, description="PEM file of the authority's certificate, got from them in person")
    signature: SignaturePolicy = Field(
        default=SignaturePolicy.IGNORE, description="what a signature is worth; 'require' and 'verify_if_present' need the certificate"
    )
    aggregator: bool = Field(default=False, description="true: it passes on several authorities, who may update each other's alerts")
    every_s: float = Field(default=300.0, ge=60, le=86_400, description="seconds between two readings")
    stale_after_s: float = Field(default=3600.0, ge=300, description="an alarm is raised when no reading went well for so long")
    hosts: tuple[Host, ...] = Field(default=(), description="hosts that alerts may be on beside the list's own")

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or any(c.isspace() for c in value):
            raise ValueError("is no address. Write one like https://meteo.example.org/api/cap/rss.xml")
        if parts.username or parts.password:
            raise ValueError("holds a password, and addresses are shown in logs. Leave it out")
        return value

    @model_validator(mode="after")
    def _certified(self) -> Self:
        _check_certificate(self.certificate, self.signature)
        return self

    @property
    def allowed(self) -> frozenset[str]:
        """Every host that reading this feed may ask."""
        return frozenset({(urlsplit(self.url).hostname or "").lower(), *self.hosts})


class PushSettings(BaseModel):
    """The table [alerts.push.<name>]: who may hand us alerts at POST /cap/push/<token>."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    token: SecretStr = Field(description="the last part of the address, at least 24 letters and digits that nobody can guess")
    source: Source = Field(default="", description="as for a feed")
    trust: bool = Field(default=False, description="as for a feed")
    certificate: Path | None = Field(default=None, description="as for a feed")
    signature: SignaturePolicy = Field(default=SignaturePolicy.IGNORE, description="as for a feed")
    aggregator: bool = Field(default=False, description="as for a feed")

    hosts: tuple[Host, ...] = Field(default=(), description="the authority's own hosts: links to them may stay in what people are told")

    @property
    def allowed(self) -> frozenset[str]:
        """The authority's own hosts."""
        return frozenset(self.hosts)

    @field_validator("token")
    @classmethod
    def _secret(cls, value: SecretStr) -> SecretStr:
        if not re.fullmatch(r"[A-Za-z0-9_-]{24,200}", value.get_secret_value()):
            raise ValueError("is too short or holds a character that an address cannot. Write at least 24 random letters and digits")
        return value

    @model_validator(mode="after")
    def _certified(self) -> Self:
        _check_certificate(self.certificate, self.signature)
        return self


class AlertSettings(BaseModel):
    """The table [alerts]."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Source = Field(default="", description="our own name in front of what we say, as people know us, e.g. Red Cross Garissa")
    sender: str = Field(default="", description="our sender id in CAP, e.g. alerts@garissa.example.org; empty: made of public_url")
    channels: dict[str, str] = Field(
        default={}, description="which channel pushes alerts: tel = 'at_sms', whatsapp = 'meta_whatsapp'; empty: picked automatically"
    )
    countries: tuple[Annotated[str, Field(pattern=r"^[A-Z]{2}$")], ...] = Field(
        default=(), description="ISO 3166 countries whose places people can be in; empty: that of `country`"
    )
    session_hours: float = Field(default=12.0, gt=0, le=24 * 7, description="a sign-in to the console ends after so many hours")
    feeds: dict[Name, FeedSettings] = Field(default={}, description="lists of alerts that are read, by a name of your own")
    push: dict[Name, PushSettings] = Field(default={}, description="who may push alerts to us, by a name of your own")
    expires_after_hours: float = Field(default=24.0, gt=0, le=24 * 14, description="how long an alert holds that does not say so itself")
    keep_raw_days: float = Field(
        default=365.0, ge=0, description="how long a received alert's document is kept once it is over; 0: for ever. Its content stays"
    )
    relay: Literal["answer", "hold"] = Field(
        default="answer",
        description="what becomes of a trusted feed's alerts: 'answer': people who ask are told; 'hold': a person releases each one",
    )

    order: tuple[str, ...] = Field(
        default=ORDER, description=f"the order of an alert's slots behind its source: {', '.join(ORDER)}, each once"
    )
    hosts: tuple[Host, ...] = Field(default=(), description="hosts that our own alerts may link to; empty: no alert holds a link")
    signing_key: Path | None = Field(default=None, description="PEM file of the key that signs our own alerts as CAP; empty: unsigned")
    signing_certificate: Path | None = Field(default=None, description="PEM file of its certificate, which you give to who takes them")
    api_per_minute: float = Field(default=600.0, ge=1, le=60_000, description="requests a minute that one key of the API may make")
    prices: dict[str, str] = Field(default={}, description="what one part costs, by channel, for previews: at_sms = 'KES 0.80'")

    @field_validator("order")
    @classmethod
    def _order(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if sorted(value) != sorted(ORDER):
            raise ValueError(
                f"{', '.join(value) or 'nothing'} is no order of an alert's slots. Write each of these once: {', '.join(ORDER)}"
            )
        return value

    @field_validator("prices")
    @classmethod
    def _prices(cls, value: dict[str, str]) -> dict[str, str]:
        if wrong := [written for written in value.values() if read_price(written) is None]:
            raise ValueError(f"{wrong[0]!r} is no price. Write a currency of three letters and an amount, e.g. KES 0.80")
        return value

    @field_validator("sender")
    @classmethod
    def _sender(cls, value: str) -> str:
        if not value.isprintable() or any(c in " ,<&" for c in value):
            raise ValueError(f"{value!r} holds a space, a comma, < or &, which CAP forbids. Write one like alerts@garissa.example.org")
        return value

    @field_validator("channels")
    @classmethod
    def _schemes(cls, value: dict[str, str]) -> dict[str, str]:
        if wrong := sorted(set(value) - {"tel", "whatsapp"}):
            raise ValueError(f"{wrong[0]!r} is no scheme that alerts are pushed to. Write tel or whatsapp")
        return value

    @model_validator(mode="after")
    def _key_and_certificate(self) -> Self:
        if (self.signing_key is None) != (self.signing_certificate is None):
            raise ValueError("signing_key and signing_certificate belong together. Set both, or neither")
        return self

    @model_validator(mode="after")
    def _one_token_each(self) -> Self:
        tokens = [push.token.get_secret_value() for push in self.push.values()]
        if len(set(tokens)) < len(tokens):
            raise ValueError("two tables of [alerts.push] have the same token. Give each sender one of its own")
        return self

    @property
    def origins(self) -> Mapping[str, Origin]:
        """Who may hand us alerts, by the name that is stored with each one."""
        found: dict[str, FeedSettings | PushSettings] = {f"feed:{name}": feed for name, feed in self.feeds.items()}
        found |= {f"push:{name}": push for name, push in self.push.items()}
        return {
            name: Origin(name, trusted=one.trust, aggregates=one.aggregator, source=one.source, domains=tuple(sorted(one.allowed)))
            for name, one in found.items()
        }

    def pins(self, origin: str) -> tuple[SignaturePolicy, Path | None]:
        """What a signature is worth of an alert from `origin`, and the authority's certificate."""
        kind, _, name = origin.partition(":")
        one = self.feeds.get(name) if kind == "feed" else self.push.get(name) if kind == "push" else None
        return (one.signature, one.certificate) if one else (SignaturePolicy.IGNORE, None)
