"""The arguments of `ujumbe alerts`. Nothing of the service is loaded for them."""

import argparse
from pathlib import Path

_MODES = ("live", "exercise")
_READS = {
    "list": "broadcasts, the newest first",
    "show": "one broadcast, with its words",
    "preview": "the exact text for each channel and language, with people, cost and finish time",
    "status": "how far it is",
}
_STEPS = {
    "submit": "leave a draft of yours to an approver; counts the people",
    "withdraw": "take back what waits for approval",
    "approve": "send what another person wrote",
    "reject": "say no to what waits",
    "pause": "nothing of it goes out until it is resumed",
    "resume": "on with it",
    "stop": "end it for good",
    "over": "draft the news that the danger is over, for those who got it",
    "ask-again": "draft a roll call once more, for those who got it and say nothing",
}


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds them."""
    draft = _acts(commands.add_parser("draft", help="draft a broadcast, from flags or a file; another person approves it"))
    draft.add_argument("--mode", choices=_MODES, help="exercise: reaches nobody outside the group exercise")
    draft.add_argument("--once", default="", metavar="KEY", help="of your own making: asked twice with the same one, it is drafted once")
    _contents(draft)
    correct = _acts(_one(commands.add_parser("correct", help="draft an update of what went out: first for those who got it")))
    _contents(correct)
    cancel = commands.add_parser("cancel-draft", aliases=["cancel"], help="draft the cancel of what went out, for those who got it")
    _acts(_one(cancel)).add_argument("--reason", choices=("false_alarm", "withdrawn"), default="false_alarm")
    for name, says in _STEPS.items():
        step = _acts(_one(commands.add_parser(name, help=says)))
        if name == "approve":
            step.add_argument("--confirm", type=int, required=True, metavar="PEOPLE", help="the number of people that its preview shows")
        if name in ("reject", "stop"):
            step.add_argument("--why", required=True)
    for name, says in _READS.items():
        read = commands.add_parser(name, help=says)
        _json(read if name == "list" else _one(read))
        if name == "list":
            read.add_argument("--stage", default=None, help="draft, waiting, rejected, sending, paused, sent or stopped")
            read.add_argument("--limit", type=int, default=20)
        if name == "status":
            read.add_argument("--watch", action="store_true", help="a line whenever it moves, until it is over")
            read.add_argument("--every", type=float, default=2.0, metavar="SECONDS")


def _one(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("id", type=int, metavar="ID")
    return parser


def _json(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--json", action="store_true", help="for programs: what the API gives")
    return parser


def _acts(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--as", dest="name", required=True, metavar="NAME", help="the member of staff who does it")
    parser.add_argument("--key-file", type=Path, metavar="FILE", help="holds their key (default: the variable UJUMBE_API_KEY)")
    return _json(parser)


def _contents(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--file", type=Path, metavar="FILE", help="TOML or JSON with the fields of the API; flags count more")
    for name, says in (
        ("title", "for staff"),
        ("hazard", "an id, such as flood"),
        ("response", "Evacuate, Shelter, Avoid, Prepare, Monitor or AllClear"),
        ("urgency", "Immediate, Expected or Future"),
        ("severity", "Extreme, Severe, Moderate or Minor"),
        ("certainty", "Observed, Likely or Possible"),
        ("source", "who warns, as people know them, at most 16 letters"),
    ):
        parser.add_argument(f"--{name}", help=says)
    for name, to in (("place", "places"), ("without", "without"), ("group", "groups")):
        parser.add_argument(f"--{name}", dest=to, action="append", metavar="NAME", help="may be given several times")
    for name in ("everyone", "unplaced", "roll-call", "two-parts", "quiet"):
        parser.add_argument(f"--{name}", action="store_const", const=True)
    parser.add_argument("--text", action="append", metavar="LANG=TEXT", help="the whole text by hand, e.g. en=...; one for each language")
    parser.add_argument("--onset", metavar="TIME", help="when it begins, e.g. 18:00 or 2027-01-31T18:00")
    parser.add_argument("--until", dest="expires", metavar="TIME", help="nothing goes out after it")
    parser.add_argument("--hours", type=float, help="in place of --until: so long from now")
