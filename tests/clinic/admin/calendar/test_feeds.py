"""The feeds of the admin's calendar: appointments, when doctors do not work, counts, changes."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import Appointment, Closure, Doctor, Patient, TimeOff
from tests.clinic.admin.calendar.conftest import CALENDAR, DAY, CalendarClient
from tests.support.access_records import recorded_accesses
from tests.support.booking import NINE, TEN, TUESDAY, book_as_patient, cancel, confirm, move, write
from tests.support.fixtures.people import make_doctor, make_patient, offer_type

pytestmark = pytest.mark.django_db

SHOWN = [
    f"Appointment.{name}"
    for name in (
        *("appointment_type", "arrival", "buffers", "date", "doctor", "duration_minutes"),
        *("patient", "status", "time"),
    )
]
BERLIN = ZoneInfo("Europe/Berlin")


def described(appointment: Appointment, **more: object) -> dict[str, object]:
    return {
        "id": appointment.pk,
        "doctor": appointment.doctor_id,
        "start": f"{appointment.slot.start.isoformat()}",
        "minutes": 30,
        "before": 0,
        "after": 0,
        "patient": str(appointment.patient),
        "type": "",
        "status": "pending",
        "arrived": None,
        **more,
    }


def off(doctor: Doctor, reason: str, start: int, end: int, name: str = "") -> dict[str, object]:
    return {
        "doctor": doctor.pk,
        "date": "2026-03-03",
        "reason": reason,
        "start": start,
        "end": end,
        "name": name,
    }


def test_feed_has_appointments_and_times_off_and_is_recorded_once(
    clerk: CalendarClient, dora: Doctor, emil: Doctor, ann: Patient, ben: Patient
) -> None:
    offer_type(dora, "Blood test", duration_minutes=20, buffer_after_minutes=10)
    first = book_as_patient(ann, dora)
    second = book_as_patient(ben, emil, time=TEN)
    cancelled = book_as_patient(ann, emil, time=dt.time(15))
    cancel(ann.user, cancelled)
    TimeOff.objects.create(
        doctor=emil,
        starts_at=dt.datetime(2026, 3, 3, 14, tzinfo=BERLIN),
        ends_at=dt.datetime(2026, 3, 5, tzinfo=BERLIN),
    )
    feed = clerk.get("feed", **DAY, doctors=f"{dora.pk},{emil.pk}")
    assert len(feed.pop("availability")) == 32
    changes = [change.pk for row in (first, second, cancelled) for change in row.history.all()]
    assert feed == {
        "appointments": [
            described(first, type="Blood test", minutes=20, after=10),
            described(second),
        ],
        "last": max(changes),
        "seen": sorted(changes),
        "unavailable": [
            off(dora, "hours", 0, 540),
            off(dora, "hours", 1020, 1440),
            off(emil, "hours", 0, 540),
            off(emil, "hours", 1020, 1440),
            off(emil, "time_off", 840, 1440),
        ],
    }
    assert recorded_accesses() == [("Rita", "read", "admin", "Ann Ben", SHOWN)]


def test_feed_has_cancelled_appointments_if_asked_for(
    clerk: CalendarClient, dora: Doctor, ann: Patient, ben: Patient
) -> None:
    cancelled = book_as_patient(ann, dora)
    cancel(ann.user, cancelled)
    booked = book_as_patient(ben, dora)
    feed = clerk.get("feed", **DAY, cancelled=1)
    assert feed["appointments"] == [described(cancelled, status="cancelled"), described(booked)]
    only = clerk.get("feed", **DAY, cancelled=1, ids=cancelled.pk)
    assert only == {"appointments": [described(cancelled, status="cancelled")]}


def test_feed_of_some_appointments_leaves_out_those_that_are_gone(
    clerk: CalendarClient, dora: Doctor, ann: Patient, ben: Patient
) -> None:
    kept, moved = book_as_patient(ann, dora), book_as_patient(ben, dora, time=TEN)
    move(ben.user, moved, dt.date(2026, 3, 4))
    feed = clerk.get("feed", **DAY, ids=f"{kept.pk},{moved.pk}")
    assert feed == {"appointments": [described(kept)]}
    assert recorded_accesses() == [("Rita", "read", "admin", "Ann", SHOWN)]


def test_feed_has_the_closure_instead_of_hours(clerk: CalendarClient, dora: Doctor) -> None:
    Closure.objects.create(first_day=TUESDAY, last_day=TUESDAY, name="Holiday")
    feed = clerk.get("feed", **DAY)
    assert feed["unavailable"] == [off(dora, "closure", 0, 1440, "Holiday")]


def test_month_counts_appointments(
    clerk: CalendarClient, dora: Doctor, ann: Patient, ben: Patient
) -> None:
    confirm(dora.user, book_as_patient(ann, dora))
    last = book_as_patient(ben, dora, time=TEN)
    cancel(ann.user, book_as_patient(ann, dora, dt.date(2026, 3, 5)))
    Closure.objects.create(first_day=dt.date(2026, 3, 6), last_day=dt.date(2026, 3, 6), name="Day")
    month = clerk.get("month", first="2026-03-02", last="2026-04-12")
    month.pop("seen")
    assert month == {
        "days": [{"date": "2026-03-03", "appointments": 2, "pending": 1}],
        "closures": {"2026-03-06": "Day"},
        "last": last.history.get().pk + 2,
    }
    assert recorded_accesses() == []


def test_changes_name_what_happened_since_and_cost_no_body_if_nothing_has(
    clerk: CalendarClient, dora: Doctor, emil: Doctor, ann: Patient
) -> None:
    feed = clerk.get("feed", **DAY, doctors=dora.pk)
    query = {**DAY, "doctors": dora.pk, "after": feed["last"], "availability": 1}
    first = clerk.client.get(f"{CALENDAR}changes/", query)
    assert first.json() == {
        "is_complete": True,
        "changes": [],
        "availability": feed["availability"],
    }
    again = clerk.client.get(f"{CALENDAR}changes/", query, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    appointment = book_as_patient(ann, dora)
    book_as_patient(ann, emil, time=TEN)
    TimeOff.objects.create(
        doctor=dora,
        starts_at=dt.datetime(2026, 3, 3, 14, tzinfo=BERLIN),
        ends_at=dt.datetime(2026, 3, 3, 15, tzinfo=BERLIN),
    )
    later = clerk.client.get(f"{CALENDAR}changes/", query, headers={"If-None-Match": first["ETag"]})
    answer = later.json()
    assert answer.pop("availability") != feed["availability"]
    assert answer == {
        "is_complete": True,
        "changes": [[appointment.history.get().pk, appointment.pk]],
    }


def test_changes_name_an_appointment_that_left_the_doctor(
    clerk: CalendarClient, dora: Doctor, emil: Doctor, ann: Patient
) -> None:
    appointment = book_as_patient(ann, dora)
    seen = f"{dora.pk} 2026-03-03T09:00:00"
    feed = clerk.get("feed", **DAY, doctors=dora.pk)
    clerk.post(f"{appointment.pk}/move", doctor=emil.pk, date="2026-03-03", time="09:00", seen=seen)
    answer = clerk.get("changes", **DAY, doctors=dora.pk, after=feed["last"])
    new = [pair for pair in answer["changes"] if pair[0] not in feed["seen"]]
    assert new == [[appointment.history.latest("pk").pk, appointment.pk]]


def test_day_costs_the_same_queries_for_5_and_50_doctors(clerk: CalendarClient) -> None:
    counts = []
    for total in (5, 50):
        for number in range(Doctor.objects.count(), total):
            doctor = make_doctor(f"Doctor{number}")
            for hour in (9, 10):
                patient = make_patient(f"Patient{number}h{hour}")
                book_as_patient(patient, doctor, time=dt.time(hour))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            feed = clerk.get("feed", **DAY)
        assert len(feed["appointments"]) == 2 * total
        counts.append(len(queries))
        with CaptureQueriesContext(connection) as queries:
            clerk.get("changes", **DAY, after=feed["last"], availability=1)
        counts.append(len(queries))
    assert counts[:2] == counts[2:]
    assert counts[0] <= 16


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"first": "2026-03-03"},
        {"first": "2026-03-04", "last": "2026-03-03"},
        {"first": "2026-03-03", "last": "2026-04-14"},
        {"first": "0001-01-01", "last": "0001-01-02"},
        {**DAY, "doctors": "1;2"},
        {**DAY, "after": "-1"},
    ],
)
def test_feed_rejects_other_parameters(clerk: CalendarClient, query: dict[str, str]) -> None:
    assert clerk.client.get(f"{CALENDAR}feed/", query).status_code == 400


def test_patients_are_found_by_name_birth_date_and_telephone(
    clerk: CalendarClient, ann: Patient, ben: Patient
) -> None:
    write(ben, phone_number="+4930123459", date_of_birth=dt.date(1980, 1, 2))
    anns = {"id": ann.pk, "name": "Ann Example", "born": "1990-05-17", "phone": ""}
    bens = {"id": ben.pk, "name": "Ben Example", "born": "1980-01-02", "phone": "+4930123459"}
    assert clerk.get("patients", q="exa") == {"patients": [anns, bens]}
    assert clerk.get("patients", q="17.05.1990") == {"patients": [anns]}
    assert clerk.get("patients", q="030 123459") == {"patients": [bens]}
    assert clerk.get("patients", q="e") == {"patients": []}
    fields = ["Patient.date_of_birth", "Patient.name", "Patient.phone_number"]
    assert recorded_accesses() == [
        ("Rita", "read", "admin", "Ann Ben", fields),
        ("Rita", "read", "admin", "Ann", fields),
        ("Rita", "read", "admin", "Ben", fields),
    ]


def test_panel_shows_contact_data_history_and_other_appointments(
    clerk: CalendarClient, dora: Doctor, ann: Patient
) -> None:
    ann.address = "Elm <Street> 1"
    ann.save()
    appointment = book_as_patient(ann, dora, time=NINE, reason_for_visit="Cough")
    book_as_patient(ann, dora, time=dt.time(16))
    response = clerk.client.get(f"{CALENDAR}{appointment.pk}/")
    text = response.content.decode()
    wanted = ("Elm &lt;Street&gt; 1", "1990-05-17", "ann@example.org", "Cough", "2026-03-03 16:00")
    assert [part for part in wanted if part not in text] == []
    assert [name for name, _label in response.context["panel"].actions] == ["confirm"]
    [of_patient] = [row for row in recorded_accesses() if "Patient.address" in row[-1]]
    assert of_patient[:4] == ("Rita", "read", "admin", "Ann")
    assert clerk.client.get(f"{CALENDAR}999999/").status_code == 404
