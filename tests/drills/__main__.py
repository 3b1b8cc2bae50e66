"""Let services fail while patients book, and print what was measured.

    python -m tests.drills [NAME ...]

Without names all run. Exits with status 1 if something exceeds its bound. DRILL_SECONDS is how long
each takes; with DRILL_TIMES=0 seconds and memory are printed, and not judged.
"""

import logging
import os
import sys
from importlib import import_module

import django

from tests.drills.result import Result

MODULES = (
    "server_kills",
    "row_lock",
    "disk_full",
    "connections",
    "restarts",
    "slow_clients",
    "sqlite_writers",
    "lost_answers",
    "busy_day",
    "dumps",
    "endurance",
    "black_hole",
    "silent_mail",
    "redis_outage",
    "database_outage",
    "live_updates",
    "releases",
    "pooled_database",
    "failover",
)
HEAD = ("drill", "measured", "bound", "")
OK, SLOW = "ok", "ok, slow"


def main(names: list[str]) -> int:
    django.setup()
    logging.disable(logging.INFO)  # one line for each request
    seconds = int(os.environ.get("DRILL_SECONDS", "30"))
    results: list[Result] = []
    for name in names or MODULES:
        for result in import_module(f"tests.drills.{name}").measure(seconds):
            results.append(result)
            sys.stderr.write(f"{result.drill}: {result.measured}\n")
    are_judged = os.environ.get("DRILL_TIMES") != "0"
    cells = [
        (row.drill, row.measured, row.bound, _verdict(row, are_judged=are_judged))
        for row in results
    ]
    lines = [HEAD, ("---",) * len(HEAD), *cells]
    sys.stdout.writelines(f"| {' | '.join(line)} |\n" for line in lines)
    return 0 if all(verdict in {OK, SLOW} for *_, verdict in cells) else 1


def _verdict(row: Result, *, are_judged: bool) -> str:
    if not row.passed:
        return "FAILED"
    if row.in_time:
        return OK
    return "TOO SLOW" if are_judged else SLOW


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
