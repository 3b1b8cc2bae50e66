"""Which of a database's refusals are worth another try, and how often it gets one."""

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
    cause.sqlstate = sqlstate  # type: ignore[attr-defined] # as psycopg's errors have it
    return raised_from(OperationalError("x"), cause)


def sqlite_error(name: str) -> OperationalError:
    cause = sqlite3.OperationalError("database is locked")
    cause.sqlite_errorname = name
    return raised_from(OperationalError("database is locked"), cause)


@pytest.mark.parametrize(
    ("error", "worth_another_try"),
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
def test_contention_is_told_from_other_failures(
    error: Exception, *, worth_another_try: bool
) -> None:
    assert is_contention(error) is worth_another_try


class Contended:
    """A verb that loses ``losses`` deadlocks before it gets through."""

    __name__ = "contended"

    def __init__(self, losses: int) -> None:
        self.losses, self.tries = losses, 0

    def __call__(self) -> str:
        self.tries += 1
        if self.tries <= self.losses:
            raise OperationalError(1213, "Deadlock found when trying to get lock")
        return f"through at try {self.tries}"


@pytest.mark.django_db(transaction=True)
def test_a_lost_deadlock_is_tried_again() -> None:
    assert atomic_with_retry(Contended(losses=ATTEMPTS - 1))() == f"through at try {ATTEMPTS}"


@pytest.mark.django_db(transaction=True)
def test_after_the_last_try_the_caller_hears_busy() -> None:
    verb = Contended(losses=1000)
    with pytest.raises(TransactionConflict):
        atomic_with_retry(verb)()
    assert (verb.tries, connection.in_atomic_block) == (ATTEMPTS, False)


@pytest.mark.django_db(transaction=True)
def test_inside_another_transaction_the_first_refusal_is_final() -> None:
    verb = Contended(losses=1)
    with pytest.raises(TransactionConflict), transaction.atomic():
        atomic_with_retry(verb)()
    assert verb.tries == 1


@pytest.mark.django_db(transaction=True)
def test_other_failures_are_not_tried_again() -> None:
    tries = []

    @atomic_with_retry
    def broken() -> None:
        tries.append(1)
        raise OperationalError(2006, "Server has gone away")

    with pytest.raises(OperationalError):
        broken()
    assert tries == [1]
