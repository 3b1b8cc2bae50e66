from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection, connections
from django.db.models.signals import post_save
from pytest_django import DjangoAssertNumQueries

from clinic.models import Doctor, Patient
from clinic.models.schedule import DEFAULT_WEEK
from tests.support.admin_client import AdminClient, AdminResponse
from tests.support.booking import book_as_patient
from tests.support.fixtures.people import make_doctor, make_user
from users.models import User

pytestmark = pytest.mark.django_db

ADD, LIST = "clinic/doctor/add/", "clinic/doctor/"
ROLE_MISSING = "This account does not have this role. Add the role on the account's page."
PHONE_NUMBER = (
    "Enter a valid phone number (e.g. 030 123456) or a number with an international call prefix."
)
PROFILE = {"specialty": "Urology", "phone_number": "030 23125 001", "experience_years": "3"}


def page_of(doctor: Doctor) -> str:
    return f"clinic/doctor/{doctor.pk}/change/"


def unapproved_doctor(name: str) -> Doctor:
    doctor = make_doctor(name)
    doctor.approved = False
    doctor.save()
    return doctor


def names(admin: AdminClient, query: str = "") -> list[str]:
    rows = admin.open(f"{LIST}?{query}").context["cl"].result_list
    return [doctor.user.first_name for doctor in rows]


def test_doctor_form_creates_an_unapproved_profile_with_default_hours(admin: AdminClient) -> None:
    user = make_user("Nora", is_doctor=True)
    assert admin.save(ADD, user=user.pk, **PROFILE).errors == {}
    doctor = Doctor.objects.get(user=user)
    assert (doctor.specialty, doctor.phone_number, doctor.slot_minutes) == (
        "Urology",
        "+493023125001",
        30,
    )
    assert doctor.approved is False
    assert doctor.working_hours.count() == len(DEFAULT_WEEK)


def test_doctor_form_rejects_an_account_without_the_role(admin: AdminClient, olga: User) -> None:
    assert admin.save(ADD, user=olga.pk, **PROFILE) == AdminResponse(
        [],
        {"user": [ROLE_MISSING]},
    )
    assert not Doctor.objects.exists()


def test_doctor_form_rejects_a_second_profile_of_an_account(
    admin: AdminClient, dora: Doctor
) -> None:
    assert admin.save(ADD, user=dora.user.pk, **PROFILE).errors == {
        "user": ["Doctor with this User already exists."]
    }


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        (
            "phone_number",
            "12",
            PHONE_NUMBER,
        ),
        ("experience_years", "81", "Ensure this value is less than or equal to 80."),
        ("slot_minutes", "7", "This value is not a multiple of 5 minutes. Choose one that is."),
        ("specialty", "", "This field is required."),
    ],
)
def test_doctor_form_reports_invalid_values_by_field(
    admin: AdminClient, dora: Doctor, field: str, value: str, error: str
) -> None:
    assert admin.save(page_of(dora), **{field: value}) == AdminResponse([], {field: [error]})


def test_doctor_form_saves_changed_fields_only(admin: AdminClient, dora: Doctor) -> None:
    form = admin.fill_in(page_of(dora), experience_years="13")
    Doctor.objects.filter(pk=dora.pk).update(specialty="Neurology")
    page = admin.submit(page_of(dora), {**form, "specialty": "Neurology"})
    dora.refresh_from_db()
    assert page.errors == {}
    assert (dora.specialty, dora.experience_years) == ("Neurology", 13)


def test_doctor_form_does_not_change_the_account(
    admin: AdminClient, dora: Doctor, olga: User
) -> None:
    admin.save(page_of(dora), user=olga.pk)
    dora.refresh_from_db()
    assert dora.user.first_name == "Dora"


def test_approve_action_approves_doctors(admin: AdminClient) -> None:
    unapproved, other = unapproved_doctor("Willi"), unapproved_doctor("Wanda")
    assert names(admin, "approved__exact=0") == ["Wanda", "Willi"]
    assert admin.run_action(LIST, "approve", unapproved, other) == AdminResponse(
        ["2 doctors approved."], {}
    )
    assert Doctor.objects.bookable().count() == 2


def test_approve_action_names_the_doctors_that_failed(admin: AdminClient) -> None:
    unapproved, without_role = unapproved_doctor("Willi"), unapproved_doctor("Otto")
    without_role.user.is_doctor = False
    without_role.user.save()
    assert admin.run_action(LIST, "approve", unapproved, without_role) == AdminResponse(
        [
            f"Otto Example (Cardiology): {ROLE_MISSING}",
            "1 doctor approved.",
        ],
        {},
    )


def test_approve_action_reports_that_all_are_already_approved(
    admin: AdminClient, dora: Doctor
) -> None:
    assert admin.run_action(LIST, "approve", dora) == AdminResponse(
        ["All selected doctors are already approved."], {}
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Dora", "Emil"]),
        ("q=dora", ["Dora"]),
        ("q=DERMA", ["Emil"]),
        ("q=emil%40example.org", ["Emil"]),
        ("specialty=Cardiology", ["Dora"]),
        ("approved__exact=0", []),
    ],
)
def test_doctor_list_searches_and_filters(
    admin: AdminClient, dora: Doctor, emil: Doctor, query: str, found: list[str]
) -> None:
    assert names(admin, query) == found


def test_doctor_deletion_lists_the_appointments_that_prevent_it(
    admin: AdminClient, dora: Doctor, ann: Patient
) -> None:
    appointment = book_as_patient(ann, dora)
    page = f"clinic/doctor/{dora.pk}/delete/"
    protected = admin.open(page).context["protected"]
    link = f'<a href="/admin/clinic/appointment/{appointment.pk}/change/">{appointment}</a>'
    [change] = appointment.history.all()
    # The order differs between databases.
    assert sorted(protected) == [f"Appointment change: {change}", f"Appointment: {link}"]
    assert admin.client.post(f"/admin/{page}", {"post": "yes"}).status_code == 200
    assert (
        admin.client.post(
            f"/admin/{LIST}",
            {"action": "delete_selected", "_selected_action": [dora.pk], "post": "yes"},
        ).status_code
        == 200
    )
    assert Doctor.objects.filter(pk=dora.pk).exists()


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("page", ["delete page", "list action"])
def test_doctor_deletion_fails_if_an_appointment_is_booked_concurrently(
    admin: AdminClient, dora: Doctor, ann: Patient, page: str
) -> None:
    def book_concurrently(**_: object) -> None:
        # Django writes the log entry after it has checked for appointments and before it deletes.
        post_save.disconnect(book_concurrently, sender=LogEntry)
        with ThreadPoolExecutor(max_workers=1) as other_connection:
            other_connection.submit(book_as_patient, ann, dora).result(timeout=60)
            other_connection.submit(connections.close_all).result()

    post_save.connect(book_concurrently, sender=LogEntry)
    delete_page = f"clinic/doctor/{dora.pk}/delete/"
    deletions = {
        "delete page": (delete_page, {"post": "yes"}),
        "list action": (
            LIST,
            {"action": "delete_selected", "_selected_action": [dora.pk], "post": "yes"},
        ),
    }
    path, form = deletions[page]
    response = admin.client.post(f"/admin/{path}", form)
    # The appointment and its history.
    assert (response.status_code, len(response.context["protected"])) == (200, 2)
    assert Doctor.objects.filter(pk=dora.pk).exists()
    assert not LogEntry.objects.exists()


def test_doctor_deletion_without_appointments(admin: AdminClient, dora: Doctor) -> None:
    admin.submit(f"clinic/doctor/{dora.pk}/delete/", {"post": "yes"})
    assert not Doctor.objects.exists()


@pytest.mark.parametrize("number", [1, 20])
def test_doctor_list_uses_a_constant_number_of_queries(
    admin: AdminClient, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for index in range(number):
        make_doctor(f"Doctor{index}")
    admin.open(LIST)
    with django_assert_num_queries(6):
        assert len(names(admin)) == number
