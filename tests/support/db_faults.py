"""Simulated database errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


@contextmanager
def failing(
    statement: str, table: str, error: Exception, *, times: int | None = None
) -> Iterator[None]:
    """Raise ``error`` for each statement of a kind on a table, at most ``times`` times.

    Fails if no such statement is executed in the block.
    """
    failed = 0

    def execute(run: Any, sql: str, *rest: Any) -> Any:
        nonlocal failed
        if failed != times and sql.startswith(statement) and table in sql:
            failed += 1
            raise error
        return run(sql, *rest)

    with connection.execute_wrapper(execute):
        yield
    assert failed == times or (times is None and failed)
