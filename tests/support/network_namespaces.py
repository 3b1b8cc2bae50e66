"""A network namespace beside this machine, connected to it by a pair of devices."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import NamedTuple

# The kernel removes a network after the call that deletes it has returned: each has its own number.
NUMBERS = count()


class NoNamespaces(Exception):
    """Network namespaces cannot be created here."""


class Namespace(NamedTuple):
    """Its name, the address of this machine beside it, and its own address."""

    name: str
    near: str
    far: str


@contextmanager
def network_namespace() -> Iterator[Namespace]:
    """Create a namespace for the duration of the block. Raises NoNamespaces."""
    number = next(NUMBERS)
    # 198.18.0.0/15 is reserved for measurements (RFC 2544).
    name, near, far = (
        f"cybermed-{os.getpid()}-{number}",
        f"198.18.77.{4 * number + 1}",
        f"198.18.77.{4 * number + 2}",
    )
    ours, theirs = (f"{os.getpid() % 10**6}{side}{number}" for side in "ab")
    try:
        ip("netns", "add", name)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NoNamespaces from error
    try:
        try:
            ip("link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", name)
            ip("addr", "add", f"{near}/30", "dev", ours)
            ip("link", "set", ours, "up")
            ip("-n", name, "addr", "add", f"{far}/30", "dev", theirs)
            ip("-n", name, "link", "set", theirs, "up")
        except subprocess.CalledProcessError as error:
            raise NoNamespaces from error
        yield Namespace(name, near, far)
    finally:
        ip("netns", "del", name)  # its end of the pair of devices goes with it, and so does ours


def ip(*arguments: str) -> None:
    """Run the program ``ip``."""
    program = Path("/usr/sbin/ip")
    command = [str(program) if program.exists() else "ip", *arguments]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own command
