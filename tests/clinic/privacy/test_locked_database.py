"""Access records wait for a locked SQLite database in few threads, so that others are answered."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.live_accounts import Actor
from tests.support.live_server import GUNICORN, serving

pytestmark = pytest.mark.own_database
THREADS = 4  # of gunicorn.conf.py
# Each thread would wait for 20 seconds, SQLite's timeout.
ANSWERED_SECONDS = 12


@pytest.fixture(autouse=True)
def clock() -> None:
    """Replaces the fixed clock: the live server is another process, with the real time."""


def test_access_records_leave_threads_for_others_while_the_database_is_locked(
    tmp_path: Path,
) -> None:
    with serving(tmp_path, server=GUNICORN, WEB_CONCURRENCY="1") as server:
        doctor, ann = Actor(server, "DOCTOR"), Actor(server, "PATIENT")
        ann.book(doctor, "09:00")
        database = sqlite3.connect(tmp_path / "db.sqlite3", isolation_level=None)
        with closing(database), ThreadPoolExecutor(2 * THREADS) as readers:
            database.execute("BEGIN IMMEDIATE")
            # The doctor's list shows Ann's record, which is recorded; her account is not.
            for _reader in range(2 * THREADS):
                readers.submit(server.api, "MyAppointments", token=doctor.token)
            server.http.timeout = ANSWERED_SECONDS
            assert server.api("Me", token=ann.token)["data"]["me"]["email"] == ann.email
            database.execute("ROLLBACK")
