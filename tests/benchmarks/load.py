"""Load from eight connections without pauses, by wrk."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 8
MAX_SECONDS = 60
SCRIPT = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True, slots=True)
class Load:
    """The result of one run; requests per second, and latencies in milliseconds."""

    rate: float
    p50: float
    p99: float
    requests: int
    sent: int


class LoadFailed(Exception):
    """Some responses were errors or not the expected ones, so the measured rate is meaningless."""


def load(address: str, requests: Path, *, seconds: float, expected: str = "") -> Load:
    """Send the requests of a file to ``address`` repeatedly. Raises ``LoadFailed``.

    Each response must contain the text ``expected``; without one, only its status is checked.
    Takes longer if there were too few responses to measure.
    """
    # wrk takes whole seconds only.
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "--timeout=30s"]
    done = subprocess.run(  # noqa: S603 - our own arguments, no shell
        [
            *command,
            f"-s{SCRIPT}",
            f"http://{address}/",
            "--",
            str(requests),
            *filter(None, [expected]),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    measured = json.loads(done.stdout.splitlines()[-1])
    if measured["errors"] or measured["unexpected"]:
        raise LoadFailed(f"{address}: {measured}")
    if measured["requests"] < 2 * CONNECTIONS and seconds < MAX_SECONDS:
        return load(address, requests, seconds=2 * seconds, expected=expected)
    return Load(
        rate=measured["requests"] / (measured["microseconds"] / 1e6),
        p50=measured["p50"] / 1e3,
        p99=measured["p99"] / 1e3,
        requests=measured["requests"],
        sent=measured["sent"],
    )
