"""All races on the database of ``DATABASE_URL``, the verdicts printed as JSON.

``--without-ticks`` is the negative control: nobody's time is taken, and the
verdicts must show double bookings.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence

from django.core.management import call_command

from clinic.models import Appointment, AppointmentChange
from clinic.models.busy_tick import BusyTickManager
from tests.races.checks import double_bookings, history_astray, ticks_astray
from tests.races.clients import Clients, clients
from tests.races.scenarios import CONTROLS, RACES, Cast, Race
from tests.races.verdict import Verdict


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--without-ticks", action="store_true")
    options = parser.parse_args(arguments)
    if options.without_ticks:
        switch_the_ticks_off()
    call_command("migrate", verbosity=0)
    cast = Cast.enter(options.clients)
    with clients(options.clients) as team:
        verdicts = {
            race.name: run(race, team, cast, options.rounds).as_dict()
            for race in (CONTROLS if options.without_ticks else RACES)
        }
    json.dump(verdicts, sys.stdout)


def switch_the_ticks_off() -> None:
    """Before the clients are forked, so that it holds in each of them, and here alone."""
    BusyTickManager.occupy = lambda *_args, **_options: None  # type: ignore[method-assign] # the sabotage


def run(race: Race, team: Clients, cast: Cast, rounds: int) -> Verdict:
    verdict = Verdict()
    started = time.monotonic()
    for _ in range(rounds):
        AppointmentChange.objects.all().delete()
        Appointment.objects.all().delete()
        answers = team.race(race.tasks(cast))
        verdict.add(answers, race.check(cast, answers), ticks_astray(), history_astray())
        verdict.double_bookings += double_bookings()
    verdict.seconds = round(time.monotonic() - started, 1)
    return verdict
