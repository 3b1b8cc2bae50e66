"""Run a function in a transaction and retry it on deadlock or serialization failure."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial, wraps
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

from users.common import lock_waits, metrics

P = ParamSpec("P")
R = TypeVar("R")
Rows = TypeVar("Rows", bound=QuerySet[Any])

# The first one does not wait for locked rows.
ATTEMPTS = 6
# Errors after which the same transaction can succeed. MariaDB: lock wait timeout, deadlock; 3572 is
# MySQL's for NOWAIT. PostgreSQL: serialization failure, deadlock, lock timeout.
MARIADB_CONTENTION = {1205, 1213, 3572}
POSTGRESQL_CONTENTION = {"40001", "40P01", "55P03"}
SQLITE_CONTENTION = {"SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "SQLITE_LOCKED"}
# SQLite locks the whole database.
SQLITE_ROWS: lock_waits.Rows = frozenset({"database"})


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

    The first attempt does not wait for rows that another transaction has locked: to wait, the
    others need a permit of this process, so that a row that stays locked does not occupy all of its
    threads (``lock_waits``).

    An attempt is repeated after a deadlock or another contention, and if ``function`` raises
    TransactionConflict; not after ``LOCK_TIMEOUT_SECONDS``, so that it waits for one lock only that
    stays held. Raises TransactionConflict if the last attempt fails as well, or if there is no
    permit. Only the outermost transaction can be retried: inside another one (the admin wraps its
    views) there is one attempt, which waits.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        call = partial(function, *args, **kwargs)
        if connection.in_atomic_block:
            return _repeat(call, attempts=1, seconds=0)
        deadline = time.monotonic() + settings.LOCK_TIMEOUT_SECONDS
        if not connection.features.has_select_for_update:
            return _with_permit(call, SQLITE_ROWS, attempts=ATTEMPTS, deadline=deadline)
        try:
            return transaction.atomic(_without_waiting)(call)
        except (OperationalError, TransactionConflict) as error:
            if not _can_succeed_if_retried(error):
                raise
            if time.monotonic() >= deadline:  # it waited for a row that it did not lock first
                metrics.count_retry("given_up")
                raise TransactionConflict from error
        metrics.count_retry("repeated")
        rows = lock_waits.attempt.rows()
        return _with_permit(call, rows, attempts=ATTEMPTS - 1, deadline=deadline)

    return run


def _with_permit(
    call: Callable[[], R], rows: lock_waits.Rows, *, attempts: int, deadline: float
) -> R:
    """Run ``call`` with a permit to wait for ``rows``. Raises TransactionConflict."""
    with _permit(rows):
        return _repeat(call, attempts=attempts, seconds=deadline - time.monotonic())


@contextmanager
def _permit(rows: lock_waits.Rows) -> Iterator[None]:
    """Hold a permit to wait for ``rows`` for the duration of the block."""
    try:
        with lock_waits.waiting_for(
            rows, seconds=_database_waits(), is_conflict=_can_succeed_if_retried
        ):
            yield
    except lock_waits.NoPermit as error:
        metrics.count_retry("given_up")
        raise TransactionConflict from error


def permit_to_insert() -> AbstractContextManager[None]:
    """Return a block for rows that are inserted outside of ``atomic_with_retry``.

    On SQLite it holds the permit to wait for the lock of the whole database, which otherwise each
    thread could wait for, and raises TransactionConflict without one. Inserted rows wait for
    nobody on other databases, nor in a transaction, which has the lock.
    """
    if connection.features.has_select_for_update or connection.in_atomic_block:
        return nullcontext()
    return _permit(SQLITE_ROWS)


def _without_waiting(call: Callable[[], R]) -> R:
    with lock_waits.failing_if_locked():
        return call()


def _repeat(call: Callable[[], R], *, attempts: int, seconds: float) -> R:
    """Run ``call`` in a transaction, again after a contention. Raises TransactionConflict."""
    retrying = Retrying(
        retry=retry_if_exception(_can_succeed_if_retried),
        stop=stop_after_attempt(attempts) | stop_after_delay(seconds),
        wait=wait_random_exponential(multiplier=0.02, max=0.5),
        before_sleep=lambda _state: metrics.count_retry("repeated"),
    )
    try:
        return retrying(transaction.atomic(call))
    except RetryError as error:
        # The attempt around this one will be repeated if it was the first.
        if not lock_waits.attempt.fails_if_locked:
            metrics.count_retry("given_up")
        raise TransactionConflict from error


def _database_waits() -> float:
    """Return after how many seconds the database gives up waiting for a lock."""
    if connection.features.has_select_for_update:
        return float(settings.LOCK_TIMEOUT_SECONDS)
    return float(connection.settings_dict["OPTIONS"]["timeout"])


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


def locked(rows: Rows, *, nowait: bool | None = None) -> Rows:
    """Return ``rows`` so that reading them locks them, see ``lock_rows()``.

    Read them at once. ``nowait`` is whether that fails if they are locked; None: as the transaction
    must (``lock_waits``). On SQLite nothing is locked.
    """
    if nowait is None:
        nowait = lock_waits.must_not_wait(lambda: frozenset({str(rows.query)}))
    features = connections[rows.db].features
    return rows.select_for_update(no_key=features.has_select_for_no_key_update, nowait=nowait)
