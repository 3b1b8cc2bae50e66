"""Eight connections that never pause: wrk, and what it measured."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 8
MAX_SECONDS = 60
SCRIPT = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True, slots=True)
class Load:
    """What came of one run; latencies in milliseconds."""

    rate: float
    p50: float
    p99: float
    requests: int
    sent: int


class LoadFailed(Exception):
    """Some answers were not what the workload is about, so that its rate means nothing."""


def load(address: str, requests: Path, *, seconds: float, expected: str = "") -> Load:
    """Send the requests of a file to ``address`` over and over. Raises ``LoadFailed``.

    Each answer must hold the text ``expected``; without one, only its status is looked at.
    Goes on for longer where hardly anything was answered.
    """
    # wrk knows whole seconds only.
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
    told = json.loads(done.stdout.splitlines()[-1])
    if told["errors"] or told["refused"]:
        raise LoadFailed(f"{address}: {told}")
    if told["requests"] < 2 * CONNECTIONS and seconds < MAX_SECONDS:
        return load(address, requests, seconds=2 * seconds, expected=expected)
    return Load(
        rate=told["requests"] / (told["microseconds"] / 1e6),
        p50=told["p50"] / 1e3,
        p99=told["p99"] / 1e3,
        requests=told["requests"],
        sent=told["sent"],
    )
