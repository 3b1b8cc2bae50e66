"""The database is dumped while patients book, and restored into another one."""

import json
import os
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

from tests.drills.clients import outcomes, wrong_state
from tests.drills.clinic import clinic
from tests.drills.mixed import Mixed
from tests.drills.result import Result
from tests.support.database_servers import SERVER_TYPES, not_installed, program
from tests.support.databases import scratch
from tests.support.processes import run

PATIENTS = 16
BOUND = "each dump restored: 0 lost of those booked before, 0 doubled, ticks and histories agree"
# As in docs/operations/production.md.
DUMP = {
    "PostgreSQL": "pg_dump --format=custom --file={file} {url}",
    "MariaDB": "mariadb-dump --no-defaults --single-transaction --result-file={file} {mariadb}",
}
RESTORE = {
    "PostgreSQL": "pg_restore --no-owner --exit-on-error --dbname={url} {file}",
    "MariaDB": "mariadb --no-defaults {mariadb}",
}


def measure(seconds: int) -> list[Result]:
    """Run the drill: dump after dump for so long."""
    return [_measure(database, seconds) for database in SERVER_TYPES]


def _measure(database: str, seconds: int) -> Result:
    drill = f"dumps under load, {database}"
    if reason := not_installed(database):
        return Result(drill, reason, BOUND, passed=False)
    # The acknowledged bookings of each moment at which a dump began.
    dumps: list[tuple[Path, list[str]]] = []
    wrong: list[str] = []
    with clinic(database, PATIENTS, WEB_CONCURRENCY="2") as running:
        load = Mixed(running.url, running.people)
        deadline = time.monotonic() + seconds
        with load.sending():
            while not dumps or time.monotonic() < deadline:
                time.sleep(seconds / 4)  # bookings between two dumps
                before = [*load.acknowledged]
                file = running.folder / f"dump-{len(dumps)}"
                _run(DUMP[database], running.database, file)
                dumps.append((file, before))
        for file, acknowledged in dumps:
            with scratch(database) as restored:
                _run(RESTORE[database], restored, file)
                wrong += _problems(restored, acknowledged)
    return Result(
        drill,
        f"{len(dumps)} dumps, {len(load.acknowledged)} booked, {outcomes(load.attempts)}; restored "
        f"with {len(wrong)} errors {' '.join(wrong)}".strip(),
        BOUND,
        passed=not wrong and not load.unexpected() and bool(dumps[-1][1]),
    )


def _run(command: str, url: str, file: Path) -> None:
    parts = urlsplit(url)
    mariadb = f"--host=127.0.0.1 --port={parts.port} --user=root {parts.path.removeprefix('/')}"
    name, *arguments = command.format(url=url, file=file, mariadb=mariadb).split()
    # mariadb reads the dump from standard input.
    with file.open("rb") if file.exists() else Path(os.devnull).open("rb") as source:
        subprocess.run([program(name) or name, *arguments], stdin=source, check=True)  # noqa: S603 - our own command


def _problems(url: str, acknowledged: list[str]) -> list[str]:
    state = json.loads(run("tests.races.final_state", DATABASE_URL=url))
    lost, doubled = wrong_state(url, acknowledged)
    return [
        *state["mismatches"],
        *(["lost"] * lost),
        *(["doubled"] * (doubled + state["double_bookings"])),
    ]
