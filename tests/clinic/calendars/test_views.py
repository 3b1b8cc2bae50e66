"""The calendar feed, requested over HTTP as by a calendar program."""

import datetime as dt
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar
from pytest_django import Settings
from time_machine import Traveller

from clinic.calendars import feed
from clinic.models import Appointment, Doctor, Patient, Status
from tests.support.api_client import Api
from tests.support.booking import (
    TUESDAY,
    amend,
    book_as_patient,
    cancel,
    confirm,
    reassign,
    record_no_show,
    reopen,
)
from tests.support.calendars import vobject_of
from tests.support.fixtures.people import offer_type
from tests.support.words import has_word
from users.authentication import refresh_tokens
from users.models import User

pytestmark = pytest.mark.django_db

MONDAY = "2026-03-02T08:00:00+01:00"


def url_of(api: Api, user: User) -> str:
    token = refresh_tokens.start(user).access_token
    url: str = api("Calendar", token=token)["data"]["me"]["calendarUrl"]
    return url


def get(url: str, **headers: str) -> Any:
    return Client().get(url.removeprefix("http://testserver"), headers=headers)


def events(url: str) -> list[tuple[str, str, str, int]]:
    """Return start, summary, status and sequence of each event of the feed."""
    calendar = Calendar.from_ical(get(url).content)
    assert isinstance(calendar, Calendar)
    return [
        (event.start.isoformat(), str(event["SUMMARY"]), str(event["STATUS"]), event.sequence)
        for event in calendar.events
    ]


def test_calendar_feed_shows_own_appointments_without_patient_names(
    api: Api, ann: Patient, ben: Patient, dora: Doctor, emil: Doctor
) -> None:
    appointment = book_as_patient(ann, dora)
    confirm(dora.user, appointment)
    cancel(ben.user, book_as_patient(ben, dora, time=dt.time(11)))
    book_as_patient(ben, emil)
    nine, eleven = "2026-03-03T09:00:00+01:00", "2026-03-03T11:00:00+01:00"
    assert {person.user: events(url_of(api, person.user)) for person in (ann, ben, dora)} == {
        ann.user: [(nine, "Appointment with Dora Example", "CONFIRMED", 1)],
        ben.user: [
            (nine, "Not confirmed: Appointment with Emil Example", "TENTATIVE", 0),
            (eleven, "Cancelled: Appointment with Dora Example", "CANCELLED", 1),
        ],
        dora.user: [
            (nine, "Appointment", "CONFIRMED", 1),
            (eleven, "Cancelled: Appointment", "CANCELLED", 1),
        ],
    }


def test_calendar_feed_drops_a_reassigned_appointment_of_the_former_doctor(
    api: Api, ann: Patient, dora: Doctor, emil: Doctor, sam: User
) -> None:
    appointment = book_as_patient(ann, dora)
    url, nine = url_of(api, dora.user), "2026-03-03T09:00:00+01:00"
    before = get(url)["ETag"]
    reassign(sam, appointment, emil)
    assert (events(url), get(url)["ETag"] == before) == ([], False)
    assert {person.user: events(url_of(api, person.user)) for person in (ann, emil)} == {
        ann.user: [(nine, "Not confirmed: Appointment with Emil Example", "TENTATIVE", 1)],
        emil.user: [(nine, "Not confirmed: Appointment", "TENTATIVE", 1)],
    }


def test_calendar_feed_updates_amended_reopened_and_missed_appointments(
    api: Api, ann: Patient, dora: Doctor, clock: Traveller
) -> None:
    """An event ends with the appointment, without the buffer, and does not name the type."""
    offer_type(dora, "HIV test", buffer_after_minutes=15, confirmation="automatic")
    appointment = book_as_patient(ann, dora)
    url, seen = url_of(api, dora.user), []
    for moment, change in (
        (MONDAY, partial(amend, dora.user, appointment, duration_minutes=60)),
        (MONDAY, partial(cancel, ann.user, appointment)),
        (MONDAY, partial(reopen, dora.user, appointment)),
        ("2026-03-03T09:00:00+01:00", partial(record_no_show, dora.user, appointment)),
    ):
        clock.move_to(moment)
        change()
        calendar = Calendar.from_ical(get(url).content)
        [event] = calendar.events
        seen.append(
            (str(event["SUMMARY"]), str(event["STATUS"]), event.sequence, f"{event.end:%H:%M}")
        )
    assert seen == [
        ("Appointment", "CONFIRMED", 1, "10:00"),
        ("Cancelled: Appointment", "CANCELLED", 2, "10:00"),
        ("Appointment", "CONFIRMED", 3, "10:00"),
        ("Appointment", "CONFIRMED", 4, "10:00"),
    ]
    assert [
        has_word(get(url_of(api, user)).content.decode(), "HIV") for user in (ann.user, dora.user)
    ] == [
        False,
        False,
    ]


def test_calendar_feed_contains_no_medical_data_or_patient_name(
    api: Api, ann: Patient, dora: Doctor
) -> None:
    appointment = book_as_patient(ann, dora, reason_for_visit="Canary of a lump")
    cancel(dora.user, appointment, "Canary of a result")
    for user in (ann.user, dora.user):
        text = get(url_of(api, user)).content.decode().lower()
        assert [word for word in ("canary", "cardiology", "ann", "1990") if word in text] == []


def test_calendar_feed_has_time_zone_and_refresh_interval(
    api: Api, ann: Patient, dora: Doctor, settings: Settings
) -> None:
    settings.CLINIC_NAME = "Praxis Süd; Hof"
    book_as_patient(ann, dora)
    calendar = vobject_of(get(url_of(api, ann.user)).content.decode())
    assert calendar.vevent.dtstart.value.isoformat() == "2026-03-03T09:00:00+01:00"
    names = ("method", "name", "x-wr-calname", "refresh-interval", "x-published-ttl")
    values = {name: [line.value for line in calendar.contents[name]] for name in names}
    assert values == {
        "method": ["PUBLISH"],
        "name": ["Praxis Süd; Hof"],
        "x-wr-calname": ["Praxis Süd; Hof"],
        "refresh-interval": ["PT1H"],
        "x-published-ttl": ["PT1H"],
    }


def test_calendar_feed_has_one_vtimezone_before_the_events(
    api: Api, ann: Patient, dora: Doctor
) -> None:
    for hour in (9, 10):
        book_as_patient(ann, dora, time=dt.time(hour))
    lines = get(url_of(api, ann.user)).content.decode().splitlines()
    parts = [line for line in lines if line in ("BEGIN:VTIMEZONE", "BEGIN:VEVENT")]
    assert parts == ["BEGIN:VTIMEZONE", "BEGIN:VEVENT", "BEGIN:VEVENT"]


def test_calendar_feed_covers_30_past_days_to_the_horizon(
    api: Api, ann: Patient, dora: Doctor, settings: Settings, clock: Traveller
) -> None:
    settings.HORIZON_DAYS = 40
    book_as_patient(ann, dora, TUESDAY)
    book_as_patient(ann, dora, dt.date(2026, 4, 2))
    url, seen = url_of(api, ann.user), []
    for day in ("2026-02-21", "2026-02-20", "2026-04-02", "2026-04-03"):
        clock.move_to(f"{day}T12:00:00+02:00")
        seen.append([start[:10] for start, *_ in events(url)])
    both, first, second = ["2026-03-03", "2026-04-02"], ["2026-03-03"], ["2026-04-02"]
    assert seen == [both, first, both, second]


def test_calendar_feed_without_appointments_is_valid(api: Api, ann: Patient, olga: User) -> None:
    assert (events(url_of(api, ann.user)), events(url_of(api, olga))) == ([], [])


def test_calendar_feed_returns_304_until_it_changes(
    api: Api, ann: Patient, dora: Doctor, clock: Traveller
) -> None:
    appointment = book_as_patient(ann, dora)
    url = url_of(api, ann.user)
    first = get(url)
    assert (first.status_code, first["Content-Type"], first["Cache-Control"]) == (
        200,
        "text/calendar; charset=utf-8",
        "private, no-cache",
    )
    clock.shift(3600)
    again = get(url, **{"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert again["Cache-Control"] == "private, no-cache"
    confirm(dora.user, appointment)
    changed = get(url, **{"If-None-Match": first["ETag"]})
    assert (changed.status_code, changed["ETag"] == first["ETag"]) == (200, False)


def test_calendar_feed_etag_depends_on_doctor_and_clinic_name(
    api: Api, ann: Patient, dora: Doctor, settings: Settings
) -> None:
    book_as_patient(ann, dora)
    url = url_of(api, ann.user)
    tags = [get(url)["ETag"]]
    dora.user.last_name = "Married"
    dora.user.save()
    tags.append(get(url)["ETag"])
    settings.CLINIC_NAME = "Another"
    tags.append(get(url)["ETag"])
    assert len(set(tags)) == 3


def test_calendar_feed_allows_head_and_rejects_post(api: Api, ann: Patient) -> None:
    url = url_of(api, ann.user).removeprefix("http://testserver")
    head = Client().head(url)
    assert (head.status_code, head.content, head["X-Robots-Tag"]) == (200, b"", "noindex")
    assert Client().post(url).status_code == 405


def test_reset_calendar_url_replaces_the_old_url_immediately(
    api: Api, ann: Patient, dora: Doctor
) -> None:
    book_as_patient(ann, dora)
    token = refresh_tokens.start(ann.user).access_token
    old = url_of(api, ann.user)
    answer = api("ResetCalendarUrl", token=token)["data"]["resetCalendarUrl"]
    new = url_of(api, ann.user)
    assert answer == {"__typename": "User", "id": answer["id"], "calendarUrl": new}
    assert (get(old).status_code, len(events(new))) == (404, 1)


def test_calendar_feed_of_disabled_account_is_not_found(api: Api, ann: Patient) -> None:
    url = url_of(api, ann.user)
    ann.user.is_active = False
    ann.user.save()
    assert get(url).status_code == 404


def test_calendar_feed_rejects_forged_tokens(
    api: Api, ann: Patient, ben: Patient, settings: Settings
) -> None:
    base, _, token = url_of(api, ann.user).rpartition("/")
    value, _, signature = token.removesuffix(".ics").partition(".")
    foreign = url_of(api, ben.user).rpartition(".ics")[0].rpartition(".")[2]
    assert len(signature) == 43  # 256 bits
    forged = ["x", value, f"{value}.", f"{value}.{foreign}", f"{ben.user.pk}-.{signature}", "9-."]
    assert {get(f"{base}/{token}.ics").status_code for token in forged} == {404}
    assert User.objects.filter(calendar_key__in=[token, signature]).count() == 0


def test_calendar_feed_query_count_is_constant(api: Api, ann: Patient, dora: Doctor) -> None:
    url, statements = url_of(api, dora.user), []
    for hour in range(9, 15):
        book_as_patient(ann, dora, time=dt.time(hour))
        with CaptureQueriesContext(connection) as captured:
            assert len(events(url)) == hour - 8
        statements.append(len(captured))
    assert statements == [2] * 6


def test_calendar_url_needs_no_extra_query(api: Api, ann: Patient) -> None:
    token = refresh_tokens.start(ann.user).access_token
    with CaptureQueriesContext(connection) as captured:
        api("Calendar", token=token)
    assert len(captured) == 1


def test_calendar_feed_contains_a_limited_number_of_appointments(
    api: Api, ann: Patient, dora: Doctor
) -> None:
    number = feed.MAX_ENTRIES + 1
    Appointment.objects.create_many(
        Appointment(
            doctor=dora,
            patient=ann,
            date=TUESDAY + dt.timedelta(days=n // 100),
            time=dt.time(8 + n % 100 // 12, n % 100 % 12 * 5),
            duration_minutes=5,
            status=Status.CANCELLED,  # without ticks to write
        )
        for n in range(number)
    )
    content = get(url_of(api, ann.user)).content
    assert content.count(b"BEGIN:VEVENT") == feed.MAX_ENTRIES
