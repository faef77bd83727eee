"""The places that people can be in."""

from bot.config import Settings
from bot.core.finding import Finding, look, ok
from bot.places import file, live

_BUILD = "Build them: `ujumbe places build`."


def places(settings: Settings) -> Finding:
    """Without places the service works, and nobody is found by place. Raises BadSetting: the file is damaged."""
    countries = ", ".join(settings.countries)
    built = file.find((settings.cache_dir, settings.data_dir), settings.countries)
    if built is None:
        return look("places", f"none are known of {countries}: nobody can be alerted by place", _BUILD)
    wrong: list[str] = []
    found = live.open_places(settings.cache_dir, settings.data_dir, settings.countries, tell=wrong.append)
    if wrong:
        more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        return look("places", f"{wrong[0]}{more}", "All of it: `ujumbe places check`.")
    if not file.is_newest(built, settings.countries):
        return look("places", f"those of {countries} were built by another version of this service", _BUILD)
    drawn = f"{len(found.outlines)} have an outline" if len(found.outlines) else "none has an outline: a person looks at what alerts cover"
    return ok("places", f"{len(found)} are known of {countries}; {drawn}")
