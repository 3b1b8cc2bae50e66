"""Run every race on every available database and print the table of docs/testing.md.

Requires ``DJANGO_SETTINGS_MODULE=tests.settings``.
"""

import argparse
import sys
from typing import Any

from tests.races.measure import Results, measure
from tests.races.over_http import measure_over_http
from tests.support.databases import DATABASES, missing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--race", action="append", default=[], help="run this race only")
    options = parser.parse_args()
    counts = {"clients": options.clients, "rounds": options.rounds}
    measured = {
        database: measure(database, **counts, races=options.race)
        | ({} if options.race else measure_over_http(database, **counts))
        for database in DATABASES
        if not missing(database)
    }
    lines = [*_table(measured), "", _summary(measured, **counts)]
    lines += [reason for reason in map(missing, DATABASES) if reason]
    sys.stdout.writelines(f"{line}\n" for line in lines)


def _table(measured: dict[str, Results]) -> list[str]:
    rows = [
        ["succeeded / rejected / errors", *measured],
        ["---"] * (len(measured) + 1),
        *(
            [race, *(_cell(results[race]) for results in measured.values())]
            for race in next(iter(measured.values()))
        ),
    ]
    return [f"| {' | '.join(row)} |" for row in rows]


def _cell(result: dict[str, Any]) -> str:
    rejected = result["rejected"] + result["busy"]
    return f"{result['succeeded']} / {rejected} / {result['errors']}"


def _summary(measured: dict[str, Results], *, clients: int, rounds: int) -> str:
    results = [result for races in measured.values() for result in races.values()]
    doubles = sum(result["double_bookings"] for result in results)
    mismatches = sum(len(result["mismatches"]) for result in results)
    return (
        f"{clients} clients, {rounds} rounds each. Double bookings: {doubles}."
        f" Inconsistent ticks, histories or responses: {mismatches}."
    )


if __name__ == "__main__":
    main()
