"""Tests of retrying transactions: after which errors, and how often."""

import sqlite3

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from users.common.transactions import (
    ATTEMPTS,
    TransactionConflict,
    atomic_with_retry,
    is_contention,
)


def raised_from(error: OperationalError, cause: Exception) -> OperationalError:
    error.__cause__ = cause
    return error


def postgresql_error(sqlstate: str) -> OperationalError:
    cause = Exception()
    cause.sqlstate = sqlstate  # type: ignore[attr-defined] # set by psycopg
    return raised_from(OperationalError("x"), cause)


def sqlite_error(name: str) -> OperationalError:
    cause = sqlite3.OperationalError("database is locked")
    cause.sqlite_errorname = name
    return raised_from(OperationalError("database is locked"), cause)


@pytest.mark.parametrize(
    ("error", "is_retryable"),
    [
        (OperationalError(1213, "Deadlock found when trying to get lock"), True),
        (OperationalError(1205, "Lock wait timeout exceeded"), True),
        (OperationalError(2006, "Server has gone away"), False),
        (postgresql_error("40P01"), True),
        (postgresql_error("40001"), True),
        (postgresql_error("55P03"), True),
        (postgresql_error("57P01"), False),
        (sqlite_error("SQLITE_BUSY"), True),
        (sqlite_error("SQLITE_FULL"), False),
        (OperationalError(), False),
        (IntegrityError(1213, "no"), False),
    ],
)
def test_is_contention_recognizes_deadlocks_and_lock_timeouts(
    error: Exception, *, is_retryable: bool
) -> None:
    assert is_contention(error) is is_retryable


class Deadlocking:
    """A function that raises a deadlock error in its first ``deadlocks`` calls."""

    __name__ = "deadlocking"

    def __init__(self, deadlocks: int) -> None:
        self.deadlocks, self.calls = deadlocks, 0

    def __call__(self) -> str:
        self.calls += 1
        if self.calls <= self.deadlocks:
            raise OperationalError(1213, "Deadlock found when trying to get lock")
        return f"succeeded in attempt {self.calls}"


@pytest.mark.django_db(transaction=True)
def test_atomic_with_retry_retries_after_deadlock() -> None:
    assert atomic_with_retry(Deadlocking(ATTEMPTS - 1))() == f"succeeded in attempt {ATTEMPTS}"


@pytest.mark.django_db(transaction=True)
def test_atomic_with_retry_raises_transaction_conflict_after_last_attempt() -> None:
    function = Deadlocking(1000)
    with pytest.raises(TransactionConflict):
        atomic_with_retry(function)()
    assert (function.calls, connection.in_atomic_block) == (ATTEMPTS, False)


@pytest.mark.django_db(transaction=True)
def test_atomic_with_retry_does_not_retry_inside_another_transaction() -> None:
    function = Deadlocking(1)
    with pytest.raises(TransactionConflict), transaction.atomic():
        atomic_with_retry(function)()
    assert function.calls == 1


@pytest.mark.django_db(transaction=True)
def test_atomic_with_retry_does_not_retry_other_errors() -> None:
    calls = []

    @atomic_with_retry
    def broken() -> None:
        calls.append(1)
        raise OperationalError(2006, "Server has gone away")

    with pytest.raises(OperationalError):
        broken()
    assert calls == [1]
