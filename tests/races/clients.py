"""Many clients, each a process with a database connection of its own, that act at one moment."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier

from django.db import IntegrityError, connection, connections

Task = Callable[[], str]
PATIENCE_SECONDS = 120


class Clients:
    """Processes that wait for their tasks and start them together."""

    def __init__(self, pipes: Sequence[Connection]) -> None:
        self._pipes = pipes

    def race(self, tasks: Sequence[Task]) -> list[str]:
        """Have each client do one of ``tasks``; what each was answered, in that order.

        There are as many tasks as clients. A database's conflict is answered
        ``conflict``, whatever nobody should see ``error: ...``.
        """
        for pipe, task in zip(self._pipes, tasks, strict=True):
            pipe.send(task)
        return [pipe.recv() for pipe in self._pipes]

    def stop(self) -> None:
        for pipe in self._pipes:
            pipe.send(None)


@contextmanager
def clients(count: int) -> Iterator[Clients]:
    """``count`` clients, forked, so that Django is loaded once for all of them."""
    connections.close_all()
    fork = multiprocessing.get_context("fork")
    barrier = fork.Barrier(count)
    pipes = [fork.Pipe() for _ in range(count)]
    processes = [
        fork.Process(target=_serve, args=(theirs, barrier), daemon=True) for _, theirs in pipes
    ]
    for process in processes:
        process.start()
    team = Clients([ours for ours, _ in pipes])
    yield team
    team.stop()
    for process in processes:
        process.join()


def _serve(pipe: Connection, barrier: Barrier) -> None:
    connection.ensure_connection()
    while (task := pipe.recv()) is not None:
        barrier.wait(PATIENCE_SECONDS)
        pipe.send(_answer(task))


def _answer(task: Task) -> str:
    try:
        return task()
    except IntegrityError:
        return "conflict"
    except Exception as error:  # noqa: BLE001 - whatever it is, the race must show it
        return f"error: {type(error).__name__}: {error}"
