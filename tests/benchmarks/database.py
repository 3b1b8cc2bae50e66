"""The database of the benchmark: 200 doctors, 5,000 patients, 200,000 appointments.

Those that the demo data has cancelled are left out, see ``PREPARATION``.

It is filled once and kept; each run uses a copy of it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg

from tests.benchmarks.data import PREPARATION
from tests.support.processes import manage

DOCTORS, PATIENTS, APPOINTMENTS = 200, 5_000, 200_000
# Sixteen a day for each doctor, starting today.
OTHER_APPOINTMENTS = f"""
TRUNCATE clinic_appointment CASCADE;
INSERT INTO clinic_appointment (doctor_id, patient_id, date, time, duration_minutes,
    reason_for_visit, status, cancellation_reason, request_hash, created_at, updated_at)
SELECT doctor.id, patient.id, current_date + n.n / {DOCTORS} / 16,
    time '09:00' + n.n / {DOCTORS} % 16 * interval '30 min', 30, 'A cough', 'confirmed', '', '',
    now(), now()
FROM generate_series(0, {{appointments}} - 1) AS n(n)
JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM clinic_doctor) AS doctor
    ON doctor.n = n.n % {DOCTORS}
JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM clinic_patient) AS patient
    ON patient.n = n.n * 7 % {PATIENTS}
"""  # noqa: S608 - our own numbers
KEPT, RUN = "cybermed_bench", "cybermed_bench_run"


def url_of(server: str, name: str) -> str:
    return urlsplit(server)._replace(path=f"/{name}").geturl()


def fill(server: str, environment: Mapping[str, str]) -> None:
    """Create and fill the kept database, unless it is filled already."""
    with psycopg.connect(server, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [KEPT])
        if not known.fetchone():
            connection.execute(f"CREATE DATABASE {KEPT}".encode())
    # seed_demo inserts everything in one transaction with slow statements.
    seeding = {
        **environment,
        "DATABASE_URL": url_of(server, KEPT),
        "STATEMENT_TIMEOUT_SECONDS": "0",
    }
    manage(seeding, "migrate", "--verbosity=0")
    with psycopg.connect(url_of(server, KEPT)) as connection:
        if count(connection, "clinic_appointment"):
            return
    manage(
        seeding,
        "seed_demo",
        "--i-know-the-password-is-public",
        f"--doctors={DOCTORS}",
        f"--patients={PATIENTS}",
        f"--appointments={APPOINTMENTS}",
    )
    manage(seeding, "shell", "-c", PREPARATION)


def count(connection: "psycopg.Connection[tuple[int]]", table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()  # noqa: S608 - one of our tables
    assert row is not None
    return row[0]


@contextmanager
def copied(server: str, *, appointments: int = APPOINTMENTS) -> Iterator[str]:
    """Copy the kept database for the duration of the block and yield the URL of the copy.

    For another number of ``appointments``, other ones replace them, which have no busy ticks.
    """
    name = RUN if appointments == APPOINTMENTS else f"{RUN}_{appointments}"
    drop, create = (
        f"DROP DATABASE IF EXISTS {name} WITH (FORCE)",
        f"CREATE DATABASE {name} TEMPLATE {KEPT}",
    )
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(drop.encode())
        connection.execute(create.encode())
    with psycopg.connect(url_of(server, name), autocommit=True) as connection:
        if appointments != APPOINTMENTS:
            connection.execute(OTHER_APPOINTMENTS.format(appointments=appointments).encode())
        connection.execute("VACUUM ANALYZE")
    try:
        yield url_of(server, name)
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(drop.encode())
