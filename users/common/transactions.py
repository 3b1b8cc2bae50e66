"""Run a function in a transaction and retry it on deadlock or serialization failure."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.conf import settings
from django.db import OperationalError, connection, connections, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from tenacity import (
    RetryError,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    stop_after_delay,
    wait_random_exponential,
)

from users.common import metrics

P = ParamSpec("P")
R = TypeVar("R")

ATTEMPTS = 5
# Errors after which the same transaction can succeed. MariaDB: lock wait timeout, deadlock.
# PostgreSQL: serialization failure, deadlock, lock timeout.
MARIADB_CONTENTION = {1205, 1213}
POSTGRESQL_CONTENTION = {"40001", "40P01", "55P03"}
SQLITE_CONTENTION = {"SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "SQLITE_LOCKED"}


class TransactionConflict(Exception):
    """A transaction still conflicted with others after all attempts. Retrying can succeed."""

    def __init__(self) -> None:
        super().__init__(_("The request conflicted with another one. Please retry."))


def is_contention(error: BaseException) -> bool:
    """Return whether the same transaction can succeed if it is retried."""
    if not isinstance(error, OperationalError):
        return False
    cause = error.__cause__
    return (
        getattr(cause, "sqlstate", None) in POSTGRESQL_CONTENTION
        or getattr(cause, "sqlite_errorname", None) in SQLITE_CONTENTION
        or bool(error.args and error.args[0] in MARIADB_CONTENTION)
    )


def _can_succeed_if_retried(error: BaseException) -> bool:
    return isinstance(error, TransactionConflict) or is_contention(error)


def atomic_with_retry(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate ``function`` to run in one transaction, in up to ``ATTEMPTS`` attempts.

    An attempt is repeated after a deadlock or another contention, and if ``function`` raises
    TransactionConflict; not after ``LOCK_TIMEOUT_SECONDS``, so that it waits for one lock only that
    stays held. Raises TransactionConflict if the last attempt fails as well. Only the
    outermost transaction can be retried: inside another one (the admin wraps its views) there is
    one attempt.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        attempts = Retrying(
            retry=retry_if_exception(_can_succeed_if_retried),
            stop=stop_after_attempt(1 if connection.in_atomic_block else ATTEMPTS)
            | stop_after_delay(settings.LOCK_TIMEOUT_SECONDS),
            wait=wait_random_exponential(multiplier=0.02, max=0.5),
            before_sleep=lambda _state: metrics.count_retry("repeated"),
        )
        try:
            return attempts(transaction.atomic(function), *args, **kwargs)
        except RetryError as error:
            metrics.count_retry("given_up")
            raise TransactionConflict from error

    return run


def lock_rows(rows: QuerySet[Any], *fields: str) -> list[tuple[Any, ...]]:
    """Lock ``rows`` until the end of the transaction.

    Returns the primary key and ``fields`` of each, read once it is locked. On SQLite the result is
    empty: nothing can have changed since the transaction began.

    The rows are locked in the order of the queryset: give it an order if there can be several,
    otherwise two transactions can deadlock. Other transactions can still write rows that refer to
    these by a foreign key.
    """
    if not connections[rows.db].features.has_select_for_update:
        return []  # SQLite: the transaction already holds the lock of the whole database.
    return list(locked(rows).values_list("pk", *fields))


def locked(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return ``rows`` so that reading them locks them, see ``lock_rows()``. Not for SQLite."""
    features = connections[rows.db].features
    return rows.select_for_update(no_key=features.has_select_for_no_key_update)
