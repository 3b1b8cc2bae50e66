from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection, connections
from django.db.models.signals import post_save
from pytest_django import DjangoAssertNumQueries

from clinic.models import Doctor, Patient
from clinic.models.schedule import DEFAULT_WEEK
from tests.support.admin_client import AdminMessages, Desk
from tests.support.booking import book_as_patient
from tests.support.fixtures.people import make_doctor, make_user
from users.models import User

pytestmark = pytest.mark.django_db

ADD, LIST = "clinic/doctor/add/", "clinic/doctor/"
ROLE_MISSING = "This account does not have that role. Grant it on the account's own page first."
PHONE_NUMBER = (
    "Enter a valid phone number (e.g. 030 123456) or a number with an international call prefix."
)
PROFILE = {"specialty": "Urology", "phone_number": "030 23125 001", "experience_years": "3"}


def page_of(doctor: Doctor) -> str:
    return f"clinic/doctor/{doctor.pk}/change/"


def waiting_doctor(name: str) -> Doctor:
    doctor = make_doctor(name)
    doctor.approved = False
    doctor.save()
    return doctor


def names(desk: Desk, query: str = "") -> list[str]:
    rows = desk.open(f"{LIST}?{query}").context["cl"].result_list
    return [doctor.user.first_name for doctor in rows]


def test_a_new_profile_starts_with_the_usual_week_and_unapproved(desk: Desk) -> None:
    user = make_user("Nora", is_doctor=True)
    assert desk.save(ADD, user=user.pk, **PROFILE).errors == {}
    doctor = Doctor.objects.get(user=user)
    assert (doctor.specialty, doctor.phone_number, doctor.slot_minutes) == (
        "Urology",
        "+493023125001",
        30,
    )
    assert doctor.approved is False
    assert doctor.working_hours.count() == len(DEFAULT_WEEK)


def test_an_account_without_the_role_is_an_error_of_the_account(desk: Desk, olga: User) -> None:
    assert desk.save(ADD, user=olga.pk, **PROFILE) == AdminMessages(
        [],
        {"user": [ROLE_MISSING]},
    )
    assert not Doctor.objects.exists()


def test_a_second_profile_of_one_account_is_refused(desk: Desk, dora: Doctor) -> None:
    assert desk.save(ADD, user=dora.user.pk, **PROFILE).errors == {
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
        ("slot_minutes", "7", "Not a multiple of five minutes."),
        ("specialty", "", "This field is required."),
    ],
)
def test_what_cannot_be_is_an_error_of_its_field(
    desk: Desk, dora: Doctor, field: str, value: str, error: str
) -> None:
    assert desk.save(page_of(dora), **{field: value}) == AdminMessages([], {field: [error]})


def test_a_save_changes_only_what_was_touched(desk: Desk, dora: Doctor) -> None:
    form = desk.fill_in(page_of(dora), experience_years="13")
    Doctor.objects.filter(pk=dora.pk).update(specialty="Neurology")
    page = desk.send(page_of(dora), {**form, "specialty": "Neurology"})
    dora.refresh_from_db()
    assert page.errors == {}
    assert (dora.specialty, dora.experience_years) == ("Neurology", 13)


def test_a_profile_stays_with_its_account(desk: Desk, dora: Doctor, olga: User) -> None:
    desk.save(page_of(dora), user=olga.pk)
    dora.refresh_from_db()
    assert dora.user.first_name == "Dora"


def test_doctors_are_approved_from_the_list(desk: Desk) -> None:
    waiting, other = waiting_doctor("Willi"), waiting_doctor("Wanda")
    assert names(desk, "approved__exact=0") == ["Wanda", "Willi"]
    assert desk.act(LIST, "approve", waiting, other) == AdminMessages(["2 doctors approved."], {})
    assert Doctor.objects.bookable().count() == 2


def test_one_who_cannot_be_approved_is_named_and_the_others_are(desk: Desk) -> None:
    waiting, outsider = waiting_doctor("Willi"), waiting_doctor("Otto")
    outsider.user.is_doctor = False
    outsider.user.save()
    assert desk.act(LIST, "approve", waiting, outsider) == AdminMessages(
        [
            f"Otto Example (Cardiology): {ROLE_MISSING}",
            "1 doctor approved.",
        ],
        {},
    )


def test_approving_the_approved_says_that_there_was_nothing_to_do(desk: Desk, dora: Doctor) -> None:
    assert desk.act(LIST, "approve", dora) == AdminMessages(
        ["All of them are approved already."], {}
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
def test_doctors_are_found_by_name_address_specialty_and_approval(
    desk: Desk, dora: Doctor, emil: Doctor, query: str, found: list[str]
) -> None:
    assert names(desk, query) == found


def test_a_doctor_with_appointments_cannot_be_deleted_and_the_page_says_why(
    desk: Desk, dora: Doctor, ann: Patient
) -> None:
    appointment = book_as_patient(ann, dora)
    page = f"clinic/doctor/{dora.pk}/delete/"
    protected = desk.open(page).context["protected"]
    link = f'<a href="/admin/clinic/appointment/{appointment.pk}/change/">{appointment}</a>'
    assert protected == [f"Appointment: {link}"]
    assert desk.client.post(f"/admin/{page}", {"post": "yes"}).status_code == 200
    assert (
        desk.client.post(
            f"/admin/{LIST}",
            {"action": "delete_selected", "_selected_action": [dora.pk], "post": "yes"},
        ).status_code
        == 200
    )
    assert Doctor.objects.filter(pk=dora.pk).exists()


@pytest.mark.skipif(
    connection.vendor == "sqlite", reason="SQLite lets nobody book while somebody deletes"
)
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("page", ["the doctor's own", "the list"])
def test_a_appointment_booked_while_its_doctor_is_being_deleted_stops_the_deletion(
    desk: Desk, dora: Doctor, ann: Patient, page: str
) -> None:
    def book_elsewhere(**_: object) -> None:
        # Django notes a deletion after it has looked for appointments, and before it deletes.
        post_save.disconnect(book_elsewhere, sender=LogEntry)
        with ThreadPoolExecutor(max_workers=1) as another_clerk:
            another_clerk.submit(book_as_patient, ann, dora).result(timeout=30)
            another_clerk.submit(connections.close_all).result()

    post_save.connect(book_elsewhere, sender=LogEntry)
    own = f"clinic/doctor/{dora.pk}/delete/"
    deletions = {
        "the doctor's own": (own, {"post": "yes"}),
        "the list": (
            LIST,
            {"action": "delete_selected", "_selected_action": [dora.pk], "post": "yes"},
        ),
    }
    path, sent = deletions[page]
    response = desk.client.post(f"/admin/{path}", sent)
    assert (response.status_code, len(response.context["protected"])) == (200, 1)
    assert Doctor.objects.filter(pk=dora.pk).exists()
    assert not LogEntry.objects.exists()


def test_a_doctor_without_appointments_can_be_deleted(desk: Desk, dora: Doctor) -> None:
    desk.send(f"clinic/doctor/{dora.pk}/delete/", {"post": "yes"})
    assert not Doctor.objects.exists()


@pytest.mark.parametrize("number", [1, 20])
def test_the_list_takes_the_same_queries_however_long_it_is(
    desk: Desk, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for place in range(number):
        make_doctor(f"Doctor{place}")
    desk.open(LIST)
    with django_assert_num_queries(6):
        assert len(names(desk)) == number
