"""Runs the races on a scratch database, in a process of its own."""

import json
from typing import Any

from tests.support.databases import scratch
from tests.support.processes import run

Verdicts = dict[str, dict[str, Any]]


def measure(database: str, *, clients: int, rounds: int, without_ticks: bool = False) -> Verdicts:
    """The verdict on each race, by its name; without ticks, on the negative controls."""
    options = [f"--clients={clients}", f"--rounds={rounds}"]
    options += ["--without-ticks"] if without_ticks else []
    with scratch(database) as url:
        verdicts: Verdicts = json.loads(run("tests.races.run", *options, DATABASE_URL=url))
    return verdicts
