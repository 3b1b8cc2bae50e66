"""Whose record was looked at or changed at the desk is remembered, whichever page shows it."""

import datetime as dt

import pytest
from django.db import connection, transaction
from django.db.models import ProtectedError
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.models import AccessRecord, Appointment, Doctor, Notification, Patient
from tests.support.access_records import remembered
from tests.support.admin_client import Desk, make_staff
from tests.support.api_client import Api
from tests.support.booking import book_as_patient
from tests.support.fixtures.people import make_patient
from tests.support.global_ids import id_of
from tests.support.task_worker import work_off
from users.models import User


@pytest.fixture
def appointment(dora: Doctor, ann: Patient) -> Appointment:
    return book_as_patient(ann, dora)


def test_staff_are_remembered_and_search_the_audit_without_altering_it(
    sam: User, ann: Patient, appointment: Appointment
) -> None:
    desk = Client()
    desk.force_login(sam)
    assert desk.get(f"/admin/clinic/patient/{ann.pk}/change/").status_code == 200
    assert desk.get("/admin/clinic/appointment/").status_code == 200
    assert [row[:4] for row in remembered()] == [
        ("Sam", "read", "admin", "Ann"),
        ("Sam", "read", "admin", "Ann"),
    ]
    page = desk.get("/admin/clinic/accessrecord/", {"q": "ann@example.org"})
    assert (page.status_code, page.context["cl"].result_count) == (200, 2)
    row = AccessRecord.objects.earliest("pk")
    for path in ("add/", f"{row.pk}/delete/"):
        assert desk.post(f"/admin/clinic/accessrecord/{path}").status_code == 403
    assert desk.post(f"/admin/clinic/accessrecord/{row.pk}/change/").status_code == 403


def test_the_desk_names_the_first_patients_of_a_row_and_all_of_them_on_its_page(
    api: Api, sam: User, dora: Doctor
) -> None:
    for hour, name in enumerate(["Dana", "Ada", "Eli", "Bea", "Cleo"], start=9):
        book_as_patient(make_patient(name), dora, time=dt.time(hour))
    api("{ patients { edges { node { address } } } }", user=dora.user)
    row, desk = AccessRecord.objects.get(), Desk(sam)
    shown = "Dana Example, Ada Example, Eli Example, and 2 more"
    assert shown in desk.open("clinic/accessrecord/").content.decode()
    everybody = "Ada Example, Bea Example, Cleo Example, Dana Example, Eli Example"
    page = desk.open(f"clinic/accessrecord/{row.pk}/change/").content.decode()
    assert everybody in page
    assert [row[3] for row in remembered()[1:]] == ["Dana Ada Eli", "Dana Ada Eli Bea Cleo"]


def test_the_history_of_a_row_of_the_audit_names_no_patient(sam: User, ann: Patient) -> None:
    desk = Desk(sam)
    desk.open("clinic/patient/")
    row = AccessRecord.objects.get()
    assert "Ann" not in desk.open(f"clinic/accessrecord/{row.pk}/history/").content.decode()
    assert len(remembered()) == 1


def test_a_search_of_the_audit_that_finds_too_many_patients_says_so(
    sam: User, dora: Doctor
) -> None:
    patients = [make_patient(f"Andy{number}") for number in range(51)]
    desk = Desk(sam)
    for patient in (patients[0], patients[-1]):
        desk.open(f"clinic/patient/{patient.pk}/change/")
    page = desk.open("clinic/accessrecord/?q=andy")
    assert [row.patients for row in page.context["cl"].result_list] == [[patients[0].pk]]
    assert [str(message) for message in page.context["messages"]] == [
        "More than 50 patients match. Shown is who looked at the first 50."
    ]


def test_a_form_that_was_refused_shows_the_record_and_is_remembered(
    sam: User, ann: Patient, appointment: Appointment
) -> None:
    desk = Client()
    desk.force_login(sam)
    for path, form in (
        (f"patient/{ann.pk}", {"date_of_birth": "soon"}),
        (f"appointment/{appointment.pk}", {"status": "sung"}),
    ):
        assert desk.post(f"/admin/clinic/{path}/change/", form).status_code == 200
    assert [row[:4] for row in remembered()] == [("Sam", "read", "admin", "Ann")] * 2


def test_a_form_that_was_accepted_is_a_change_alone(sam: User, ann: Patient) -> None:
    desk = Client()
    desk.force_login(sam)
    form = {"date_of_birth": "1990-05-17", "address": "Elm Street 1"}
    assert desk.post(f"/admin/clinic/patient/{ann.pk}/change/", form).status_code == 302
    assert remembered() == [("Sam", "change", "admin", "Ann", ["Patient.Address"])]


ADD_FORMS = [
    ("clinic/appointment/add/", "patient", "Patient"),
    ("clinic/patient/add/", "user", "User"),
    ("clinic/doctor/add/", "user", "User"),
]


@pytest.mark.parametrize("method", ["get", "post"], ids=["opened", "sent and refused"])
@pytest.mark.parametrize(("address", "field", "kind"), ADD_FORMS)
def test_whoever_is_chosen_in_a_form_that_is_shown_has_been_read(
    sam: User, ann: Patient, address: str, field: str, kind: str, method: str
) -> None:
    chosen = {field: ann.pk if kind == "Patient" else ann.user_id}
    desk = Desk(sam).client
    page = getattr(desk, method)(f"/admin/{address}", chosen)
    assert page.status_code == 200
    assert "Ann Example" in page.content.decode()
    assert remembered() == [("Sam", "read", "admin", "Ann", [f"{kind}.name"])]


@pytest.mark.parametrize("method", ["get", "post"], ids=["opened", "sent and refused"])
@pytest.mark.parametrize("value", ["", "999999"])
@pytest.mark.parametrize(("address", "field"), [form[:2] for form in ADD_FORMS])
def test_a_form_in_which_nobody_is_chosen_names_nobody(
    sam: User, ann: Patient, address: str, field: str, value: str, method: str
) -> None:
    desk = Desk(sam).client
    page = getattr(desk, method)(f"/admin/{address}", {field: value})
    assert (page.status_code, remembered()) == (200, [])


def test_passwords_that_do_not_match_show_the_account_and_are_remembered(
    sam: User, ann: Patient
) -> None:
    form = {"usable_password": "true", "password1": "one", "password2": "other"}
    page = Desk(sam).client.post(f"/admin/users/user/{ann.user_id}/password/", form)
    assert page.status_code == 200
    fields = ["User.email", "User.name"]
    assert remembered() == [("Sam", "read", "admin", "Ann", fields)]


@pytest.mark.parametrize(
    ("address", "remembered_of_ann"),
    [
        ("clinic/patient/{patient}/delete/", ["Patient.name"]),
        ("users/user/{account}/delete/", ["User.name"]),
        ("clinic/doctor/{doctor}/delete/", []),
        ("users/user/{doctors_account}/delete/", []),
    ],
)
def test_a_deletion_that_appointments_stand_in_the_way_of_names_whom_it_is_about_and_no_appointment(
    sam: User,
    ann: Patient,
    dora: Doctor,
    appointment: Appointment,
    address: str,
    remembered_of_ann: list[str],
) -> None:
    path = address.format(
        patient=ann.pk, account=ann.user_id, doctor=dora.pk, doctors_account=dora.user_id
    )
    desk = Desk(sam)
    for page in (desk.open(path), desk.client.post(f"/admin/{path}", {"post": "yes"})):
        assert page.status_code == 200
        assert ("Ann Example" in page.content.decode()) is bool(remembered_of_ann)
        assert str(appointment) not in page.content.decode()
    reads = [("Sam", "read", "admin", "Ann", remembered_of_ann)] if remembered_of_ann else []
    assert remembered() == reads * 2


@pytest.mark.parametrize("noun", ["clinic/patient/", "clinic/doctor/", "users/user/"])
def test_a_deletion_of_many_that_appointments_stand_in_the_way_of_names_nobody(
    sam: User, ann: Patient, dora: Doctor, appointment: Appointment, noun: str
) -> None:
    ticked = {"clinic/patient/": ann.pk, "clinic/doctor/": dora.pk, "users/user/": ann.user_id}
    form = {"action": "delete_selected", "_selected_action": [ticked[noun]]}
    page = Desk(sam).client.post(f"/admin/{noun}", form)
    assert page.status_code == 200
    assert "Ann" not in page.content.decode()
    assert remembered() == []


VISIT_NAMED = ["Appointment.date", "Appointment.doctor", "Appointment.patient", "Appointment.time"]


def test_a_message_that_names_appointments_is_remembered_by_whoever_will_read_it(
    sam: User, dora: Doctor, ann: Patient, ben: Patient, appointment: Appointment
) -> None:
    appointments = [appointment.pk, book_as_patient(ben, dora, time=dt.time(10)).pk]
    done = book_as_patient(make_patient("Cleo"), dora, time=dt.time(11))
    form = {"action": "confirm", "_selected_action": [done.pk]}
    desk = Desk(sam).client
    assert desk.post("/admin/clinic/appointment/", form).status_code == 302
    assert [row[1:4] for row in remembered()] == [("change", "admin", "Cleo")]
    form = {"action": "complete", "_selected_action": appointments}
    assert desk.post("/admin/clinic/appointment/", form).status_code == 302
    assert remembered()[1:] == [("Sam", "read", "admin", "Ann Ben", VISIT_NAMED)]


def test_a_message_that_names_an_account_is_remembered_by_whoever_will_read_it(
    ann: Patient, olga: User
) -> None:
    User.objects.filter(pk=ann.user_id).update(is_superuser=True)
    clerk = Desk(make_staff(olga, "view_user", "change_user"))
    form = {"action": "end_sign_ins", "_selected_action": [ann.user_id]}
    assert clerk.client.post("/admin/users/user/", form).status_code == 302
    assert remembered() == [("Olga", "read", "admin", "Ann", ["User.name"])]


LETTER_LIST = (
    "created_at",
    "failures",
    "kind",
    "last_failure",
    "recipient",
    "sent_at",
    "appointment",
)
LETTER_PAGE = (
    *("appointment", "created_at", "date", "dropped_at", "failures", "kind", "last_failure"),
    *("recipient", "sending_since", "sent_at", "sequence", "status", "time"),
)
ACCOUNT_LIST = ("email", "is_active", "is_doctor", "is_patient", "is_staff", "last_login", "name")
ACCOUNT_PAGE = (
    *("date_joined", "email", "first_name", "gender", "groups", "is_active", "is_doctor"),
    *("is_patient", "is_staff", "is_superuser", "last_login", "last_name", "password", "picture"),
    "user_permissions",
)
VISIT_HISTORY = ("date", "doctor", "history", "patient", "time")
LETTER_HISTORY = ("date", "history", "kind", "recipient", "time")
AUDIT_LIST = ("action", "actor", "address", "at", "named_patients", "operation")
COMPLETE = "autocomplete/?app_label=clinic&model_name={}&field_name={}&term=an"


@pytest.mark.parametrize(
    ("address", "kind", "fields"),
    [
        ("users/user/?q=ann", "User", (*ACCOUNT_LIST, "thumbnail")),
        ("users/user/{account}/change/", "User", ACCOUNT_PAGE),
        ("users/user/{account}/password/", "User", ("email", "name")),
        ("users/user/{account}/history/", "User", ("history", "name")),
        ("clinic/patient/{patient}/history/", "Patient", ("history", "name")),
        ("clinic/appointment/{appointment}/history/", "Appointment", VISIT_HISTORY),
        ("clinic/notification/{letter}/history/", "Notification", LETTER_HISTORY),
        ("clinic/notification/?q=ann", "Notification", LETTER_LIST),
        ("clinic/notification/{letter}/change/", "Notification", LETTER_PAGE),
        (COMPLETE.format("appointment", "patient"), "Patient", ("name",)),
        (COMPLETE.format("patient", "user"), "User", ("name",)),
    ],
)
def test_whatever_page_of_the_desk_shows_a_patient_is_remembered(
    sam: User,
    ann: Patient,
    appointment: Appointment,
    address: str,
    kind: str,
    fields: tuple[str, ...],
) -> None:
    work_off()
    letter = Notification.objects.get(recipient=ann.user)
    ids = {
        "account": ann.user_id,
        "patient": ann.pk,
        "appointment": appointment.pk,
        "letter": letter.pk,
    }
    Desk(sam).open(address.format(**ids))
    assert remembered() == [("Sam", "read", "admin", "Ann", [f"{kind}.{f}" for f in fields])]


def test_who_looked_at_the_audit_is_remembered_in_it(
    api: Api, sam: User, dora: Doctor, ann: Patient, appointment: Appointment
) -> None:
    api("PatientById", {"id": id_of(ann)}, user=dora.user)
    Desk(sam).open("clinic/accessrecord/")
    fields = [f"AccessRecord.{name}" for name in AUDIT_LIST]
    assert remembered()[1:] == [("Sam", "read", "admin", "Ann", fields)]


def test_ticking_patients_to_be_deleted_shows_them_and_is_remembered(
    sam: User, ann: Patient
) -> None:
    Desk(sam).act("users/user/", "delete_selected", ann.user)
    assert remembered() == [("Sam", "read", "admin", "Ann", ["User.name"])]


def test_whom_the_audit_names_cannot_be_deleted_and_the_page_says_why(
    sam: User, ann: Patient
) -> None:
    desk = Desk(sam)
    desk.open("clinic/patient/")
    for page in (f"clinic/patient/{ann.pk}/delete/", f"users/user/{ann.user_id}/delete/"):
        looks = ["2026-03-02 08:00 Sam Example read 1 patient" for _ in remembered()]
        assert desk.open(page).context["protected"] == looks
        assert desk.client.post(f"/admin/{page}", {"post": "yes"}).status_code == 200
    for row in (ann, ann.user):
        with pytest.raises(ProtectedError), transaction.atomic():
            row.delete()
    assert Patient.objects.get() == ann


def test_an_account_that_is_no_patients_is_not_noted(sam: User, olga: User, dora: Doctor) -> None:
    desk = Desk(sam)
    for address in ("users/user/", f"users/user/{olga.pk}/change/", "clinic/doctor/"):
        desk.open(address)
    desk.open(COMPLETE.format("appointment", "doctor"))
    assert remembered() == []


def test_what_staff_do_to_a_patients_account_is_remembered(sam: User, ann: Patient) -> None:
    desk = Desk(sam)
    desk.act("users/user/", "end_sign_ins", ann.user)
    desk.save(f"users/user/{ann.user_id}/change/", last_name="Other")
    changes = [row for row in remembered() if row[1] == "change"]
    assert changes == [
        ("Sam", "change", "admin", "Ann", []),
        ("Sam", "change", "admin", "Ann", ["User.Last name"]),
    ]


@pytest.mark.parametrize(
    "address",
    ["users/user/", "clinic/notification/", COMPLETE.format("appointment", "patient")],
)
def test_a_page_of_the_desk_costs_one_statement_more_however_many_it_shows(
    sam: User, dora: Doctor, ann: Patient, address: str
) -> None:
    desk, costs = Desk(sam), []
    for hour in range(10, 12):
        for half in (0, 30):
            patient = make_patient(f"Andy{hour}{half}")
            book_as_patient(patient, dora, time=dt.time(hour, half))
        work_off()
        with CaptureQueriesContext(connection) as statements:
            desk.open(address)
        costs.append(len(statements))
        assert len([s for s in statements if "clinic_accessrecord" in s["sql"]]) == 1
    assert len(set(costs)) == 1
