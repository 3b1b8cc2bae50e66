"""Run a clinic as in production: ``check`` runs it through its steps, ``serve`` lets people use it.

Needs nginx, Redis and PostgreSQL: a temporary server unless POSTGRES_URL names one. The files of
docs/operations/files are used as they are, with other ports and paths.
"""

import argparse
import logging
import os
import signal
import sys
import traceback

import django

django.setup()

# The steps import models, which need Django to be set up.
from clinic.demo.accounts import PASSWORD, ROLES, email_of  # noqa: E402
from tests.production import site as production  # noqa: E402
from tests.production import steps  # noqa: E402
from tests.support.database_servers import given_or_named_server, not_installed  # noqa: E402
from tests.support.databases import SERVERS  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.production", description=__doc__)
    parser.add_argument("action", choices=("check", "serve"))
    action = parser.parse_args().action
    is_given = os.environ.get(SERVERS["PostgreSQL"])
    if reason := production.missing_program() or (
        None if is_given else not_installed("PostgreSQL")
    ):
        say(reason)
        return 1
    logging.disable(logging.INFO)  # one line for each request, and each command of an email
    # Without a handler SIGTERM would end this process, and leave the others running.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with given_or_named_server("PostgreSQL"), production.prepared_site() as site:
            return check(site) if action == "check" else serve(site)
    except KeyboardInterrupt:
        say("Stopped.")
        return 0 if action == "serve" else 1


def check(site: production.Site) -> int:
    """Run each step and print a line for it. Returns 1 at the first that fails."""
    functions = (steps.prepare, steps.start, *steps.CHECKS)
    for function in functions:
        try:
            results = function(site)
            for line in [results] if isinstance(results, str) else results:
                say(f"ok: {line}")
        except Exception as failure:  # noqa: BLE001 - whatever fails is reported as this step
            place = traceback.extract_tb(failure.__traceback__)[-1]
            name = function.__name__.removeprefix("check_").replace("_", " ")
            where = f"{place.filename.rpartition('/')[2]}:{place.lineno}"
            say(f"FAILED: {name}: {type(failure).__name__} in {where}: {failure}")
            for path in sorted(site.folder.glob("*.log")):
                last = path.read_text().splitlines()[-3:]
                say(*(f"  {path.name}: {line[:500]}" for line in last))
            return 1
    say("The clinic ran as in production.")
    return 0


def serve(site: production.Site) -> int:
    """Start the clinic and wait for Ctrl+C."""
    for function in (steps.prepare, steps.start):
        for line in function(site):
            say(line)
    say(
        "",
        f"{site.url}/ (its certificate is self-signed: browsers warn once)",
        f"Accounts: {', '.join(map(email_of, ROLES))}; password: {PASSWORD}",
        "Ctrl+C stops everything and deletes the data.",
    )
    while True:
        signal.pause()


def say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
