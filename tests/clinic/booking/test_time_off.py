"""Time off, which never changes appointments, and the appointments inside it."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from time_machine import Traveller

from clinic import clock as clinic_clock
from clinic.booking.schedules import (
    conflicts_of,
    open_appointments_around,
    remove_time_off,
    upcoming_time_off,
)
from clinic.models import Appointment, Doctor, Patient, TimeOff
from tests.support.booking import (
    NINE,
    TEN,
    TUESDAY,
    add_time_off,
    book_as_doctor,
    book_as_patient,
    cancel,
)


def off(doctor: Doctor, starts_at: str, ends_at: str, reason: str = "") -> TimeOff:
    return add_time_off(
        doctor,
        starts_at=dt.datetime.fromisoformat(starts_at),
        ends_at=dt.datetime.fromisoformat(ends_at),
        reason=reason,
    )


def test_add_time_off_stores_start_end_and_reason(dora: Doctor) -> None:
    added = off(dora, "2026-03-03T09:00:00+01:00", "2026-03-04T09:00:00+01:00", "Congress")
    assert list(TimeOff.objects.values()) == [
        {
            "id": added.pk,
            "doctor_id": dora.pk,
            "starts_at": dt.datetime(2026, 3, 3, 8, tzinfo=dt.UTC),
            "ends_at": dt.datetime(2026, 3, 4, 8, tzinfo=dt.UTC),
            "reason": "Congress",
        }
    ]


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "reason", "answer"),
    [
        ("03T09:00:00+01:00", "03T09:00:00+01:00", "", {"ends_at": ["invalid"]}),
        ("03T09:00:00+01:00", "03T08:00:00+01:00", "", {"ends_at": ["invalid"]}),
        ("03T09:00:00+01:00", "03T10:00:00+01:00", "x" * 201, {"reason": ["max_length"]}),
        ("03T09:00:00+01:00", "03T10:00:00+01:00", "\x00", {"reason": ["invalid"]}),
        # It is 08:00 on 2 March.
        ("01T09:00:00+01:00", "02T08:00:00+01:00", "", {"ends_at": ["in_the_past"]}),
        ("01T09:00:00+01:00", "02T09:00:00+02:00", "", {"ends_at": ["in_the_past"]}),
        ("01T09:00:00+01:00", "01T08:00:00+01:00", "", {"ends_at": ["invalid"]}),
    ],
)
def test_add_time_off_rejects_invalid_period_and_reason(
    dora: Doctor, starts_at: str, ends_at: str, reason: str, answer: dict[str, list[str]]
) -> None:
    with pytest.raises(ValidationError) as caught:
        off(dora, f"2026-03-{starts_at}", f"2026-03-{ends_at}", reason)
    codes = {
        field: [error.code for error in errors] for field, errors in caught.value.error_dict.items()
    }
    assert (codes, TimeOff.objects.count()) == (answer, 0)


def test_add_time_off_in_the_repeated_hour_is_past_by_elapsed_time(
    dora: Doctor, clock: Traveller
) -> None:
    # The clock shows 02:30 for the second time: 02:45 in the same zone was 45 minutes ago, or
    # is in 15 minutes.
    clock.move_to("2026-10-25T02:30:00+01:00")
    start, end = (
        dt.datetime.combine(dt.date(2026, 10, 25), time, clinic_clock.zone())
        for time in (dt.time(1), dt.time(2, 45))
    )
    with pytest.raises(ValidationError) as caught:
        add_time_off(dora, starts_at=start, ends_at=end)
    assert [error.code for error in caught.value.error_dict["ends_at"]] == ["in_the_past"]
    added = add_time_off(dora, starts_at=start, ends_at=end.replace(fold=1))
    assert list(upcoming_time_off([dora.pk], clinic_clock.now())) == [added]


def test_time_off_that_has_ended_accepts_a_new_reason_and_is_removed(
    dora: Doctor, clock: Traveller
) -> None:
    added = off(dora, "2026-03-03T09:00:00+01:00", "2026-03-04T09:00:00+01:00", "Congress")
    clock.move_to("2026-03-05T09:00:00+01:00")
    added = TimeOff.objects.get(pk=added.pk)
    added.reason = "Course"
    added.full_clean()
    added.save()
    assert TimeOff.objects.get().reason == "Course"
    remove_time_off(dora, added.pk)
    assert not TimeOff.objects.exists()


def conflicts(time_off: list[TimeOff]) -> list[list[Appointment]]:
    return list(conflicts_of(time_off, list(open_appointments_around(time_off))).values())


def test_conflicts_of_returns_open_appointments_in_time_off(
    ann: Patient, ben: Patient, dora: Doctor, emil: Doctor
) -> None:
    before = book_as_patient(ann, dora, time=NINE)
    inside = book_as_patient(ben, dora, time=TEN)
    partly = book_as_doctor(dora, ann, TUESDAY, dt.time(9, 45), duration_minutes=15)
    cancel(ann.user, book_as_patient(ann, dora, time=dt.time(11)))
    book_as_patient(ann, emil, time=TEN)
    first = off(dora, "2026-03-03T09:50:00+01:00", "2026-03-03T12:00:00+01:00")
    second = off(dora, "2026-03-03T08:00:00+01:00", "2026-03-03T09:00:01+01:00")
    other = off(emil, "2026-03-03T11:00:00+01:00", "2026-03-03T12:00:00+01:00")
    assert conflicts([first, second, other]) == [[partly, inside], [before], []]


def test_conflicts_of_returns_a_long_appointment_that_starts_before_others(
    ann: Patient, ben: Patient, dora: Doctor
) -> None:
    long = Appointment(doctor=dora, patient=ann, date=TUESDAY, time=NINE, duration_minutes=180)
    short = Appointment(doctor=dora, patient=ben, date=TUESDAY, time=TEN, duration_minutes=15)
    later = Appointment(
        doctor=dora, patient=ben, date=TUESDAY, time=dt.time(13), duration_minutes=15
    )
    period = off(dora, "2026-03-03T11:00:00+01:00", "2026-03-03T12:00:00+01:00")
    assert conflicts_of([period], [long, short, later]) == {period.pk: [long]}


def test_open_appointments_around_excludes_days_between_periods(ann: Patient, dora: Doctor) -> None:
    first, between, last = (
        book_as_patient(ann, dora, TUESDAY + dt.timedelta(days)) for days in (0, 1, 2)
    )
    periods = [
        off(dora, "2026-03-03T11:00:00+01:00", "2026-03-03T12:00:00+01:00"),
        off(dora, "2026-03-05T11:00:00+01:00", "2026-03-05T12:00:00+01:00"),
    ]
    assert list(open_appointments_around(periods)) == [first, last]
    together = off(dora, "2026-03-04T11:00:00+01:00", "2026-03-04T12:00:00+01:00")
    assert list(open_appointments_around([*periods, together])) == [first, between, last]


def test_open_appointments_around_accepts_thousands_of_periods(ann: Patient, dora: Doctor) -> None:
    appointment = book_as_patient(ann, dora)
    start = dt.datetime(2026, 3, 3, tzinfo=dt.UTC)
    periods = [
        TimeOff(
            doctor=dora,
            starts_at=start + dt.timedelta(days=2 * n),
            ends_at=start + dt.timedelta(days=2 * n, hours=1),
        )
        for n in range(3_000)
    ]
    assert list(open_appointments_around(periods)) == [appointment]


def test_conflicts_of_time_off_until_end_of_calendar(ann: Patient, dora: Doctor) -> None:
    appointment = book_as_patient(ann, dora)
    forever = off(dora, "2026-03-01T00:00:00+01:00", "9999-12-31T23:59:59+01:00")
    assert (conflicts([forever]), conflicts([])) == ([[appointment]], [])


def test_upcoming_time_off_excludes_time_off_that_has_ended(dora: Doctor, clock: Traveller) -> None:
    later = off(dora, "2026-03-05T09:00:00+01:00", "2026-03-05T10:00:00+01:00")
    running = off(dora, "2026-03-01T09:00:00+01:00", "2026-03-02T08:00:00.000001+01:00")
    dora.time_off.create(
        starts_at=dt.datetime.fromisoformat("2026-03-01T09:00:00+01:00"),
        ends_at=dt.datetime.fromisoformat("2026-03-02T08:00:00+01:00"),
    )
    assert list(upcoming_time_off([dora.pk], clinic_clock.now())) == [running, later]


def test_remove_time_off_returns_removed_row_with_id(dora: Doctor) -> None:
    added = off(dora, "2026-03-03T09:00:00+01:00", "2026-03-04T09:00:00+01:00")
    removed = remove_time_off(dora, added.pk)
    assert (removed.pk, TimeOff.objects.count()) == (added.pk, 0)


def test_remove_time_off_reports_not_found_for_others_and_unknown_ids(
    dora: Doctor, emil: Doctor
) -> None:
    added = off(emil, "2026-03-03T09:00:00+01:00", "2026-03-04T09:00:00+01:00")
    codes = []
    for pk in (added.pk, added.pk + 1000):
        with pytest.raises(ValidationError) as caught:
            remove_time_off(dora, pk)
        codes += [(name, errors[0].code) for name, errors in caught.value.error_dict.items()]
    assert (codes, TimeOff.objects.count()) == ([("id", "not_found")] * 2, 1)
