from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from clinic.booking import catalogue
from clinic.models import AppointmentType, Doctor
from tests.support.admin_client import (
    AdminClient,
    AdminResponse,
    inline_rows,
    staff_with_permissions,
)
from users.models import User

pytestmark = pytest.mark.django_db

CONCURRENT_CHANGE = (
    "Someone else changed the appointment types of this doctor in the meantime. Reload the page "
    "and try again."
)
NONE_FOR_PATIENTS = (
    "Patients find no free times of this doctor unless they choose an appointment type, because "
    "none of the doctor's types can be booked by patients. Add one that can, or remove all types."
)


def page_of(doctor: Doctor) -> str:
    return f"clinic/doctor/{doctor.pk}/change/"


def changed_message(doctor: Doctor) -> str:
    link = f'<a href="/admin/clinic/doctor/{doctor.pk}/change/">{doctor}</a>'
    return f"The doctor “{link}” was changed successfully."


def make_type(name: str, **fields: Any) -> AppointmentType:
    return catalogue.save_appointment_type(name=name, duration_minutes=30, **fields)


def offered_by(doctor: Doctor) -> list[str]:
    return [row.appointment_type.name for row in doctor.offered_types.all()]


@pytest.fixture
def types() -> dict[str, AppointmentType]:
    """Four types: A, B and C for patients, and S, which only doctors and staff can book."""
    return {name: make_type(name) for name in "ABC"} | {"S": make_type("S", bookable_by="staff")}


@pytest.fixture
def doctor(dora: Doctor, types: dict[str, AppointmentType]) -> Doctor:
    """Dora, who offers the types S, A and B, in this order."""
    return catalogue.set_appointment_types(dora, [types[name].pk for name in "SAB"])


def test_offered_types_inline_adds_types_in_order(
    admin: AdminClient, dora: Doctor, types: dict[str, AppointmentType]
) -> None:
    form = {
        "offered_types__0__appointment_type": types["B"].pk,
        "offered_types__1__appointment_type": types["A"].pk,
        "offered_types__1__position": "1",
        "offered_types__TOTAL_FORMS": "2",
    }
    assert admin.save(page_of(dora), **form) == AdminResponse([changed_message(dora)], {})
    assert offered_by(dora) == ["A", "B"]


@pytest.mark.parametrize(
    ("positions", "names"),
    [
        ({2: "1"}, ["B", "S", "A"]),
        ({0: "3"}, ["A", "B", "S"]),
        ({0: "2", 1: "1"}, ["A", "S", "B"]),
        ({0: ""}, ["A", "B", "S"]),
    ],
)
def test_offered_types_inline_moves_types(
    admin: AdminClient, doctor: Doctor, positions: dict[int, str], names: list[str]
) -> None:
    form = {f"offered_types__{row}__position": value for row, value in positions.items()}
    assert admin.save(page_of(doctor), **form).errors == {}
    assert offered_by(doctor) == names


def test_offered_types_inline_removes_types(admin: AdminClient, doctor: Doctor) -> None:
    form = {"offered_types__1__DELETE": "on"}
    assert admin.save(page_of(doctor), **form).errors == {}
    assert offered_by(doctor) == ["S", "B"]


def test_offered_types_inline_shows_default_type(
    admin: AdminClient, doctor: Doctor, types: dict[str, AppointmentType]
) -> None:
    catalogue.save_appointment_type(types["B"].pk, active=False)
    rows = inline_rows(admin.open(page_of(doctor)), "offered_types")
    assert [str(row[-1].contents()) for row in rows][:3] == [
        "Only doctors and staff can book it.",
        "Default: used if a patient chooses no type.",
        "Inactive: cannot be booked.",
    ]
    labels = [label for _value, label in rows[0][0].field.field.choices]
    assert labels == ["---------", "A", "B (inactive)", "C", "S"]


def test_offered_types_inline_rejects_a_type_that_is_listed_twice(
    admin: AdminClient, doctor: Doctor, types: dict[str, AppointmentType]
) -> None:
    form = {
        "offered_types__3__appointment_type": types["A"].pk,
        "offered_types__3__position": "1",
    }
    twice = "This appointment type is in the list twice. Remove one of them."
    assert admin.save(page_of(doctor), **form) == AdminResponse(
        [], {"offered_types-1-appointment_type": [twice]}
    )
    assert offered_by(doctor) == ["S", "A", "B"]


def test_offered_types_inline_detects_a_concurrent_change(
    admin: AdminClient, doctor: Doctor, types: dict[str, AppointmentType]
) -> None:
    form = admin.fill_in(page_of(doctor), offered_types__0__position="3")
    catalogue.set_appointment_types(doctor, [types["C"].pk])
    assert admin.submit(page_of(doctor), form).errors["offered_types"] == [CONCURRENT_CHANGE]
    assert offered_by(doctor) == ["C"]


def test_offered_types_inline_warns_if_patients_can_book_none(
    admin: AdminClient, doctor: Doctor
) -> None:
    form = {f"offered_types__{row}__DELETE": "on" for row in (1, 2)}
    assert admin.save(page_of(doctor), **form) == AdminResponse(
        [NONE_FOR_PATIENTS, changed_message(doctor)], {}
    )


def test_offered_types_inline_is_read_only_with_view_permission_only(
    doctor: Doctor, olga: User
) -> None:
    permissions = ("view_doctor", "change_doctor", "view_offeredtype")
    admin = AdminClient(staff_with_permissions(olga, *permissions))
    response = admin.save(page_of(doctor), specialty="Urology", offered_types__0__position="3")
    assert response.errors == {}
    assert offered_by(doctor) == ["S", "A", "B"]


@pytest.mark.parametrize("number", [1, 8])
def test_offered_types_inline_uses_a_constant_number_of_queries(
    admin: AdminClient, dora: Doctor, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    catalogue.set_appointment_types(dora, [make_type(f"Type {n}").pk for n in range(number)])
    admin.open(page_of(dora))
    with django_assert_num_queries(11):
        admin.open(page_of(dora))
