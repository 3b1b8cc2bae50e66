"""Contract cases of appointment types, special hours and closures."""

import datetime as dt

from clinic import clock
from clinic.booking.date_exceptions import add_closure, set_special_hours
from clinic.models import AppointmentType, Closure
from tests.schema.contract_cases.case import Case, Context
from tests.support.fixtures.people import make_user, offer_type
from tests.support.global_ids import id_of
from users.models import User

TUESDAY, SATURDAY = dt.date(2026, 3, 3), dt.date(2026, 3, 7)


def staff() -> User:
    return make_user("Sam", is_staff=True, is_superuser=True)


def type_parts(offered: AppointmentType, **changes: object) -> dict[str, object]:
    """Return the fragment ``TypeParts`` of a type of 30 minutes, with ``changes``."""
    return {
        "id": id_of(offered),
        "name": "Check-up",
        "description": "",
        "durationMinutes": 30,
        "bufferBeforeMinutes": 0,
        "bufferAfterMinutes": 0,
        "confirmation": "MANUAL",
        "bookableBy": "PATIENTS",
        "leadTimeMinutes": None,
        "cancellationNoticeMinutes": 0,
        "maxPerDay": None,
        "active": True,
    } | changes


def appointment_types(context: Context) -> Case:
    offered = offer_type(context.dora)
    offer_type(context.dora, "Old", active=False)
    return Case({"appointmentTypes": [type_parts(offered)]}, {}, context.ann.user)


def save_appointment_type(_context: Context) -> Case:
    sent = {
        "name": "Blood test",
        "description": "Do not eat before.",
        "durationMinutes": 10,
        "bufferAfterMinutes": 5,
        "confirmation": "AUTOMATIC",
        "leadTimeMinutes": 120,
        "cancellationNoticeMinutes": 60,
        "maxPerDay": 8,
    }

    def expected(_got: object) -> dict[str, object]:
        saved = type_parts(AppointmentType.objects.get(), **sent)
        return {"saveAppointmentType": {"__typename": "AppointmentType", **saved}}

    return Case(expected, {"input": sent}, staff())


def set_appointment_types(context: Context) -> Case:
    first, second = offer_type(context.dora, "First"), offer_type(context.dora, "Second")
    types = [{"id": id_of(kind), "name": kind.name} for kind in (second, first)]
    answer = {"__typename": "Doctor", "id": id_of(context.dora), "appointmentTypes": types}
    sent = {"appointmentTypeIds": [kind["id"] for kind in types]}
    return Case({"setAppointmentTypes": answer}, {"input": sent}, context.dora.user)


def set_special_hours_(context: Context) -> Case:
    hours = [{"startTime": "09:00:00", "endTime": "12:00:00"}]
    answer = {
        "__typename": "Doctor",
        "id": id_of(context.dora),
        "specialHours": [{"date": "2026-03-07", "hours": hours}],
    }
    sent = {
        "doctorId": id_of(context.dora),
        "date": "2026-03-07",
        "hours": [
            {"startTime": "10:00", "endTime": "12:00"},
            {"startTime": "09:00", "endTime": "10:00"},
        ],
    }
    return Case({"setSpecialHours": answer}, {"input": sent}, staff())


def remove_special_hours(context: Context) -> Case:
    set_special_hours(context.dora, SATURDAY, [], clock.now())
    answer = {"__typename": "Doctor", "id": id_of(context.dora), "specialHours": []}
    sent = {"date": "2026-03-07"}
    return Case({"removeSpecialHours": answer}, {"input": sent}, context.dora.user)


def slots_of_type(context: Context) -> Case:
    offer_type(context.dora, "Short", duration_minutes=15)
    offered = offer_type(context.dora, "Long", duration_minutes=120, buffer_before_minutes=60)
    set_special_hours(context.dora, TUESDAY, [(dt.time(9), dt.time(13))], clock.now())
    # Booked until 9:30; an hour before the start must be free.
    times = ["10:30:00", "11:00:00"]
    slots = [{"date": "2026-03-03", "time": time, "durationMinutes": 120} for time in times]
    sent = {
        "doctorId": id_of(context.dora),
        "appointmentTypeId": id_of(offered),
        "start": "2026-03-03",
    }
    return Case({"doctor": {"availableSlots": slots}}, sent, context.ann.user)


def next_available_of_type(context: Context) -> Case:
    offered = offer_type(context.dora, "Long", duration_minutes=60)
    slot = {"date": "2026-03-02", "time": "09:00:00", "durationMinutes": 60}
    answer = [{"doctor": {"id": id_of(context.dora)}, "slot": slot}]
    return Case({"nextAvailable": answer}, {"appointmentTypeId": id_of(offered)}, context.ann.user)


def clinic_days(_context: Context) -> Case:
    closure = add_closure(name="Works outing", first_day=TUESDAY, last_day=TUESDAY, now=clock.now())
    days = {"firstDay": "2026-03-03", "lastDay": "2026-03-03"}
    closures = [{"id": id_of(closure), "name": "Works outing", **days, "conflicts": []}]
    answer = {"name": "CyberMed", "phoneNumber": "", "address": "", "closures": closures}
    return Case({"clinic": answer})


def add_closure_(context: Context) -> Case:
    sent = {"name": "Works outing", "firstDay": "2026-03-03", "lastDay": "2026-03-04"}

    def expected(_got: object) -> dict[str, object]:
        conflicts = [{"id": id_of(context.appointment)}]
        answer = {"id": id_of(Closure.objects.get()), **sent, "conflicts": conflicts}
        return {"addClosure": {"__typename": "Closure", **answer}}

    return Case(expected, {"input": sent}, staff())


def remove_closure(_context: Context) -> Case:
    closure = add_closure(name="Works outing", first_day=TUESDAY, last_day=TUESDAY, now=clock.now())
    answer = {"__typename": "Closure", "id": id_of(closure), "name": "Works outing"}
    return Case({"removeClosure": answer}, {"input": {"id": id_of(closure)}}, staff())
