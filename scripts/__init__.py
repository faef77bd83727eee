"""Set-up by the system's own Python, before any virtual environment exists: standard library only.

This file is read before all others of the folder, by whatever Python there is: it must stay readable to an old one.
"""

from __future__ import annotations

import sys


def python_problem(version: tuple[int, int]) -> str:
    """One sentence where this Python cannot run Ujumbe, or "". `version` is (major, minor)."""
    if (3, 11) <= version < (3, 13):
        return ""
    wrong = "Ujumbe needs Python 3.11 or 3.12 and this is Python {}.{}.".format(*version)
    return wrong + " On Debian 12: apt-get install -y python3 python3-venv; or name another: make run PYTHON=/path/to/python3.11"


_problem = python_problem(sys.version_info[:2])
if _problem:
    raise SystemExit(_problem)
