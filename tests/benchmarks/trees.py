"""An earlier commit beside today's tree, and the demo data for both."""

import datetime as dt
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from tests.benchmarks.data import PREPARATION
from tests.benchmarks.database import url_of
from tests.support.processes import ROOT

# What takes minutes to make is kept: databases as dumps, and virtual environments.
KEPT = ROOT / "tests/benchmarks/.kept"
# Fewer than in `database.py`, because they are created again for each commit and day.
DOCTORS, PATIENTS, APPOINTMENTS = 200, 2_000, 60_000


@dataclass(frozen=True, slots=True)
class Tree:
    """A checked-out commit and a Python interpreter that has its packages."""

    commit: str
    root: Path
    python: str

    def run(self, environment: Mapping[str, str], *arguments: str) -> None:
        """Run Python in the tree; print what it printed and stop if it fails."""
        done = subprocess.run(  # noqa: S603 - our own command
            [self.python, *arguments],
            cwd=self.root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"{' '.join(arguments)} failed at {self.commit}:\n{done.stdout[-3000:]}")


def today() -> Tree:
    return Tree("today's tree", ROOT, sys.executable)


@contextmanager
def checked_out(commit: str, environment: Mapping[str, str]) -> Iterator[Tree]:
    """Check the commit out into a temporary directory for the duration of the block."""
    sha = _git("rev-parse", "--verify", f"{commit}^{{commit}}")
    with TemporaryDirectory(prefix="cybermed-against-") as directory:
        root = Path(directory) / "tree"
        _git("worktree", "add", "--detach", str(root), sha)
        try:
            yield Tree(sha, root, _interpreter(root, environment))
        finally:
            _git("worktree", "remove", "--force", str(root))


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(ROOT), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        sys.exit(f"git {' '.join(arguments)} failed: {done.stderr.strip()}")
    return done.stdout.strip()


def _interpreter(root: Path, environment: Mapping[str, str]) -> str:
    """Return this interpreter if the tree runs with it, else one with the tree's own packages."""
    starting = [sys.executable, "-c", "import django; django.setup()"]
    started = subprocess.run(  # noqa: S603 - our own command
        starting, cwd=root, env=environment, capture_output=True, check=False
    )
    if not started.returncode:
        return sys.executable
    folder = root / "requirements"
    files = [folder / "base.txt", folder / "postgresql.txt"]
    if not folder.exists():
        files = [root / "requirements.txt", root / "requirements-postgresql.txt"]
    locks = b"".join(file.read_bytes() for file in files)
    venv = KEPT / f"venv-{hashlib.sha256(locks).hexdigest()[:12]}"
    sys.stderr.write(f"The commit needs packages of its own, which are in {venv.name}.\n")
    if not (venv / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=True)  # noqa: S603
        install = [*("-m", "pip", "install", "-q", "--disable-pip-version-check")]
        named = [argument for file in files for argument in ("-r", str(file))]
        python = str(venv / "bin/python")
        subprocess.run([python, *install, "--require-hashes", *named], check=True)  # noqa: S603
        (venv / "complete").touch()
    return str(venv / "bin/python")


def fill(server: str, against: Tree, environment: Mapping[str, str]) -> tuple[str, str]:
    """Create two databases with the same demo data; return their names: earlier, today's.

    The demo data of the earlier commit, and a copy of it that today's migrations have changed.
    """
    KEPT.mkdir(exist_ok=True)
    # The demo data is relative to the day.
    key = f"{against.commit[:12]}-{dt.datetime.now(dt.UTC):%Y%m%d}-{APPOINTMENTS}"
    earlier, now = "cybermed_against", "cybermed_against_today"
    unlimited = {**environment, "STATEMENT_TIMEOUT_SECONDS": "0"}
    if not _restored(server, earlier, f"{key}.dump"):
        _create(server, earlier)
        seeding = {**unlimited, "DATABASE_URL": url_of(server, earlier)}
        _say("migrating and filling its database (some minutes, once a day)")
        against.run(seeding, "manage.py", "migrate", "--verbosity=0")
        sizes = [f"--doctors={DOCTORS}", f"--patients={PATIENTS}"]
        sizes.append(f"--appointments={APPOINTMENTS}")
        demo = ["manage.py", "seed_demo", "--i-know-the-password-is-public"]
        against.run(seeding, *demo, *sizes)
        against.run(seeding, "manage.py", "shell", "-c", PREPARATION)
        _keep(server, earlier, f"{key}.dump")
    migrated = f"{key}-{_migrations()}.dump"
    if not _restored(server, now, migrated):
        _create(server, now, template=earlier)
        _say("bringing a copy of it up to today's migrations")
        today().run(
            {**unlimited, "DATABASE_URL": url_of(server, now)},
            *("manage.py", "migrate", "--verbosity=0"),
        )
        _keep(server, now, migrated)
    return earlier, now


def _migrations() -> str:
    """Return a hash of today's migrations."""
    digest = hashlib.sha256()
    for file in sorted(ROOT.glob("*/migrations/0*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def drop(server: str, name: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())


def _create(server: str, name: str, *, template: str = "template0") -> None:
    drop(server, name)
    with psycopg.connect(server, autocommit=True) as connection:
        # Copying files takes seconds; the default writes all rows to the log as well.
        how = f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"
        connection.execute(how.encode())


@contextmanager
def copied(server: str, template: str, name: str) -> Iterator[str]:
    """Copy a database for the duration of the block and yield the URL of the copy."""
    _create(server, name, template=template)
    try:
        yield url_of(server, name)
    finally:
        drop(server, name)


def _restored(server: str, name: str, dump: str) -> bool:
    """Create the database from its dump; return False if there is none."""
    if not (KEPT / dump).exists():
        return False
    _create(server, name)
    restore = ["pg_restore", "--jobs=2", "--no-owner", f"--dbname={url_of(server, name)}"]
    subprocess.run([*restore, str(KEPT / dump)], check=True)  # noqa: S603
    _vacuum(server, name)
    return True


def _keep(server: str, name: str, dump: str) -> None:
    """Dump the database, and remove dumps of other days."""
    _vacuum(server, name)
    for file in KEPT.glob("*.dump"):
        if f"-{dt.datetime.now(dt.UTC):%Y%m%d}-" not in file.name:
            file.unlink()
    partial = KEPT / f"{os.getpid()}.partial"
    dumping = ["pg_dump", "--format=custom", "--compress=1", f"--file={partial}"]
    subprocess.run([*dumping, url_of(server, name)], check=True)  # noqa: S603
    partial.rename(KEPT / dump)


def _vacuum(server: str, name: str) -> None:
    with psycopg.connect(url_of(server, name), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def _say(what: str) -> None:
    sys.stderr.write(f"AGAINST: {what} ...\n")
