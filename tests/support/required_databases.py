"""Skip tests whose database is not there, or fail them if all databases are required.

Not part of ``databases.py``, which programs use that run without pytest, such as the benchmark.
"""

from typing import NoReturn

import pytest

from tests.support.databases import missing
from tests.support.scale import SCALE


def require(database: str) -> None:
    """Skip the test if ``database`` is not available; fail it if PROOF requires all of them."""
    if reason := missing(database):
        skip_or_fail(reason)


def skip_or_fail(reason: str) -> NoReturn:
    """Skip the test with this reason; fail it if PROOF requires every database."""
    if SCALE.needs_every_database:
        pytest.fail(reason)
    pytest.skip(reason)
