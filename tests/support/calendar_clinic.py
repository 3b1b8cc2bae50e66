"""The small clinic of the calendar's browser tests: two doctors, two clerks, three appointments."""

import datetime as dt

import time_machine

from tests.conftest import MONDAY_MORNING
from tests.support.admin_client import staff_with_permissions
from tests.support.booking import NINE, TEN, book_as_patient, book_as_staff, confirm
from tests.support.fixtures.people import make_doctor, make_patient, make_user, offer_type

# When the receptionists' morning begins: Ann's appointment has started, Ben's has not.
TUESDAY_MORNING = "2026-03-03T09:40:00+01:00"
CLERKS = ("Rita", "Udo")
RIGHTS = ("view", "add", "change")


def fill() -> None:
    """Add the people and the appointments of Tuesday 3 March 2026 to an empty database."""
    with time_machine.travel(MONDAY_MORNING, tick=True):
        rights = [f"{right}_{model}" for model in ("appointment", "patient") for right in RIGHTS]
        rita, _udo = [
            staff_with_permissions(make_user(name), *rights, "view_doctor", "add_timeoff")
            for name in CLERKS
        ]
        dora, emil = make_doctor("Dora"), make_doctor("Emil", "Dermatology")
        make_doctor("Fay")
        offer_type(dora, "Check-up", duration_minutes=30)
        ann, ben, cleo = (make_patient(name) for name in ("Ann", "Ben", "Cleo"))
        confirm(dora.user, book_as_patient(ann, dora, time=NINE))
        book_as_staff(rita, dora, ben, time=TEN)
        book_as_patient(cleo, emil, time=dt.time(11))
