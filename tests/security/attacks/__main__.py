"""Run the attacks and print the table of SECURITY.md. The exit status is 1 if one succeeds.

Needs PostgreSQL (``POSTGRES_URL``) and ``DJANGO_SETTINGS_MODULE=tests.settings``. Arguments name
the modules to run; all of them unless there are any.
"""

import logging
import sys
from importlib import import_module

import django

from tests.security.attacks.measurement import Measurement

MODULES = (
    "bursts",
    "email_flood",
    "pictures",
    "body_flood",
    "costly_minute",
)
HEAD = ("attack", "server", "guard off", "measured", "bound")


def main(names: list[str]) -> int:
    django.setup()
    logging.disable(logging.INFO)  # one line for each request and each command of an email
    rows: list[Measurement] = []
    for name in names or MODULES:
        rows += import_module(f"tests.security.attacks.{name}").measure()
    cells = [[str(cell) or "-" for cell in row[: len(HEAD)]] for row in rows]
    lines = [HEAD, ["---"] * len(HEAD), *cells]
    sys.stdout.writelines(f"| {' | '.join(line)} |\n" for line in lines)
    return 0 if all(row.is_within_bound for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
