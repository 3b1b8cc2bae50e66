"""Runs every race on every database at hand and prints the README's table.

``DJANGO_SETTINGS_MODULE`` is ``tests.settings``.
"""

import argparse
import sys

from tests.databases import DATABASES, missing
from tests.races.measure import measure
from tests.races.over_http import measure_over_http

HEAD = ("Race", "Database", "Rounds", "Winners", "Refused", "Busy", "Errors", "Double bookings")


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
    rows = [
        (race, database, *(verdict[column.lower().replace(" ", "_")] for column in HEAD[2:]))
        for race in next(iter(measured.values()))
        for database, verdict in ((name, races[race]) for name, races in measured.items())
    ]
    print_line = sys.stdout.write
    for row in (HEAD, ("---",) * len(HEAD), *rows):
        print_line(f"| {' | '.join(map(str, row))} |\n")
    for line in filter(None, map(missing, DATABASES)):
        print_line(f"\n{line}\n")


if __name__ == "__main__":
    main()
