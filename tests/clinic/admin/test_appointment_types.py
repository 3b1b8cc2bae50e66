from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from clinic.booking import catalogue
from clinic.models import Appointment, AppointmentType, Doctor, Patient
from tests.support.access_records import recorded_accesses
from tests.support.admin_client import AdminClient, AdminResponse, staff_with_permissions
from tests.support.booking import amend, book_as_patient, cancel
from tests.support.words import has_word
from users.models import User

pytestmark = pytest.mark.django_db

ADD, LIST = "clinic/appointmenttype/add/", "clinic/appointmenttype/"
MAKE_INACTIVE = (
    "Make the appointment type inactive instead: then it cannot be booked, and existing "
    "appointments stay as they are."
)


def page_of(kind: AppointmentType) -> str:
    return f"clinic/appointmenttype/{kind.pk}/change/"


def delete_page_of(kind: AppointmentType) -> str:
    return f"clinic/appointmenttype/{kind.pk}/delete/"


def make_type(name: str = "Blood test", **fields: Any) -> AppointmentType:
    return catalogue.save_appointment_type(name=name, **{"duration_minutes": 15, **fields})


def names(admin: AdminClient, query: str = "") -> list[str]:
    return [kind.name for kind in admin.open(f"{LIST}?{query}").context["cl"].result_list]


@pytest.fixture
def blood_test(dora: Doctor) -> AppointmentType:
    """Blood test, 15 minutes, offered by Dora."""
    kind = make_type()
    catalogue.set_appointment_types(dora, [kind.pk])
    return kind


@pytest.fixture
def booked(ann: Patient, dora: Doctor, blood_test: AppointmentType) -> Appointment:
    """Ann's blood test with Dora."""
    return book_as_patient(ann, dora, appointment_type_id=blood_test.pk)


def test_appointment_type_form_creates_a_type(admin: AdminClient) -> None:
    values = {
        "name": " Blood  test ",
        "description": "Please do not eat before the test.",
        "duration_minutes": "10",
        "buffer_before_minutes": "5",
        "buffer_after_minutes": "10",
        "confirmation": "automatic",
        "bookable_by": "staff",
        "lead_time_minutes": "60",
        "cancellation_notice_minutes": "1440",
        "max_per_day": "8",
    }
    assert admin.save(ADD, **values).errors == {}
    kind = AppointmentType.objects.get()
    assert {name: str(getattr(kind, name)) for name in values} == values | {"name": "Blood test"}
    assert kind.active is True


def test_appointment_type_form_defaults(admin: AdminClient) -> None:
    assert admin.save(ADD, name="Follow-up", duration_minutes="20").errors == {}
    kind = AppointmentType.objects.get()
    assert (kind.confirmation, kind.bookable_by, kind.lead_time_minutes, kind.max_per_day) == (
        "manual",
        "patients",
        None,
        None,
    )


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("name", "", "This field is required."),
        ("name", "12", "Enter a name with at least one letter."),
        (
            "duration_minutes",
            "7",
            "This value is not a multiple of 5 minutes. Choose one that is.",
        ),
        ("duration_minutes", "485", "Ensure this value is less than or equal to 480."),
        ("buffer_after_minutes", "485", "Ensure this value is less than or equal to 480."),
        ("max_per_day", "0", "Ensure this value is greater than or equal to 1."),
    ],
)
def test_appointment_type_form_reports_invalid_values_by_field(
    admin: AdminClient, blood_test: AppointmentType, field: str, value: str, error: str
) -> None:
    assert admin.save(page_of(blood_test), **{field: value}) == AdminResponse([], {field: [error]})


def test_appointment_type_form_saves_changed_fields_only(
    admin: AdminClient, blood_test: AppointmentType
) -> None:
    form = admin.fill_in(page_of(blood_test), duration_minutes="20")
    catalogue.save_appointment_type(blood_test.pk, max_per_day=3)
    assert admin.submit(page_of(blood_test), form | {"max_per_day": "3"}).errors == {}
    blood_test.refresh_from_db()
    assert (blood_test.duration_minutes, blood_test.max_per_day) == (20, 3)


def test_appointment_type_form_does_not_change_existing_appointments(
    admin: AdminClient, blood_test: AppointmentType, booked: Appointment
) -> None:
    admin.save(page_of(blood_test), duration_minutes="30", buffer_after_minutes="15")
    booked.refresh_from_db()
    assert (booked.duration_minutes, booked.buffer_after_minutes) == (15, 0)
    assert "Existing ones keep the length" in admin.open(page_of(blood_test)).content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Blood test", "Nachsorge für Ältere", "Vaccination"]),
        ("q=BLOOD", ["Blood test"]),
        ("q=altere", ["Nachsorge für Ältere"]),
        ("q=test+blood", ["Blood test"]),
        ("q=nobody", []),
        ("active__exact=0", ["Vaccination"]),
        ("bookable_by__exact=staff", ["Nachsorge für Ältere"]),
        ("confirmation__exact=automatic", ["Vaccination"]),
    ],
)
def test_appointment_type_list_searches_and_filters(
    admin: AdminClient, blood_test: AppointmentType, query: str, found: list[str]
) -> None:
    make_type("Nachsorge für Ältere", bookable_by="staff")
    make_type("Vaccination", active=False, confirmation="automatic")
    assert names(admin, query) == found


def test_appointment_type_list_shows_terms_and_number_of_doctors(
    admin: AdminClient, dora: Doctor, emil: Doctor
) -> None:
    kind = make_type(buffer_before_minutes=5, buffer_after_minutes=10)
    for doctor in (dora, emil):
        catalogue.set_appointment_types(doctor, [kind.pk])
    page = admin.open(LIST).content.decode()
    assert [
        text
        for text in ("15 min", "5 and 10 min", "Patients, doctors and staff", "Manual")
        if text not in page
    ] == []
    [row] = admin.open(LIST).context["cl"].result_list
    assert row.doctor_count == 2


@pytest.mark.parametrize("number", [1, 20])
def test_appointment_type_list_uses_a_constant_number_of_queries(
    admin: AdminClient, dora: Doctor, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    kinds = [make_type(f"Type {index}").pk for index in range(number)]
    catalogue.set_appointment_types(dora, kinds)
    admin.open(LIST)
    with django_assert_num_queries(6):
        assert len(names(admin)) == number


def test_appointment_type_deletion_of_an_unused_type(admin: AdminClient) -> None:
    admin.submit(delete_page_of(make_type()), {"post": "yes"})
    assert not AppointmentType.objects.exists()


@pytest.mark.parametrize("page", ["delete page", "list action"])
def test_appointment_type_deletion_explains_what_to_do_with_a_used_type(
    admin: AdminClient, sam: User, blood_test: AppointmentType, booked: Appointment, page: str
) -> None:
    cancel(sam, booked, as_staff=True)
    unused = make_type("Vaccination")
    action = {
        "action": "delete_selected",
        "_selected_action": [blood_test.pk, unused.pk],
        "post": "yes",
    }
    path, form = {
        "delete page": (delete_page_of(blood_test), {"post": "yes"}),
        "list action": (LIST, action),
    }[page]
    response = admin.client.post(f"/admin/{path}", form)
    assert (response.status_code, response.context["protected"]) == (
        200,
        ["Blood test: 1 appointment", "Blood test: 1 doctor who offers it", MAKE_INACTIVE],
    )
    assert AppointmentType.objects.count() == 2
    # The page names no patient.
    assert not has_word(response.content.decode(), "Ann")
    assert recorded_accesses() == []


def test_appointment_type_deletion_keeps_the_former_type_of_an_appointment(
    admin: AdminClient, dora: Doctor, blood_test: AppointmentType, booked: Appointment
) -> None:
    other = make_type("Vaccination")
    catalogue.set_appointment_types(dora, [other.pk])
    amend(dora.user, booked, appointment_type_id=other.pk)
    response = admin.client.post(f"/admin/{delete_page_of(blood_test)}", {"post": "yes"})
    assert response.context["protected"] == ["Blood test: 1 appointment", MAKE_INACTIVE]


def test_appointment_type_form_makes_a_used_type_inactive(
    admin: AdminClient, blood_test: AppointmentType, booked: Appointment
) -> None:
    assert admin.save(page_of(blood_test), active=None).errors == {}
    blood_test.refresh_from_db()
    assert blood_test.active is False


def test_appointment_type_pages_need_permissions(blood_test: AppointmentType, olga: User) -> None:
    admin = AdminClient(staff_with_permissions(olga, "view_appointmenttype"))
    assert list(admin.open(page_of(blood_test)).context["adminform"].form.fields) == []
    form = {"name": "Other"}
    assert admin.client.post(f"/admin/{page_of(blood_test)}", form).status_code == 403
    blood_test.refresh_from_db()
    assert blood_test.name == "Blood test"
    assert admin.client.get(f"/admin/{ADD}").status_code == 403
    assert admin.client.get(f"/admin/{delete_page_of(blood_test)}").status_code == 403
