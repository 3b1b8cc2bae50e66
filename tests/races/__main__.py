"""Runs every race on every database at hand and prints the README's table."""

import argparse
import sys

from tests.databases import DATABASES, missing
from tests.races.measure import measure
from tests.scale import SCALE

HEAD = ("Race", "Database", "Rounds", "Winners", "Refused", "Busy", "Errors", "Double bookings")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=SCALE.rounds)
    options = parser.parse_args()
    measured = {
        database: measure(database, clients=options.clients, rounds=options.rounds)
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
