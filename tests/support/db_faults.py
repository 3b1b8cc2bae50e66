"""Simulated database errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


@contextmanager
def failing(
    statement: str, table: str, error: Exception, *, times: int | None = None
) -> Iterator[None]:
    """Raise ``error`` for each SQL statement that starts with ``statement`` and names ``table``.

    With ``times``, only for the first so many. Fails the test if too few such statements ran.
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
