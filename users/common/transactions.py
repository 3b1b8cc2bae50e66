"""One way to write: all or nothing, and again if the database chose us to lose a deadlock."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import OperationalError, connection, connections, transaction
from django.db.models import QuerySet
from tenacity import (
    RetryError,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_random_exponential,
)

P = ParamSpec("P")
R = TypeVar("R")

ATTEMPTS = 5
# What a server says when another try may succeed: MariaDB's lock wait timeout and
# deadlock, PostgreSQL's serialization failure, deadlock and lock timeout.
MARIADB_CONTENTION = {1205, 1213}
POSTGRESQL_CONTENTION = {"40001", "40P01", "55P03"}
SQLITE_CONTENTION = {"SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "SQLITE_LOCKED"}


class TransactionConflict(Exception):
    """The database asked for another try and got none; the same request may succeed."""

    def __init__(self) -> None:
        super().__init__("The clinic is busy; send the same request again.")


def is_contention(error: BaseException) -> bool:
    """Whether the same transaction may succeed if it is tried again."""
    if not isinstance(error, OperationalError):
        return False
    cause = error.__cause__
    return (
        getattr(cause, "sqlstate", None) in POSTGRESQL_CONTENTION
        or getattr(cause, "sqlite_errorname", None) in SQLITE_CONTENTION
        or bool(error.args and error.args[0] in MARIADB_CONTENTION)
    )


def atomic_with_retry(verb: Callable[P, R]) -> Callable[P, R]:
    """Run ``verb`` in one transaction; raise Busy if the database keeps refusing it.

    Only the outermost transaction can be tried again. Inside another (the admin
    wraps its views) the first refusal is final.
    """

    @wraps(verb)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        attempts = Retrying(
            retry=retry_if_exception(is_contention),
            stop=stop_after_attempt(1 if connection.in_atomic_block else ATTEMPTS),
            wait=wait_random_exponential(multiplier=0.02, max=0.5),
        )
        try:
            return attempts(transaction.atomic(verb), *args, **kwargs)
        except RetryError as error:
            raise TransactionConflict from error

    return run


def lock_rows(rows: QuerySet[Any]) -> None:
    """Let nobody else lock any of ``rows`` until the transaction ends.

    They are locked in their order, so name one where there may be several. Rows that
    merely refer to them can still be written.
    """
    features = connections[rows.db].features
    if not features.has_select_for_update:
        return  # SQLite: the transaction already has the database for itself.
    list(rows.select_for_update(no_key=features.has_select_for_no_key_update).values_list("pk"))
