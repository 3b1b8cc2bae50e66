"""Limits how many threads of this process wait for rows that other transactions have locked.

A row can stay locked for long: by a session of ``psql`` that somebody forgot, or by a process that
hangs. If every request that needs it waited, all threads of the server would wait, and nobody else
would be answered. docs/concurrency.md describes the rules.
"""

import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

# Fewer than the threads of a process: gunicorn has 4, uvicorn MAX_CONCURRENT_REQUESTS (10).
PERMITS = 2
# A thread stops waiting in line once those before it have waited for this part of the time that the
# database lets them wait.
PATIENCE = 1 / 5

Rows = frozenset[Hashable]
IsConflict = Callable[[BaseException], bool]


class NoPermit(Exception):
    """The rows have been locked for long, and other threads of this process wait for them."""


@dataclass(slots=True, eq=False)
class _Wait:
    """A thread that waits for rows, first in line and then in the database."""

    rows: Rows
    # When it, or the wait that it continues, got its permit; None while it is in line.
    since: float | None = None


@dataclass(slots=True)
class _Expired:
    """A wait that ended without the rows."""

    rows: Rows
    since: float
    ended: float


class LockWaits:
    """Threads that wait for rows, in the order of their arrival.

    A thread needs a permit to wait in the database. There are few, and never two for the same row.
    """

    def __init__(self, permits: int) -> None:
        self.permits = permits
        self._changed = threading.Condition()
        self._line: list[_Wait] = []
        self._expired: list[_Expired] = []

    @contextmanager
    def permit(self, rows: Rows, *, seconds: float, is_conflict: IsConflict) -> Iterator[None]:
        """Hold a permit to wait for ``rows`` for the duration of the block.

        Waits in line for it while the threads before it get their rows. Raises NoPermit after
        ``seconds``, the lock timeout of the database, or once those threads have waited for a part
        (``PATIENCE``) of it without getting a row. ``is_conflict`` says whether an exception of the
        block means that the rows stayed locked: the next wait for them then counts as the
        continuation.
        """
        wait = _Wait(rows)
        with self._changed:
            self._line.append(wait)
            try:
                self._wait_in_line(wait, seconds)
            except BaseException:  # also KeyboardInterrupt: those behind it would wait
                self._leave(wait)
                raise
        is_expired = False
        try:
            yield
        except Exception as error:
            is_expired = is_conflict(error)
            raise
        finally:
            with self._changed:
                self._leave(wait)
                self._note_end(wait, seconds * PATIENCE, is_expired=is_expired)

    def _wait_in_line(self, wait: _Wait, seconds: float) -> None:
        patience = seconds * PATIENCE
        deadline = time.monotonic() + seconds
        while not self._is_first(wait):
            until = min(deadline, self._last_sign_of_progress(wait) + patience)
            remaining = until - time.monotonic()
            if remaining <= 0:
                raise NoPermit
            self._changed.wait(remaining)
        now = time.monotonic()
        continued = [
            each.since
            for each in self._expired
            if each.rows & wait.rows and now - each.ended < patience
        ]
        wait.since = min([now, *continued])

    def _is_first(self, wait: _Wait) -> bool:
        """Return whether a permit is free, and nobody before ``wait`` waits for the same rows."""
        before = self._line[: self._line.index(wait)]
        return sum(each.since is not None for each in self._line) < self.permits and not any(
            each.rows & wait.rows for each in before
        )

    def _last_sign_of_progress(self, wait: _Wait) -> float:
        """Return since when it has been the turn of the threads that ``wait`` depends on.

        Of those that wait for the same rows, the one that has waited longest: it has to end. Of
        others, the one that came last: any of them has to end, unless a permit is free.
        """
        holders = [each for each in self._line if each.since is not None]
        same = [each.since for each in holders if each.since and each.rows & wait.rows]
        if same:
            return min(same)
        if len(holders) < self.permits:
            return time.monotonic()  # it is the turn of a thread that has not noticed yet
        return max(each.since for each in holders if each.since)

    def _leave(self, wait: _Wait) -> None:
        self._line.remove(wait)
        self._changed.notify_all()

    def _note_end(self, wait: _Wait, patience: float, *, is_expired: bool) -> None:
        """Remember a wait that ended without the rows; forget former ones that are over."""
        now = time.monotonic()
        self._expired = [
            each
            for each in self._expired
            if now - each.ended < patience and (is_expired or not each.rows & wait.rows)
        ]
        if is_expired:
            assert wait.since is not None  # noqa: S101 - it had a permit
            self._expired.append(_Expired(wait.rows, wait.since, now))


class _Attempt(threading.local):
    """What the transaction that runs in this thread does about rows that are locked."""

    has_permit = False
    fails_if_locked = False
    # The rows that it locked last, or could not lock.
    rows: Callable[[], Rows] = staticmethod(frozenset)


attempt = _Attempt()
lock_waits = LockWaits(PERMITS)


def must_not_wait(rows: Callable[[], Rows]) -> bool:
    """Return whether locking these rows must fail at once if they are locked.

    ``rows`` names them. It is called only if they are locked.
    """
    attempt.rows = rows
    return attempt.fails_if_locked


@contextmanager
def failing_if_locked() -> Iterator[None]:
    """Let ``must_not_wait()`` return true in this thread for the duration of the block."""
    former = attempt.fails_if_locked
    attempt.fails_if_locked, attempt.rows = True, frozenset
    try:
        yield
    finally:
        attempt.fails_if_locked = former


@contextmanager
def waiting_for(rows: Rows, *, seconds: float, is_conflict: IsConflict) -> Iterator[None]:
    """Hold a permit of this process, unless this thread has one already: see ``LockWaits``."""
    if attempt.has_permit:
        yield
        return
    with lock_waits.permit(rows, seconds=seconds, is_conflict=is_conflict):
        attempt.has_permit = True
        try:
            yield
        finally:
            attempt.has_permit = False
