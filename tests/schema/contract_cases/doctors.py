"""Contract cases of profiles, schedules and the search for doctors and slots."""

import datetime as dt

from clinic.models import TimeOff
from tests.schema.contract_cases.case import DEFAULT_WEEK, Case, Context, slot
from tests.support.booking import add_time_off
from tests.support.global_ids import cursor_of, id_of

WEEK = [{"weekday": "SUNDAY", "startTime": "22:00:00", "endTime": "00:00:00"}]
MORNING = ("2026-03-03T08:00:00+01:00", "2026-03-03T12:00:00+01:00")


def clinic(_context: Context) -> Case:
    rules = {
        "timeZone": "Europe/Berlin",
        "today": "2026-03-02",
        "leadTimeMinutes": 0,
        "horizonDays": 365,
    }
    return Case({"clinic": rules})


def upsert_profile(context: Context) -> Case:
    return Case(
        {
            "upsertProfile": {
                "__typename": "Doctor",
                "id": id_of(context.dora),
                "specialty": "Cardiology",
                "phoneNumber": "+4930654321",
                "experienceYears": 12,
                "slotMinutes": 45,
                "user": {"firstName": "Dora", "lastName": "Example"},
            }
        },
        {"input": {"doctor": {"phoneNumber": "030 654321", "slotMinutes": 45}}},
        context.dora.user,
    )


def set_working_hours(context: Context) -> Case:
    answer = {"__typename": "Doctor", "id": id_of(context.dora), "workingHours": WEEK}
    return Case({"setWorkingHours": answer}, {"input": {"hours": WEEK}}, context.dora.user)


def add_time_off_(context: Context) -> Case:
    starts_at, ends_at = MORNING
    sent = {"startsAt": starts_at, "endsAt": ends_at, "reason": "Congress"}

    def expected(_got: object) -> dict[str, object]:
        conflict = {
            "id": id_of(context.appointment),
            "date": "2026-03-03",
            "time": "09:00:00",
            "patient": {"id": id_of(context.ann)},
        }
        return {
            "addTimeOff": {
                "__typename": "TimeOff",
                "id": id_of(TimeOff.objects.get()),
                **sent,
                "conflicts": [conflict],
            }
        }

    return Case(expected, {"input": sent}, context.dora.user)


def saved_time_off(context: Context) -> TimeOff:
    starts_at, ends_at = map(dt.datetime.fromisoformat, MORNING)
    return add_time_off(context.dora, starts_at=starts_at, ends_at=ends_at, reason="Congress")


def my_schedule(context: Context) -> Case:
    off = saved_time_off(context)
    return Case(
        {
            "me": {
                "doctor": {
                    "id": id_of(context.dora),
                    "workingHours": DEFAULT_WEEK,
                    "timeOff": [
                        {
                            "id": id_of(off),
                            "startsAt": MORNING[0],
                            "endsAt": MORNING[1],
                            "reason": "Congress",
                            "conflicts": [
                                {
                                    "id": id_of(context.appointment),
                                    "date": "2026-03-03",
                                    "time": "09:00:00",
                                }
                            ],
                        }
                    ],
                }
            }
        },
        sender=context.dora.user,
    )


def remove_time_off(context: Context) -> Case:
    off = saved_time_off(context)
    answer = {"__typename": "TimeOff", "id": id_of(off)}
    return Case({"removeTimeOff": answer}, {"input": {"id": id_of(off)}}, context.dora.user)


def doctors(context: Context) -> Case:
    cursor = cursor_of("example", "dora", context.dora.pk)
    return Case(
        {
            "doctors": {
                "totalCount": 1,
                "pageInfo": {"hasNextPage": False, "endCursor": cursor},
                "edges": [
                    {
                        "cursor": cursor,
                        "node": {
                            "id": id_of(context.dora),
                            "specialty": "Cardiology",
                            "experienceYears": 12,
                            "slotMinutes": 30,
                            "user": {
                                "firstName": "Dora",
                                "lastName": "Example",
                                "avatarUrl": None,
                            },
                        },
                    }
                ],
            }
        },
        {"filters": {"search": "dora"}, "first": 5},
        context.ann.user,
    )


def search_doctors(context: Context) -> Case:
    node = {
        "id": id_of(context.dora),
        "specialty": "Cardiology",
        "user": {"firstName": "Dora", "lastName": "Example"},
    }
    return Case(
        {"doctors": {"edges": [{"node": node}]}},
        {"search": "exam", "specialty": "cardiology", "date": "2026-03-03"},
        context.ann.user,
    )


def specialties(context: Context) -> Case:
    return Case({"specialties": ["Cardiology"]}, sender=context.ann.user)


def available_slots(context: Context) -> Case:
    context.dora.working_hours.exclude(weekday=1).delete()
    context.dora.working_hours.update(end_time=dt.time(10, 15))
    return Case(
        {
            "doctor": {
                "id": id_of(context.dora),
                "workingHours": [
                    {"weekday": "TUESDAY", "startTime": "09:00:00", "endTime": "10:15:00"}
                ],
                "availableSlots": [
                    slot("09:00", "09:30"),
                    slot("09:30", "10:00"),
                    slot("09:00", "09:30", "2026-03-10"),
                    slot("09:30", "10:00", "2026-03-10"),
                ],
            }
        },
        {
            "doctorId": id_of(context.dora),
            "start": "2026-03-02",
            "days": 14,
            "moving": id_of(context.appointment),
        },
        context.ann.user,
    )


def next_available(context: Context) -> Case:
    entry = {
        "doctor": {"id": id_of(context.dora), "user": {"lastName": "Example"}},
        "slot": slot("09:00", "09:30", "2026-03-02"),
    }
    return Case(
        {"nextAvailable": [entry]}, {"specialty": "CARDIOLOGY", "first": 3}, context.ann.user
    )
