import datetime as dt
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from pytest_django import DjangoAssertNumQueries

from clinic.admin import appointments
from clinic.booking.services import NOT_STARTED
from clinic.errors import MESSAGES, BookingErrorCode
from clinic.models import Appointment, Doctor, Patient, Status
from tests.support.admin_client import Desk, Said, may
from tests.support.booking import (
    assert_ticks_are_those_of_live_visits,
    book_as_patient,
    confirm,
    history_of,
)
from tests.support.fixtures.people import make_doctor, make_patient
from users.models import User

pytestmark = pytest.mark.django_db

LIST = "clinic/appointment/"
NINE, TEN, ELEVEN = dt.time(9), dt.time(10), dt.time(11)
NOT_NOW = MESSAGES[BookingErrorCode.INVALID_TRANSITION]


@pytest.fixture
def visits(dora: Doctor, ann: Patient, ben: Patient) -> list[Appointment]:
    """Ann's at nine and ten and Ben's at eleven, with Dora on Tuesday, pending."""
    return [
        book_as_patient(ann, dora, time=NINE),
        book_as_patient(ann, dora, time=TEN),
        book_as_patient(ben, dora, time=ELEVEN),
    ]


def listed(desk: Desk, query: str = "") -> list[str]:
    return [visit.time.strftime("%H:%M") for visit in results(desk, query)]


def results(desk: Desk, query: str) -> list[Any]:
    return list(desk.open(f"{LIST}?{query}").context["cl"].result_list)


def statuses(visits: list[Appointment]) -> list[str]:
    return [Appointment.objects.get(pk=visit.pk).status for visit in visits]


def test_visits_are_listed_latest_first(desk: Desk, visits: list[Appointment]) -> None:
    assert listed(desk) == ["11:00", "10:00", "09:00"]


@pytest.mark.parametrize(
    ("query", "times"),
    [
        ("q=ben", ["11:00"]),
        ("q=dora+ann", ["10:00", "09:00"]),
        ("q=ANN%40example.org", ["10:00", "09:00"]),
        ("q=nobody", []),
        ("status__exact=confirmed", ["09:00"]),
        ("doctor__specialty=Cardiology", ["11:00", "10:00", "09:00"]),
        ("doctor__specialty=Urology", []),
        ("date__year=2026&date__month=3&date__day=3", ["11:00", "10:00", "09:00"]),
        ("date__year=2026&date__month=4", []),
    ],
)
def test_visits_are_found_by_name_status_specialty_and_date(
    desk: Desk, dora: Doctor, visits: list[Appointment], query: str, times: list[str]
) -> None:
    confirm(dora.user, visits[0])
    assert listed(desk, query) == times


@pytest.mark.parametrize(
    ("when", "listed_on_monday", "listed_on_tuesday", "listed_on_wednesday"),
    [
        ("today", 0, 3, 0),
        ("coming", 3, 3, 0),
        ("past", 0, 0, 3),
        ("unfinished", 0, 0, 2),
        ("", 3, 3, 3),
    ],
)
def test_visits_are_found_by_when_they_are(
    desk: Desk,
    visits: list[Appointment],
    clock: time_machine.Traveller,
    when: str,
    listed_on_monday: int,
    listed_on_tuesday: int,
    listed_on_wednesday: int,
) -> None:
    desk.act(LIST, "cancel", visits[0])
    counts = []
    for day in (2, 3, 4):
        clock.move_to(dt.datetime(2026, 3, day, 7, tzinfo=dt.UTC))
        counts.append(len(listed(desk, f"when={when}")))
    assert counts == [listed_on_monday, listed_on_tuesday, listed_on_wednesday]


def test_several_visits_are_confirmed_at_once(desk: Desk, visits: list[Appointment]) -> None:
    assert desk.act(LIST, "confirm", *visits[:2]) == Said(["2 visits confirmed."], {})
    assert statuses(visits) == [Status.CONFIRMED, Status.CONFIRMED, Status.PENDING]
    assert history_of(visits[0])[-1] == ("confirmed", "2026-03-03 09:00", "Sam")


def test_a_visit_that_cannot_be_confirmed_is_named_and_the_others_are(
    desk: Desk, dora: Doctor, visits: list[Appointment]
) -> None:
    confirm(dora.user, visits[0])
    assert desk.act(LIST, "confirm", *visits[:2]) == Said(
        [
            f"2026-03-03 09:00: Ann Example with Dora Example (Cardiology): {NOT_NOW}",
            "1 visit confirmed.",
        ],
        {},
    )
    assert statuses(visits) == [Status.CONFIRMED, Status.CONFIRMED, Status.PENDING]


def test_visits_are_cancelled_with_the_reason_beside_the_action(
    desk: Desk, visits: list[Appointment]
) -> None:
    said = desk.act(LIST, "cancel", *visits[1:], reason="Dora is ill")
    assert said == Said(["2 visits cancelled."], {})
    assert statuses(visits) == [Status.PENDING, Status.CANCELLED, Status.CANCELLED]
    assert Appointment.objects.filter(cancellation_reason="Dora is ill").count() == 2
    assert_ticks_are_those_of_live_visits()


def test_visits_are_completed_once_they_have_started(
    desk: Desk, visits: list[Appointment], clock: time_machine.Traveller
) -> None:
    desk.act(LIST, "confirm", *visits)
    clock.move_to(dt.datetime(2026, 3, 3, 9, tzinfo=dt.UTC))
    assert desk.act(LIST, "complete", *visits) == Said(
        [
            f"2026-03-03 11:00: Ben Example with Dora Example (Cardiology): {NOT_STARTED}",
            "2 visits completed.",
        ],
        {},
    )


def test_an_action_leaves_a_line_in_the_log(
    desk: Desk, sam: User, visits: list[Appointment]
) -> None:
    desk.act(LIST, "confirm", visits[0])
    (entry,) = LogEntry.objects.filter(user=sam)
    assert (entry.object_id, entry.get_change_message()) == (str(visits[0].pk), "Changed status.")


def test_an_action_on_too_many_visits_does_nothing(
    desk: Desk, visits: list[Appointment], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(appointments, "MOST_AT_ONCE", 2)
    assert desk.act(LIST, "cancel", *visits) == Said(["Choose 2 visits at the most."], {})
    assert statuses(visits) == [Status.PENDING] * 3


def test_there_is_no_action_to_delete_visits(desk: Desk, visits: list[Appointment]) -> None:
    said = desk.act(LIST, "delete_selected", *visits)
    assert said == Said(["No action selected."], {})
    assert Appointment.objects.count() == 3


def test_who_may_only_look_has_no_actions(visits: list[Appointment], olga: User) -> None:
    reader = Desk(may(olga, "view_appointment"))
    assert listed(reader) == ["11:00", "10:00", "09:00"]
    assert reader.act(LIST, "confirm", *visits) == Said([], {})
    assert statuses(visits) == [Status.PENDING] * 3


@pytest.mark.parametrize("number", [1, 10, 50])
def test_the_list_takes_the_same_queries_however_long_it_is(
    desk: Desk, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for place in range(number):
        doctor, patient = make_doctor(f"Doctor{place}"), make_patient(f"Patient{place}")
        book_as_patient(patient, doctor)
    desk.open(LIST)
    with django_assert_num_queries(8):
        assert len(listed(desk)) == number
