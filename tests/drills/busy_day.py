"""A day of a city: patients and doctors use the clinic in every way at once."""

import json
import time

from tests.drills.clients import outcomes, slowest, wrong_state
from tests.drills.clinic import clinic
from tests.drills.mixed import Mixed
from tests.drills.result import Result
from tests.support.database_servers import SERVER_TYPES, not_installed
from tests.support.processes import run

PATIENTS = 40
# A day takes so many times as long as the other drills.
FACTOR = 2
# Operations of doctors that access a patient's record.
AUDITED = ("PatientById", "ConfirmAppointment", "RecordArrival")
BOUND = "0 lost, 0 doubled; ticks, histories and access records complete; expected answers only"


def measure(seconds: int) -> list[Result]:
    """Run the drill for twice so long."""
    return [_measure(database, FACTOR * seconds) for database in SERVER_TYPES]


def _measure(database: str, seconds: int) -> Result:
    drill = f"a day in {seconds} s, {database}"
    if reason := not_installed(database):
        return Result(drill, reason, BOUND, passed=False)
    with clinic(database, PATIENTS, WEB_CONCURRENCY="2") as running:
        day = Mixed(running.url, running.people)
        with day.sending():
            time.sleep(seconds)  # the day
        lost, doubled = wrong_state(running.database, day.acknowledged)
        state = json.loads(run("tests.races.final_state", DATABASE_URL=running.database))
        records = json.loads(run("tests.drills.records", DATABASE_URL=running.database))
    unrecorded = {
        name: day.answered[name] - records.get(name, 0)
        for name in AUDITED
        if records.get(name, 0) < day.answered[name]
    }
    return Result(
        drill,
        f"{len(day.attempts)} requests {outcomes(day.attempts)}, {slowest(day.attempts)}; {lost} "
        f"lost, {doubled + state['double_bookings']} doubled, {len(state['mismatches'])} "
        f"mismatches, {sum(day.answered[name] for name in AUDITED)} accesses, "
        f"{sum(unrecorded.values())} without a record",
        BOUND,
        passed=not day.unexpected()
        and (lost, doubled, state["double_bookings"]) == (0, 0, 0)
        and not state["mismatches"]
        and not unrecorded
        and all(day.answered[name] for name in AUDITED),
    )
