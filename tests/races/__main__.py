"""Runs every race on every database at hand and prints the table of docs/testing.md.

``DJANGO_SETTINGS_MODULE`` is ``tests.settings``.
"""

import argparse
import sys
from typing import Any

from tests.races.measure import Verdicts, measure
from tests.races.over_http import measure_over_http
from tests.support.databases import DATABASES, missing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    counts = {"clients": options.clients, "rounds": options.rounds}
    measured = {
        database: measure(database, **counts) | measure_over_http(database, **counts)
        for database in DATABASES
        if not missing(database)
    }
    lines = [*_table(measured), "", _summary(measured, **counts)]
    lines += [reason for reason in map(missing, DATABASES) if reason]
    sys.stdout.writelines(f"{line}\n" for line in lines)


def _table(measured: dict[str, Verdicts]) -> list[str]:
    rows = [
        ["succeeded / rejected / errors", *measured],
        ["---"] * (len(measured) + 1),
        *(
            [race, *(_cell(verdicts[race]) for verdicts in measured.values())]
            for race in next(iter(measured.values()))
        ),
    ]
    return [f"| {' | '.join(row)} |" for row in rows]


def _cell(verdict: dict[str, Any]) -> str:
    refused = verdict["refused"] + verdict["busy"]
    return f"{verdict['winners']} / {refused} / {verdict['errors']}"


def _summary(measured: dict[str, Verdicts], *, clients: int, rounds: int) -> str:
    verdicts = [verdict for races in measured.values() for verdict in races.values()]
    doubles = sum(verdict["double_bookings"] for verdict in verdicts)
    astray = sum(len(verdict["astray"]) for verdict in verdicts)
    return (
        f"{clients} clients, {rounds} rounds each. Double bookings: {doubles}."
        f" Ticks, histories or answers that do not agree: {astray}."
    )


if __name__ == "__main__":
    main()
