"""Run all races on the database of ``DATABASE_URL`` and print the results as JSON.

Negative controls: with ``--without-ticks`` no ticks are stored, and the results must show double
bookings; with ``--without-locks`` no person and no row is locked before something is counted or
changed (SQLite: there are no transactions), and the results must show limits that are exceeded,
or inconsistent rows.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence

from django.core.management import call_command
from django.db.backends.sqlite3.base import DatabaseWrapper as SQLiteConnection

from clinic import guardians
from clinic.booking import access, date_exceptions
from clinic.models import Appointment, AppointmentChange, OfferedType, SpecialHours
from clinic.models.busy_tick import BusyTickManager
from clinic.people import merging, registration
from tests.races.checks import double_bookings, history_mismatches, tick_mismatches
from tests.races.clients import Clients, clients
from tests.races.people import People
from tests.races.result import RaceResult
from tests.races.scenarios import LOCK_CONTROLS, RACES, TICK_CONTROLS, Race


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--race", action="append", metavar="NAME", help="run this race only")
    parser.add_argument("--without-ticks", action="store_true")
    parser.add_argument("--without-locks", action="store_true")
    options = parser.parse_args(arguments)
    races: tuple[Race, ...] = RACES
    if options.without_ticks:
        disable_ticks()
        races = TICK_CONTROLS
    if options.without_locks:
        disable_locks()
        races = LOCK_CONTROLS
    if options.race:
        races = tuple(race for race in races if race.name in options.race)
    call_command("migrate", verbosity=0)
    people = People.create(options.clients)
    with clients(options.clients) as team:
        results = {
            race.name: run(
                race, team, people, options.rounds, until_wrong=options.without_locks
            ).as_dict()
            for race in races
        }
    json.dump(results, sys.stdout)


def disable_ticks() -> None:
    """Store no ticks in this process and in the clients it forks afterwards."""
    BusyTickManager.occupy = lambda *_args, **_options: None  # type: ignore[method-assign] # the guard under test


def disable_locks() -> None:
    """Lock nobody before a change, in this process and in the clients it forks afterwards.

    Registrations do not wait for each other either.
    SQLite has no locks of rows: its transactions are the guard. A deferred one instead of an
    immediate one is no control, because SQLite rejects a write after another transaction's, and
    the service functions then try again.
    """
    for module, guard in (
        (access, "lock_people"),
        (access, "lock_rows"),
        (guardians, "lock_people"),
        (merging, "lock_people"),
        (merging, "lock_rows"),
        (date_exceptions, "lock_rows"),
    ):
        setattr(module, guard, lambda *_args: set())
    setattr(registration, "lock_service", lambda *_args: None)  # noqa: B010 - not exported
    begin = "_start_transaction_under_autocommit"
    setattr(SQLiteConnection, begin, lambda _connection: None)


def run(race: Race, team: Clients, people: People, rounds: int, *, until_wrong: bool) -> RaceResult:
    """Run ``rounds`` of the race; with ``until_wrong`` none after one that went wrong."""
    result = RaceResult()
    started = time.monotonic()
    for _ in range(rounds):
        AppointmentChange.objects.all().delete()
        Appointment.objects.all().delete()
        OfferedType.objects.all().delete()
        SpecialHours.objects.all().delete()
        outcomes = team.race(race.tasks(people))
        result.add(outcomes, race.check(people, outcomes), tick_mismatches(), history_mismatches())
        result.double_bookings += double_bookings()
        if until_wrong and result.is_wrong(race.successes):
            break
    result.seconds = round(time.monotonic() - started, 1)
    return result
