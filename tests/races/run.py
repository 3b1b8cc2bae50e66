"""Run all races on the database of ``DATABASE_URL`` and print the results as JSON.

Negative controls: with ``--without-ticks`` no ticks are stored, and the results must show double
bookings; with ``--without-locks`` nobody is locked before a limit is counted, and it is exceeded.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence

from django.core.management import call_command

from clinic.booking import access
from clinic.models import Appointment, AppointmentChange
from clinic.models.busy_tick import BusyTickManager
from tests.races.checks import double_bookings, history_mismatches, tick_mismatches
from tests.races.clients import Clients, clients
from tests.races.people import People
from tests.races.result import RaceResult
from tests.races.scenarios import LOCK_CONTROLS, RACES, TICK_CONTROLS, Race


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--clients", type=int, default=50)
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
    call_command("migrate", verbosity=0)
    people = People.create(options.clients)
    with clients(options.clients) as team:
        results = {race.name: run(race, team, people, options.rounds).as_dict() for race in races}
    json.dump(results, sys.stdout)


def disable_ticks() -> None:
    """Store no ticks in this process and in the clients it forks afterwards."""
    BusyTickManager.occupy = lambda *_args, **_options: None  # type: ignore[method-assign] # the guard under test


def disable_locks() -> None:
    """Lock nobody before a booking, in this process and in the clients it forks afterwards."""
    for guard in ("lock_people", "lock_rows"):
        setattr(access, guard, lambda *_args: None)


def run(race: Race, team: Clients, people: People, rounds: int) -> RaceResult:
    result = RaceResult()
    started = time.monotonic()
    for _ in range(rounds):
        AppointmentChange.objects.all().delete()
        Appointment.objects.all().delete()
        outcomes = team.race(race.tasks(people))
        result.add(outcomes, race.check(people, outcomes), tick_mismatches(), history_mismatches())
        result.double_bookings += double_bookings()
    result.seconds = round(time.monotonic() - started, 1)
    return result
