"""The clinic that is measured: 200 doctors, 5,000 patients, 200,000 visits.

Filled once into a database that is kept, and copied for each run.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg

from tests.servers import manage

DOCTORS, PATIENTS, VISITS = 200, 5_000, 200_000
KEPT, RUN = "cybermed_bench", "cybermed_bench_run"


def url_of(server: str, name: str) -> str:
    return urlsplit(server)._replace(path=f"/{name}").geturl()


def fill(server: str, environment: Mapping[str, str]) -> None:
    """Fill the kept database, unless it holds the clinic already."""
    with psycopg.connect(server, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [KEPT])
        if not known.fetchone():
            connection.execute(f"CREATE DATABASE {KEPT}".encode())
    # The seed is one transaction, whose statements may take their time.
    seeding = {
        **environment,
        "DATABASE_URL": url_of(server, KEPT),
        "STATEMENT_TIMEOUT_SECONDS": "0",
    }
    manage(seeding, "migrate", "--verbosity=0")
    with psycopg.connect(url_of(server, KEPT)) as connection:
        if count(connection, "clinic_appointment") == VISITS:
            return
    manage(
        seeding,
        "seed_demo",
        "--i-know-the-password-is-public",
        f"--doctors={DOCTORS}",
        f"--patients={PATIENTS}",
        f"--appointments={VISITS}",
    )


def count(connection: "psycopg.Connection[tuple[int]]", table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()  # noqa: S608 - one of our tables
    assert row is not None
    return row[0]


@contextmanager
def copied(server: str) -> Iterator[str]:
    """The URL of a copy of the kept database, which is gone afterwards."""
    drop, make = (
        f"DROP DATABASE IF EXISTS {RUN} WITH (FORCE)",
        f"CREATE DATABASE {RUN} TEMPLATE {KEPT}",
    )
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(drop.encode())
        connection.execute(make.encode())
    with psycopg.connect(url_of(server, RUN), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    try:
        yield url_of(server, RUN)
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(drop.encode())
