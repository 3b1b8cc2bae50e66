"""Concurrent clients: processes with their own database connections that start together."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier

from django.db import IntegrityError, connection, connections

Task = Callable[[], str]
BARRIER_TIMEOUT_SECONDS = 120


class Clients:
    """Processes that wait for their tasks and start them together."""

    def __init__(self, pipes: Sequence[Connection]) -> None:
        self._pipes = pipes

    def race(self, tasks: Sequence[Task]) -> list[str]:
        """Run one task in each client and return the results in the same order.

        There must be as many tasks as clients. An IntegrityError is reported as ``conflict``, any
        other exception as ``error: ...``.
        """
        for pipe, task in zip(self._pipes, tasks, strict=True):
            pipe.send(task)
        return [pipe.recv() for pipe in self._pipes]

    def stop(self) -> None:
        for pipe in self._pipes:
            pipe.send(None)


@contextmanager
def clients(count: int) -> Iterator[Clients]:
    """Fork ``count`` clients for the duration of the block; a fork need not load Django again."""
    connections.close_all()
    fork = multiprocessing.get_context("fork")
    barrier = fork.Barrier(count)
    pipes = [fork.Pipe() for _ in range(count)]
    processes = [
        fork.Process(target=_serve, args=(client_end, barrier), daemon=True)
        for _, client_end in pipes
    ]
    for process in processes:
        process.start()
    team = Clients([our_end for our_end, _ in pipes])
    yield team
    team.stop()
    for process in processes:
        process.join()


def _serve(pipe: Connection, barrier: Barrier) -> None:
    connection.ensure_connection()
    while (task := pipe.recv()) is not None:
        barrier.wait(BARRIER_TIMEOUT_SECONDS)
        pipe.send(_outcome(task))


def _outcome(task: Task) -> str:
    try:
        return task()
    except IntegrityError:
        return "conflict"
    except Exception as error:  # noqa: BLE001 - every exception must appear in the race's result
        return f"error: {type(error).__name__}: {error}"
