"""Migrations of a large table under load, and an earlier release beside this one."""

import json
import os
import subprocess
import tarfile
import time
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings

from tests.drills.clients import Clients, graphql_url, outcomes, wrong_state
from tests.drills.load_beside_migration import Load, fill
from tests.drills.result import Result, report
from tests.support.database_servers import SERVER_TYPES, given_or_named_server, not_installed
from tests.support.databases import DATABASES, scratch
from tests.support.live_server import ENVIRONMENT, UVICORN, serving
from tests.support.processes import manage, run

# The last commit with 0006 and 0007 as the first release ran them. Its migrations to that state are
# those of the first release, with imports that still exist.
FIRST_RELEASE = "763a833"
MAX_LOCK_SECONDS = 2.0
BESIDE_SECONDS = 10
BOUNDS = (
    "one schema as of an empty database, also after migrating back",
    f"0 errors, no lock longer than {MAX_LOCK_SECONDS} s",
    "0 lost, 0 doubled, all booked",
)


def measure(_seconds: int) -> list[Result]:
    """Run the drill. DRILL_ROWS is the number of access records."""
    rows = int(os.environ.get("DRILL_ROWS", "1000000"))
    return [*map(_schemas, DATABASES), _migrate_under_load(rows), _beside_earlier_release()]


def _schemas(database: str) -> Result:
    drill = f"database of the first release on {database}"
    if database in SERVER_TYPES and (reason := not_installed(database)):
        return Result(drill, reason, BOUNDS[0], passed=False)
    with (
        TemporaryDirectory() as name,
        given_or_named_server(database),
        scratch(database) as first,
        scratch(database) as empty,
    ):
        _extract_migrations(Path(name))
        run("tests.drills.release_schema", "first", name, DATABASE_URL=first)
        migrated, created, again = (
            json.loads(run("tests.drills.release_schema", action, DATABASE_URL=url))
            for action, url in (("schema", first), ("schema", empty), ("back", empty))
        )
    differing = [table for table in created if migrated.get(table) != created[table]]
    changed = [table for table in created if again.get(table) != created[table]]
    return Result(
        drill,
        f"{len(created)} tables; different: {differing or 'none'}; different after migrating back "
        f"and forwards: {changed or 'none'}",
        BOUNDS[0],
        passed=migrated == created == again,
    )


def _git(*arguments: str) -> bytes:
    command = ["git", *arguments]
    done = subprocess.run(command, cwd=settings.BASE_DIR, check=True, capture_output=True)  # noqa: S603 - our own command
    return done.stdout


def _extract(commit: str, folder: Path) -> None:
    with tarfile.open(fileobj=BytesIO(_git("archive", commit))) as archive:
        archive.extractall(folder, filter="data")


def _extract_migrations(folder: Path) -> None:
    """Extract the migrations of the first release as the package ``first_release``."""
    with TemporaryDirectory() as name:
        _extract(FIRST_RELEASE, Path(name))
        for app in ("clinic", "users"):
            package = folder / "first_release" / app
            package.parent.mkdir(exist_ok=True)
            (Path(name) / app / "migrations").rename(package)
    (folder / "first_release" / "__init__.py").touch()


def _migrate_under_load(rows: int) -> Result:
    drill = f"migrations 0006 and 0007 on {rows:,} access records"
    if reason := not_installed("PostgreSQL"):
        return Result(drill, reason, BOUNDS[1], passed=False)
    with scratch("PostgreSQL") as url:
        environment = {**os.environ, **ENVIRONMENT, "DATABASE_URL": url}
        manage(environment, "migrate", "users", "0003", "-v0")
        manage(environment, "migrate", "clinic", "0005", "-v0")
        fill(url, rows)
        load = Load(url)
        with load.sending():
            begin = time.monotonic()
            manage(environment, "migrate", "clinic", "0007", "-v0")
            seconds = time.monotonic() - begin
    return Result(
        drill,
        f"{seconds:.0f} s; {load.statements} rounds of reads and writes meanwhile, the longest "
        f"{load.longest:.2f} s, {len(load.errors)} errors {sorted(set(load.errors))}",
        BOUNDS[1],
        passed=not load.errors,
        in_time=load.longest <= MAX_LOCK_SECONDS,
    )


def _beside_earlier_release() -> Result:
    """Book through the code before the last migration, and through today's, at once."""
    added = _git(
        "log", "--diff-filter=A", "-1", "--format=%H", "--", "clinic/migrations", "users/migrations"
    )
    earlier = f"{added.decode().strip()}^"
    with TemporaryDirectory(prefix="cybermed-") as name, scratch("PostgreSQL") as url:
        old_code = Path(name) / "earlier"
        _extract(earlier, old_code)
        server_settings = {"DATABASE_URL": url, "MAX_OPEN_APPOINTMENTS": "1000"}
        with serving(Path(name), **server_settings) as today:
            command = (*UVICORN, f"--app-dir={old_code}")
            server_settings["PYTHONPATH"] = str(old_code)
            with serving(Path(name), server=command, **server_settings) as earlier_server:
                report(f"{earlier} serves at {earlier_server.address}")
                clients = Clients.prepare(today, url)
                slots = clients.slots[50:]
                other = Clients(
                    [graphql_url(earlier_server)],
                    clients.patients,
                    slots,
                    clients.doctor,
                    key_prefix="earlier-",
                )
                with clients.sending(), other.sending():
                    time.sleep(BESIDE_SECONDS)  # both book
        lost, doubled = wrong_state(url, clients.acknowledged + other.acknowledged)
    found = [outcomes(each.attempts) for each in (clients, other)]
    return Result(
        f"the code of {earlier[:7]} beside today's on today's schema",
        f"today {found[0]}, earlier {found[1]}, {lost} lost, {doubled} doubled",
        BOUNDS[2],
        passed=(lost, doubled) == (0, 0) and all(each.keys() == {"booked"} for each in found),
    )
