"""Who waits for locked rows, who waits in line, and who is rejected at once."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from clinic.models import Doctor, Patient
from clinic.models.busy_tick import lock_people
from users.common import lock_waits
from users.common.lock_waits import PATIENCE, LockWaits, NoPermit, Rows
from users.common.transactions import TransactionConflict, atomic_with_retry, lock_rows
from users.models import User

ANN, DORA, EMIL = (frozenset({name}) for name in ("Ann", "Dora", "Emil"))
# How long the database waits for a lock in these tests.
SECONDS = 1.0
LIMIT = 30  # seconds in which whatever is expected has happened on a slow machine


class Threads:
    """Threads that wait for rows until the test lets the database answer."""

    def __init__(self, permits: int) -> None:
        self.waits = LockWaits(permits)
        self.served: list[str] = []
        self._pool = ThreadPoolExecutor(8)

    def close(self) -> None:
        self._pool.shutdown()

    def wait_for(self, rows: Rows, name: str, *, seconds: float = LIMIT) -> "Waiter":
        """Let a thread ask for a permit; return once it is in line."""
        waiter = Waiter()
        number = len(self.waits._line)  # noqa: SLF001 - nothing else shows that it is in line
        waiter.done = self._pool.submit(self._wait, waiter, rows, name, seconds)
        until(lambda: len(self.waits._line) > number or waiter.done.done())  # noqa: SLF001 - see above
        return waiter

    def _wait(self, waiter: "Waiter", rows: Rows, name: str, seconds: float) -> None:
        with self.waits.permit(rows, seconds=seconds, is_conflict=is_timeout):
            self.served.append(name)
            waiter.admitted.set()
            assert waiter.answer.wait(LIMIT)
            if waiter.times_out:
                raise TimeoutError


class Waiter:
    def __init__(self) -> None:
        self.admitted, self.answer = threading.Event(), threading.Event()
        self.times_out = False
        self.done: Future[None]

    def finish(self, *, times_out: bool = False) -> None:
        """Let the database answer, and wait until the permit is returned."""
        assert self.admitted.wait(LIMIT)
        self.times_out = times_out
        self.answer.set()
        assert isinstance(self.done.exception(LIMIT), TimeoutError) is times_out


def is_timeout(error: BaseException) -> bool:
    return isinstance(error, TimeoutError)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)  # no event says that a thread has begun to wait


@pytest.fixture
def threads() -> Iterator[Threads]:
    threads = Threads(permits=2)
    yield threads
    threads.close()


def test_threads_wait_for_different_rows_at_the_same_time(threads: Threads) -> None:
    first, second = threads.wait_for(ANN, "first"), threads.wait_for(DORA, "second")
    assert first.admitted.wait(LIMIT)
    assert second.admitted.wait(LIMIT)
    first.finish()
    second.finish()


def test_one_thread_at_a_time_waits_for_a_row_in_the_order_of_arrival(threads: Threads) -> None:
    waiters = [threads.wait_for(ANN | DORA, "0"), threads.wait_for(DORA | EMIL, "1")]
    waiters.append(threads.wait_for(DORA, "2"))
    for waiter in waiters:
        waiter.finish()
    assert threads.served == ["0", "1", "2"]


def test_thread_is_rejected_while_the_row_stays_locked(threads: Threads) -> None:
    first = threads.wait_for(DORA, "first", seconds=SECONDS)
    began = time.monotonic()
    with pytest.raises(NoPermit):
        threads.wait_for(DORA, "second", seconds=SECONDS).done.result(LIMIT)
    assert time.monotonic() - began >= SECONDS * PATIENCE / 2  # it had waited in line
    first.finish()


def test_thread_is_rejected_at_once_after_a_wait_timed_out(threads: Threads) -> None:
    patience = LIMIT * PATIENCE
    first = threads.wait_for(DORA, "first")
    until(first.admitted.is_set)
    [wait] = threads.waits._line  # noqa: SLF001 - as if it had waited for so long
    wait.since = time.monotonic() - 2 * patience
    first.finish(times_out=True)
    second = threads.wait_for(DORA | ANN, "second")
    assert second.admitted.wait(LIMIT)
    with pytest.raises(NoPermit):
        threads.wait_for(DORA, "third").done.result(patience / 2)
    emil = threads.wait_for(EMIL, "other")
    emil.finish()
    second.finish()
    # The row was free again: the next one has its time.
    fourth, fifth = threads.wait_for(DORA, "fourth"), threads.wait_for(DORA, "fifth")
    assert fourth.admitted.wait(LIMIT)
    assert not fifth.done.done()
    fourth.finish()
    fifth.finish()


def test_thread_is_rejected_if_all_permits_wait_for_other_rows(threads: Threads) -> None:
    waiters = [threads.wait_for(rows, "", seconds=SECONDS) for rows in (ANN, DORA)]
    with pytest.raises(NoPermit):
        threads.wait_for(EMIL, "third", seconds=SECONDS).done.result(LIMIT)
    for waiter in waiters:
        waiter.finish()


def test_line_moves_on_beside_a_row_that_stays_locked(threads: Threads) -> None:
    stuck = threads.wait_for(DORA, "stuck")
    until(stuck.admitted.is_set)
    [wait] = threads.waits._line  # noqa: SLF001 - as if it had waited for so long
    wait.since = time.monotonic() - LIMIT
    waiters = [threads.wait_for(EMIL, str(number)) for number in range(6)]
    for waiter in waiters:
        waiter.finish()
    stuck.finish()


def test_thread_with_a_permit_needs_no_other_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock_waits, "lock_waits", LockWaits(1))
    options = {"seconds": SECONDS, "is_conflict": is_timeout}
    with lock_waits.waiting_for(ANN, **options), lock_waits.waiting_for(DORA, **options):  # type: ignore[arg-type]
        pass
    with lock_waits.waiting_for(EMIL, **options):  # type: ignore[arg-type]
        assert lock_waits.attempt.has_permit
    assert not lock_waits.attempt.has_permit


needs_row_locks = pytest.mark.skipif(
    connection.vendor == "sqlite", reason="SQLite has no locks of rows"
)


@contextmanager
def locked_by_another_session(user: User) -> Iterator[None]:
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT id FROM users_user WHERE id = %s FOR UPDATE", [user.pk])
        yield
    finally:
        other.close()


@needs_row_locks
@pytest.mark.django_db(transaction=True)
def test_first_attempt_does_not_wait(dora: Doctor) -> None:
    """And nothing that runs after its commit fails because a row is locked."""
    modes: list[bool] = []

    def note() -> None:
        modes.append(lock_waits.attempt.fails_if_locked)

    @atomic_with_retry
    def change(rows: str) -> None:
        note()
        transaction.on_commit(note)
        if rows == "people":
            lock_people([dora.user_id])
        else:
            lock_rows(User.objects.filter(pk=dora.user_id))

    for rows in ("people", "rows"):
        change(rows)
        assert modes == [True, False]
        modes.clear()
        with locked_by_another_session(dora.user):
            began = time.monotonic()
            with pytest.raises(TransactionConflict):
                change(rows)
        assert modes == [True, False]  # the second one waited
        assert time.monotonic() - began >= 1
        modes.clear()


@needs_row_locks
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("has_permits", [True, False])
def test_others_are_answered_while_a_row_stays_locked(
    dora: Doctor,
    ann: Patient,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    *,
    has_permits: bool,
) -> None:
    """Eight clients need a locked row of a process with four threads; then somebody else comes.

    The negative control has no permits: the last one waits until threads are free again.
    """
    if not has_permits:
        monkeypatch.setattr(lock_waits, "waiting_for", lambda *_rows, **_options: nullcontext())
    assert settings.LOCK_TIMEOUT_SECONDS == 5  # as in the session of each thread

    @atomic_with_retry
    def change(person: int) -> None:
        lock_people([person])

    def request(person: int) -> None:
        try:
            change(person)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool, locked_by_another_session(dora.user):
        began = time.monotonic()
        rejected = [pool.submit(request, dora.user_id) for _ in range(8)]
        pool.submit(request, ann.user_id).result()
        seconds = time.monotonic() - began
        errors = [each.exception() for each in rejected]
    assert all(isinstance(error, TransactionConflict) for error in errors), errors
    assert (seconds < settings.LOCK_TIMEOUT_SECONDS) is has_permits
