"""Runs the races on a scratch database, in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.databases import scratch

ROOT = Path(__file__).resolve().parents[2]
Verdicts = dict[str, dict[str, Any]]


def measure(database: str, *, clients: int, rounds: int, without_ticks: bool = False) -> Verdicts:
    """The verdict on each race, by its name; without ticks, on the negative controls."""
    options = [f"--clients={clients}", f"--rounds={rounds}"]
    options += ["--without-ticks"] if without_ticks else []
    with scratch(database) as url:
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "tests.races.run", *options],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": url},
            stdout=subprocess.PIPE,
            check=True,
        )
    verdicts: Verdicts = json.loads(done.stdout)
    return verdicts
