"""Profiles, a doctor's schedule, and finding a doctor and a time."""

import datetime as dt

from clinic.booking.schedules import add_time_off
from clinic.models import TimeOff
from tests.schema.contract_cases.world import DEFAULT_WEEK, Scene, Stage, slot
from tests.support.global_ids import cursor_of, id_of

WEEK = [{"weekday": "SUNDAY", "startTime": "22:00:00", "endTime": "00:00:00"}]
MORNING = ("2026-03-03T08:00:00+01:00", "2026-03-03T12:00:00+01:00")


def clinic(_stage: Stage) -> Scene:
    known = {
        "timeZone": "Europe/Berlin",
        "today": "2026-03-02",
        "leadTimeMinutes": 0,
        "horizonDays": 365,
    }
    return Scene({"clinic": known})


def upsert_profile(stage: Stage) -> Scene:
    return Scene(
        {
            "upsertProfile": {
                "__typename": "Doctor",
                "id": id_of(stage.dora),
                "specialty": "Cardiology",
                "phoneNumber": "+4930654321",
                "experienceYears": 12,
                "slotMinutes": 45,
                "user": {"firstName": "Dora", "lastName": "Example"},
            }
        },
        {"input": {"doctor": {"phoneNumber": "030 654321", "slotMinutes": 45}}},
        stage.dora.user,
    )


def set_working_hours(stage: Stage) -> Scene:
    answer = {"__typename": "Doctor", "id": id_of(stage.dora), "workingHours": WEEK}
    return Scene({"setWorkingHours": answer}, {"input": {"hours": WEEK}}, stage.dora.user)


def add_time_off_(stage: Stage) -> Scene:
    starts_at, ends_at = MORNING
    sent = {"startsAt": starts_at, "endsAt": ends_at, "reason": "Congress"}

    def expected(_got: object) -> dict[str, object]:
        conflict = {
            "id": id_of(stage.appointment),
            "date": "2026-03-03",
            "time": "09:00:00",
            "patient": {"id": id_of(stage.ann)},
        }
        return {
            "addTimeOff": {
                "__typename": "TimeOff",
                "id": id_of(TimeOff.objects.get()),
                **sent,
                "conflicts": [conflict],
            }
        }

    return Scene(expected, {"input": sent}, stage.dora.user)


def taken_off(stage: Stage) -> TimeOff:
    starts_at, ends_at = map(dt.datetime.fromisoformat, MORNING)
    return add_time_off(stage.dora, starts_at=starts_at, ends_at=ends_at, reason="Congress")


def my_schedule(stage: Stage) -> Scene:
    off = taken_off(stage)
    return Scene(
        {
            "me": {
                "doctor": {
                    "id": id_of(stage.dora),
                    "workingHours": DEFAULT_WEEK,
                    "timeOff": [
                        {
                            "id": id_of(off),
                            "startsAt": MORNING[0],
                            "endsAt": MORNING[1],
                            "reason": "Congress",
                            "conflicts": [
                                {
                                    "id": id_of(stage.appointment),
                                    "date": "2026-03-03",
                                    "time": "09:00:00",
                                }
                            ],
                        }
                    ],
                }
            }
        },
        sender=stage.dora.user,
    )


def remove_time_off(stage: Stage) -> Scene:
    off = taken_off(stage)
    answer = {"__typename": "TimeOff", "id": id_of(off)}
    return Scene({"removeTimeOff": answer}, {"input": {"id": id_of(off)}}, stage.dora.user)


def doctors(stage: Stage) -> Scene:
    cursor = cursor_of("Example", "Dora", stage.dora.pk)
    return Scene(
        {
            "doctors": {
                "totalCount": 1,
                "pageInfo": {"hasNextPage": False, "endCursor": cursor},
                "edges": [
                    {
                        "cursor": cursor,
                        "node": {
                            "id": id_of(stage.dora),
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
        stage.ann.user,
    )


def search_doctors(stage: Stage) -> Scene:
    node = {
        "id": id_of(stage.dora),
        "specialty": "Cardiology",
        "user": {"firstName": "Dora", "lastName": "Example"},
    }
    return Scene(
        {"doctors": {"edges": [{"node": node}]}},
        {"search": "exam", "specialty": "cardiology", "date": "2026-03-03"},
        stage.ann.user,
    )


def specialties(stage: Stage) -> Scene:
    return Scene({"specialties": ["Cardiology"]}, sender=stage.ann.user)


def available_slots(stage: Stage) -> Scene:
    stage.dora.working_hours.exclude(weekday=1).delete()
    stage.dora.working_hours.update(end_time=dt.time(10, 15))
    return Scene(
        {
            "doctor": {
                "id": id_of(stage.dora),
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
            "doctorId": id_of(stage.dora),
            "start": "2026-03-02",
            "days": 14,
            "moving": id_of(stage.appointment),
        },
        stage.ann.user,
    )


def next_available(stage: Stage) -> Scene:
    found = {
        "doctor": {"id": id_of(stage.dora), "user": {"lastName": "Example"}},
        "slot": slot("09:00", "09:30", "2026-03-02"),
    }
    return Scene(
        {"nextAvailable": [found]}, {"specialty": "CARDIOLOGY", "first": 3}, stage.ann.user
    )
