"""Closures of the clinic through the API: who sees and changes them, and their conflicts."""

import datetime as dt
from typing import Any

import pytest
from pytest_django import Settings
from time_machine import Traveller

from clinic import clock as clinic_clock
from clinic.booking.date_exceptions import add_closure
from clinic.models import AccessRecord, Closure, Doctor, Patient
from tests.support.api_client import Api
from tests.support.booking import (
    NINE,
    TEN,
    TUESDAY,
    book_as_doctor,
    book_as_patient,
    cancel,
    complete,
)
from tests.support.fixtures.people import make_user
from tests.support.global_ids import id_of
from tests.support.graphql_responses import error_code, root_value, validation_info
from tests.support.permissions import grant
from users.authentication import refresh_tokens
from users.models import User

pytestmark = pytest.mark.django_db

DAYS = {"firstDay": "2026-03-03", "lastDay": "2026-03-04"}
MONDAY, WEDNESDAY = (TUESDAY + dt.timedelta(days=days) for days in (-1, 1))
CONFLICTS = "{ clinic { closures { conflicts { id } } } }"
NODE = """query Node($id: ID!) {
  node(id: $id) { ... on Closure { name firstDay lastDay conflicts { id } } }
}"""


@pytest.fixture
def clerk(db: None) -> User:
    """A member of staff without permissions."""
    return make_user("Cleo", is_staff=True)


def send(api: Api, user: User, mutation: str, **sent: object) -> Any:
    return root_value(api(mutation, {"input": sent}, user=user))


def close(name: str, first_day: dt.date, last_day: dt.date) -> Closure:
    return Closure.objects.create(name=name, first_day=first_day, last_day=last_day)


def test_clinic_closures_are_present_and_future_ones_without_token(api: Api, db: None) -> None:
    close("Later", WEDNESDAY, WEDNESDAY)
    close("Over", dt.date(2026, 2, 1), dt.date(2026, 3, 1))
    close("Ends today", dt.date(2026, 3, 1), MONDAY)
    answer = api("{ clinic { closures { name firstDay lastDay } } }")
    assert answer == {
        "data": {
            "clinic": {
                "closures": [
                    {"name": "Ends today", "firstDay": "2026-03-01", "lastDay": "2026-03-02"},
                    {"name": "Later", "firstDay": "2026-03-04", "lastDay": "2026-03-04"},
                ]
            }
        }
    }


def test_clinic_contact_data_is_that_of_the_settings(api: Api, settings: Settings) -> None:
    settings.CLINIC_NAME, settings.CLINIC_PHONE = "Elm Street", "+4930123456"
    settings.CLINIC_ADDRESS = "Elm Street 1"
    assert api("{ clinic { name phoneNumber address } }") == {
        "data": {
            "clinic": {
                "name": "Elm Street",
                "phoneNumber": "+4930123456",
                "address": "Elm Street 1",
            }
        }
    }


def test_node_of_closure_is_visible_to_all_users_and_its_conflicts_to_staff(
    api: Api, ann: Patient, dora: Doctor, sam: User
) -> None:
    appointment = book_as_patient(ann, dora)
    over, closure = close("Over", TUESDAY, TUESDAY), close("Course", TUESDAY, WEDNESDAY)
    Closure.objects.filter(pk=over.pk).update(first_day=dt.date(2026, 1, 1), last_day=MONDAY)
    for user, conflicts in (
        (ann.user, []), (dora.user, []), (sam, [{"id": id_of(appointment)}])
    ):  # fmt: skip
        shown = {"name": "Course", "firstDay": "2026-03-03", "lastDay": "2026-03-04"}
        answer = root_value(api(NODE, {"id": id_of(closure)}, user=user))
        assert answer == shown | {"conflicts": conflicts}
        old = root_value(api(NODE, {"id": id_of(over)}, user=user))
        assert (old["name"], old["conflicts"]) == ("Over", [])


def test_closure_conflicts_are_the_open_appointments_of_all_doctors_by_time(
    api: Api, ann: Patient, ben: Patient, dora: Doctor, emil: Doctor, sam: User,
    clock: Traveller,
) -> None:  # fmt: skip
    ten = book_as_patient(ann, dora, TUESDAY, TEN)
    nine = book_as_patient(ben, emil, TUESDAY, NINE)
    confirmed = book_as_doctor(dora, ann, WEDNESDAY, NINE)
    cancelled = book_as_patient(ben, emil, WEDNESDAY, TEN)
    cancel(ben.user, cancelled)
    completed = book_as_doctor(dora, ann, MONDAY, NINE)
    clock.shift(dt.timedelta(hours=2))
    complete(dora.user, completed)
    close("Course", MONDAY, TUESDAY)
    close("Holidays", TUESDAY, WEDNESDAY)
    first, second = root_value(api(CONFLICTS, user=sam))["closures"]
    assert [first["conflicts"], second["conflicts"]] == [
        [{"id": id_of(row)} for row in (nine, ten)],
        [{"id": id_of(row)} for row in (nine, ten, confirmed)],
    ]


def test_conflicts_of_a_thousand_closures_are_loaded(
    api: Api, ann: Patient, dora: Doctor, sam: User
) -> None:
    appointment = book_as_patient(ann, dora)
    days = [TUESDAY + dt.timedelta(days=2 * number) for number in range(1_200)]
    Closure.objects.bulk_create(Closure(name="Day", first_day=day, last_day=day) for day in days)
    first, *others = root_value(api(CONFLICTS, user=sam))["closures"]
    assert first == {"conflicts": [{"id": id_of(appointment)}]}
    assert others == [{"conflicts": []}] * 1_199


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (
            {"lastDay": "2026-03-02"},
            ("lastDay", "invalid", "The last day must not be before the first day."),
        ),
        (
            {"firstDay": "2026-02-01", "lastDay": "2026-03-01"},
            ("lastDay", "in_the_past", "This time is in the past. Choose a later one."),
        ),
        (
            {"lastDay": "2027-03-04"},
            (
                "lastDay",
                "invalid",
                "A closure can last at most 366 days. Add a second one for the rest.",
            ),
        ),
        ({"name": " "}, ("name", "required", "This field cannot be blank.")),
    ],
)
def test_add_closure_reports_errors_by_field(
    api: Api, sam: User, sent: dict[str, str], message: tuple[str, str, str]
) -> None:
    answer = send(api, sam, "AddClosure", **{"name": "Holidays", **DAYS, **sent})
    assert answer == validation_info(message)
    assert Closure.objects.count() == 0


def test_closure_conflicts_are_for_staff_who_see_appointments(
    api: Api, ann: Patient, dora: Doctor, clerk: User
) -> None:
    appointment = book_as_patient(ann, dora)
    add_closure(name="Course", first_day=TUESDAY, last_day=TUESDAY, now=clinic_clock.now())
    clerk = grant(clerk, "view_appointment")
    conflicts = [
        root_value(api("ClinicDays", user=user))["closures"][0]["conflicts"]
        for user in (None, ann.user, dora.user, clerk)
    ]
    assert conflicts == [[], [], [], [{"id": id_of(appointment)}]]
    assert list(AccessRecord.objects.values_list("actor", "patients")) == [(clerk.pk, [ann.pk])]


def test_closure_conflicts_with_expired_token_are_an_error(
    api: Api, dora: Doctor, sam: User, clock: Traveller
) -> None:
    add_closure(name="Course", first_day=TUESDAY, last_day=TUESDAY, now=clinic_clock.now())
    token = refresh_tokens.start(sam).access_token
    clock.shift(dt.timedelta(hours=1))
    # Not an empty list: staff would believe that no appointment is inside.
    answer = api("{ clinic { closures { conflicts { id } } } }", token=token)
    assert (error_code(answer), answer["data"]) == ("TOKEN_EXPIRED", None)
    assert root_value(api("{ clinic { closures { name } } }", token=token)) == {
        "closures": [{"name": "Course"}]
    }


def test_add_closure_accepts_366_days_with_the_first_and_the_last_one(api: Api, sam: User) -> None:
    longest = {"firstDay": "2026-03-03", "lastDay": "2027-03-03"}
    send(api, sam, "AddClosure", name="Renovation", **longest)
    [closure] = Closure.objects.all()
    days = (closure.last_day - closure.first_day).days + 1
    assert (closure.first_day, days) == (TUESDAY, 366)
