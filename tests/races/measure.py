"""Run the races on a temporary database, in their own process."""

import json
from collections.abc import Sequence
from typing import Any

from tests.support.migrated_databases import migrated
from tests.support.processes import run

Results = dict[str, dict[str, Any]]


def measure(
    database: str, *, clients: int, rounds: int, without: str = "", races: Sequence[str] = ()
) -> Results:
    """Return the result of each race by its name.

    ``without``: the guard to switch off, "ticks" or "locks"; its negative controls are run only.
    ``races``: the names of those to run; all if it is empty.
    """
    options = [f"--clients={clients}", f"--rounds={rounds}"]
    options += [f"--without-{without}"] if without else []
    options += [f"--race={race}" for race in races]
    with migrated(database) as url:
        results: Results = json.loads(run("tests.races.run", *options, DATABASE_URL=url))
    return results
