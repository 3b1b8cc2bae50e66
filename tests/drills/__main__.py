"""Let services fail while patients book, and print what was measured.

    python -m tests.drills [redis_outage] [database_outage]

Exits with status 1 if something exceeds its bound. DRILL_SECONDS is how long each outage lasts.
"""

import logging
import os
import sys
from importlib import import_module

import django

from tests.drills.result import Result

MODULES = (
    "redis_outage",
    "database_outage",
    "live_updates",
    "releases",
    "pooled_database",
    "failover",
)
HEAD = ("drill", "measured", "bound", "")


def main(names: list[str]) -> int:
    django.setup()
    logging.disable(logging.INFO)  # one line for each request
    seconds = int(os.environ.get("DRILL_SECONDS", "30"))
    results: list[Result] = []
    for name in names or MODULES:
        for result in import_module(f"tests.drills.{name}").measure(seconds):
            results.append(result)
            sys.stderr.write(f"{result.drill}: {result.measured}\n")
    cells = [
        (row.drill, row.measured, row.bound, "ok" if row.passed else "FAILED") for row in results
    ]
    lines = [HEAD, ("---",) * len(HEAD), *cells]
    sys.stdout.writelines(f"| {' | '.join(line)} |\n" for line in lines)
    return 0 if all(row.passed for row in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
