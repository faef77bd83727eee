"""Each configured channel: its credentials, the way from its provider to us, and the way from us to its provider."""

import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from bot.app.channels import open_channels, open_checks
from bot.config import Settings
from bot.core.errors import BadSetting
from bot.core.finding import Finding, clock, look, ok, wrong
from bot.core.ports import Channel, Checks, Templates
from bot.doctor.address import is_inside, public_url, split
from bot.doctor.calls import call
from bot.doctor.service import runs, service


@dataclass(frozen=True, slots=True)
class _Opened:
    """A channel as it was configured. `channel` is None where it was refused, `checks` where nothing can be checked."""

    channel: Channel | None
    checks: Checks | None
    credentials: Finding


def examine(settings: Settings) -> Iterator[Finding]:
    """Every configured channel, the common parts first."""
    opened = {name: _open(name, settings) for name in settings.channels}
    checks = [one.checks for one in opened.values() if one.checks]
    yield service(settings)
    there = runs(settings)
    if checks:
        yield from public_url(settings, nearby=all(check.nearby for check in checks))
    for name, one in opened.items():
        findings = _examine(one, settings, runs=there)
        yield from (replace(finding, what=f"{name}, {finding.what}") for finding in _hidden(findings, one.channel))


def _open(name: str, settings: Settings) -> _Opened:
    try:
        (channel,) = open_channels(settings.model_copy(update={"channels": {name: settings.channels[name]}})).values()
    except BadSetting as error:
        return _Opened(None, None, wrong("settings", str(error)))
    except OSError as error:  # simulated phones keep a key there
        return _Opened(None, None, wrong("settings", f"data_dir cannot be used ({error.strerror})", "See `ujumbe doctor`."))
    return _Opened(channel, open_checks(channel, settings), ok("settings", "are complete"))


def _examine(one: _Opened, settings: Settings, *, runs: bool) -> Iterator[Finding]:
    yield one.credentials
    if one.channel is None:
        return
    yield from _hand_over(one.channel, settings.channels)
    yield from _templates(one.channel)
    if one.checks is None:
        yield ok("provider", "is simulated on this machine: there is nobody to ask")
        return
    ahead = yield from _called(one.checks, settings, runs=runs)
    probe = one.checks.probe()
    yield from probe.findings
    ahead_s = probe.ahead_s if probe.ahead_s is not None else ahead
    if ahead_s is not None:
        yield clock(ahead_s)


def _hand_over(channel: Channel, configured: Mapping[str, object]) -> Iterator[Finding]:
    if channel.hand_over and channel.hand_over not in configured:
        found = f"is {channel.hand_over}, which is not configured: answers that come late reach nobody"
        yield wrong("hand_over", found, "Configure that channel, or name another in hand_over.")


def _templates(channel: Channel) -> Iterator[Finding]:
    """What can be sent to a person who has not written for long."""
    hours = channel.limits.window_h
    if hours is None or not isinstance(channel, Templates):
        return
    if channel.templates:
        yield ok("templates", f"are set for {', '.join(channel.templates)}")
    else:
        found = f"are not set: nothing reaches a person who wrote more than {hours:g} hours ago, an alert neither"
        yield look("templates", found, "Have one approved for each language and name it here: docs/channels/whatsapp.md.")


def _called(checks: Checks, settings: Settings, *, runs: bool) -> Generator[Finding, None, float | None]:
    """Calls ourselves by both ways. Returns how far our clock is ahead of the public way's."""
    calls = checks.self_calls(now=time.time())
    if runs:
        yield from call(calls, "gateway", base_url=settings.base_url, to=settings.local_url).findings
    else:
        yield look("signed call", "was not made: no gateway runs at the configured address", "Start it: `ujumbe serve`.")
    if not settings.public_url:
        return None
    parts = split(settings.base_url)
    if parts.scheme == "http" and not is_inside(parts.hostname or ""):
        yield look(
            "call to the public_url", "was not made: it would carry our secrets in plain sight", "Set public_url to an https address."
        )
        return None
    outside = call(calls, "public_url", base_url=settings.base_url, to=settings.base_url)
    yield from outside.findings
    return outside.ahead_s


def _hidden(findings: Iterable[Finding], channel: Channel | None) -> Iterator[Finding]:
    """The findings without the channel's secrets, whoever let one slip in."""
    for finding in findings:
        found, remedy = finding.found, finding.remedy
        for secret in channel.secrets if channel else ():
            found, remedy = found.replace(secret, "***"), remedy.replace(secret, "***")
        yield replace(finding, found=found, remedy=remedy)
