"""Threads of a drill, which repeat something until it ends."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


@contextmanager
def running(threads: Sequence[threading.Thread], stopped: threading.Event) -> Iterator[None]:
    """Run the threads for the duration of the block. They end once ``stopped`` is set."""
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
