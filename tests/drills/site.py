"""A clinic as in production, behind nginx, for the duration of a drill."""

from collections.abc import Iterator
from contextlib import contextmanager

from clinic.demo.accounts import email_of
from tests.production import site as production
from tests.production import steps, tutorial
from tests.production.site import Site
from tests.support.database_servers import given_or_named_server


@contextmanager
def started_site() -> Iterator[tuple[Site, str]]:
    """Start the processes of ``tests/production``; yield them and a patient's access token.

    Requests are not limited: the drills send more than a client may.
    """
    with given_or_named_server("PostgreSQL"), production.prepared_site() as site:
        for _line in steps.prepare(site):
            pass
        site.environment = {**site.environment, "RATE_LIMIT_ENABLED": "0"}
        for _line in steps.start(site):
            pass
        yield site, tutorial.sign_in(site, email_of("patient"))
