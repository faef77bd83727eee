"""PostgreSQL's own programs for a copy of a whole database: pg_dump, pg_restore, psql."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import make_url

from bot.core.errors import NotDone

_DEBIAN = Path("/usr/lib/postgresql")


def dump(url: str, target: Path, environment: Mapping[str, str]) -> None:
    """Writes a copy of the database, as it is at this moment, to `target`. Raises NotDone."""
    _run([_program("pg_dump"), "--format=custom", "--no-owner", "--no-privileges", f"--file={target}"], url, environment)


def load(url: str, source: Path, before: str, environment: Mapping[str, str]) -> None:
    """Runs the SQL `before` and brings back the copy in `source`, all in one transaction. Raises NotDone: nothing was changed."""
    script = source.with_suffix(".sql")
    _run([_program("pg_restore"), "--no-owner", "--no-privileges", f"--file={script}", str(source)], url, environment)
    first = source.with_suffix(".first.sql")
    first.write_text(before, encoding="utf-8")
    words = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", f"--file={first}", f"--file={script}"]
    _run([_program("psql"), *words], url, environment)


def _run(command: Sequence[str], url: str, environment: Mapping[str, str]) -> None:
    ran = subprocess.run(  # noqa: S603  our own words
        command, env={**environment, **_connection(url)}, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    if ran.returncode:
        said = " ".join(ran.stderr.split()) or f"exit status {ran.returncode}"
        raise NotDone(f"{Path(command[0]).name} says: {said[:500]}. Nothing was changed.")


def _connection(url: str) -> dict[str, str]:
    """The address as environment variables: on a command line other users could read the password."""
    address = make_url(url)
    wanted = {
        "PGHOST": address.host or address.query.get("host"),
        "PGPORT": address.port or address.query.get("port"),
        "PGUSER": address.username,
        "PGPASSWORD": address.password,
        "PGDATABASE": address.database,
        "PGSSLMODE": address.query.get("sslmode"),
        "PGSSLROOTCERT": address.query.get("sslrootcert"),
        "PGCONNECT_TIMEOUT": 10,
    }
    return {name: str(value) for name, value in wanted.items() if value}


def _program(name: str) -> str:
    """The newest there is: an older pg_dump refuses a newer server."""
    debian = sorted(_DEBIAN.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    found = str(debian[-1]) if debian else shutil.which(name)
    if not found:
        raise NotDone(
            f"{name} is not installed here, and a copy of PostgreSQL is made with it. Install it: apt-get install postgresql-client."
        )
    return found
