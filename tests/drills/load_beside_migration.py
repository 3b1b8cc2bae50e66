"""Statements of a server while migrations run, and how long they waited for locks."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from tests.drills.threads import running

FILL = """
INSERT INTO users_user (password, is_superuser, is_staff, is_active, date_joined, first_name,
    last_name, email, is_patient, is_doctor, calendar_key, avatar,
    avatar_small, gender)
SELECT '', false, false, true, now(), 'P', 'Q', 'p' || n || '@example.org', true, false,
    n::text, '', '', 'other'
FROM generate_series(1, 1000) n;
INSERT INTO clinic_patient (user_id, date_of_birth, address,
    emergency_contact_name, emergency_contact_phone)
SELECT id, '1990-01-01', '', '', '' FROM users_user;
INSERT INTO clinic_accessrecord (at, action, operation, fields, request_id, actor_id, patient_id)
SELECT now(), 'read', 'List', '["Patient.address"]', 'r' || n / 2, u.first, p.first + n %% 1000
FROM generate_series(1, %(rows)s) n, (SELECT min(id) first FROM users_user) u,
    (SELECT min(id) first FROM clinic_patient) p;
ANALYZE;
"""
INSERTS = (
    # As the release before migration 0006 and the one after it write.
    """INSERT INTO clinic_accessrecord
        (at, action, operation, fields, request_id, actor_id, patient_id)
    SELECT now(), 'read', 'Load', '[]', gen_random_uuid()::text, min(u.id), min(p.id)
    FROM users_user u, clinic_patient p WHERE u.email = 'p1@example.org'""",
    """INSERT INTO clinic_accessrecord
        (at, action, operation, fields, request_id, actor_id, patients)
    SELECT now(), 'read', 'Load', '[]', gen_random_uuid()::text, min(u.id),
        jsonb_build_array(min(p.id)) FROM users_user u, clinic_patient p
    WHERE u.email = 'p1@example.org'""",
)
READS = (
    "SELECT count(*) FROM clinic_accessrecord WHERE request_id = 'r5'",
    "SELECT * FROM clinic_appointment ORDER BY date, time LIMIT 20",
    "SELECT count(*) FROM clinic_patient WHERE user_id = 1",
)


def fill(url: str, rows: int) -> None:
    """Store access records of the release before migration 0006."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in FILL.split(";"):
            if statement.strip():
                connection.execute((statement % {"rows": rows}).encode())


class Load:
    """Reads and writes in a loop, each timed."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._stopped = threading.Event()
        self.longest, self.statements = 0.0, 0
        self.errors: list[str] = []

    @contextmanager
    def sending(self) -> Iterator[None]:
        threads = [
            threading.Thread(target=self._loop, args=(do,)) for do in (self._read, self._write)
        ]
        with running(threads, self._stopped):
            yield

    def _loop(self, step: Callable[[Any], None]) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            while not self._stopped.is_set():
                begin = time.monotonic()
                step(connection)
                self.longest = max(self.longest, time.monotonic() - begin)
                self.statements += 1
                time.sleep(0.01)  # the migration needs some of the machine

    def _read(self, connection: Any) -> None:
        for statement in READS:
            self._execute(connection, statement)

    def _write(self, connection: Any) -> None:
        """Write a record as one of the two releases does."""
        for statement in INSERTS:
            try:
                connection.execute(statement)
            except (psycopg.errors.UndefinedColumn, psycopg.errors.NotNullViolation):
                continue
            except psycopg.Error as error:
                self.errors.append(type(error).__name__)
            return
        self.errors.append("neither release can write")

    def _execute(self, connection: Any, statement: str) -> None:
        try:
            connection.execute(statement)
        except psycopg.Error as error:
            self.errors.append(type(error).__name__)
