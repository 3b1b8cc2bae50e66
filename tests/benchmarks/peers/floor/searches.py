"""R3 and R4: the open slots of a doctor, and the earliest of all doctors of a specialty."""

import datetime as dt
from itertools import islice
from typing import Any

from tests.benchmarks.peers.floor.calendars import (
    HORIZON_DAYS,
    ZONE,
    Days,
    Search,
    period,
    statement,
)
from tests.benchmarks.peers.floor.session import Row, Session
from users.folding import equality_key

ONE_DOCTOR = statement("d.id = %(doctor)s")
SPECIALTY = statement("d.specialty_key = %(specialty)s AND d.id != ALL (%(found)s)")
# Of the first step; each further one is twice as long.
FIRST_DAYS = 2


def slots(session: Session, parameters: dict[str, str], doctor: str) -> tuple[str, Any]:
    now = dt.datetime.now(ZONE)
    first = now.toordinal()
    last = first + min(int(parameters["days"]) - 1, HORIZON_DAYS)
    caller = session.user if session.is_patient else 0
    *doctors, of_caller = session.rows(
        ONE_DOCTOR, {"doctor": int(doctor), "caller": caller, **period(first, last)}
    )
    if not doctors:
        return "404 Not Found", {}
    [row] = doctors
    days = Days(row[3])
    found = Search(of_caller, first, last, now).open_slots(row)
    return "200 OK", {"id": row[0], "available_slots": [days.slot(*slot) for slot in found]}


def next_available(session: Session, parameters: dict[str, str]) -> tuple[str, Any]:
    now, wanted = dt.datetime.now(ZONE), int(parameters["first"])
    first = now.toordinal()
    horizon, length = first + HORIZON_DAYS, FIRST_DAYS
    found: list[tuple[int, int, int, int, Row]] = []
    while first <= horizon and len(found) < wanted:
        last = min(first + length - 1, horizon)
        *doctors, of_caller = session.rows(
            SPECIALTY,
            {
                "specialty": equality_key(parameters["specialty"]),
                "found": [row[0] for *_, row in found],
                "caller": session.user if session.is_patient else 0,
                **period(first, last),
            },
        )
        if not doctors:
            break
        search = Search(of_caller, first, last, now)
        for row in doctors:
            for day, minute in islice(search.open_slots(row), 1):
                found.append((day, minute, row[3], row[0], row))
        first, length = last + 1, length * 2
    earliest = sorted(found)[:wanted]
    return "200 OK", [
        {"doctor": doctor_of(row), "slot": Days(row[3]).slot(day, minute)}
        for day, minute, _, _, row in earliest
    ]


def doctor_of(row: Row) -> dict[str, object]:
    names = {"first_name": row[13], "last_name": row[14]}
    return {"id": row[0], "specialty": row[12], "user": {"id": row[1], **names}}
