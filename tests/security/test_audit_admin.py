"""Admin pages that show or change a patient's record are recorded in the audit log."""

import datetime as dt

import pytest
from django.db import connection, transaction
from django.db.models import ProtectedError
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.models import Appointment, Doctor, Notification, Patient
from tests.support.access_records import recorded_accesses
from tests.support.admin_client import NO_GUARDIANS, AdminClient, staff_with_permissions
from tests.support.booking import book_as_patient
from tests.support.fixtures.people import make_patient
from tests.support.task_worker import run_due_tasks
from tests.support.words import has_word
from users.models import User


@pytest.fixture
def appointment(dora: Doctor, ann: Patient) -> Appointment:
    """Ann's appointment with Dora."""
    return book_as_patient(ann, dora)


def test_invalid_form_is_recorded_as_a_read(
    sam: User, ann: Patient, appointment: Appointment
) -> None:
    admin = Client()
    admin.force_login(sam)
    for path, form in (
        (f"patient/{ann.pk}", {"date_of_birth": "soon"}),
        (f"appointment/{appointment.pk}", {"status": "sung"}),
    ):
        assert admin.post(f"/admin/clinic/{path}/change/", form).status_code == 200
    assert [row[:4] for row in recorded_accesses()] == [("Sam", "read", "admin", "Ann")] * 2


def test_valid_form_is_recorded_as_a_change_only(sam: User, ann: Patient) -> None:
    admin = Client()
    admin.force_login(sam)
    names = {"first_name": "Ann", "last_name": "Example", "gender": "undisclosed"}
    form = {**names, "date_of_birth": "1990-05-17", "address": "Elm Street 1", **NO_GUARDIANS}
    assert admin.post(f"/admin/clinic/patient/{ann.pk}/change/", form).status_code == 302
    assert recorded_accesses() == [("Sam", "change", "admin", "Ann", ["Patient.Address"])]


ADD_FORMS = [
    ("clinic/appointment/add/", "patient", "Patient"),
    ("clinic/patient/add/", "user", "User"),
    ("clinic/doctor/add/", "user", "User"),
]


@pytest.mark.parametrize("method", ["get", "post"], ids=["opened", "submitted with errors"])
@pytest.mark.parametrize(("url", "field", "kind"), ADD_FORMS)
def test_add_form_records_the_selected_patient(
    sam: User, ann: Patient, url: str, field: str, kind: str, method: str
) -> None:
    values = {field: ann.pk if kind == "Patient" else ann.user_id}
    admin = AdminClient(sam).client
    page = getattr(admin, method)(f"/admin/{url}", values)
    assert page.status_code == 200
    assert "Ann Example" in page.content.decode()
    assert recorded_accesses() == [("Sam", "read", "admin", "Ann", [f"{kind}.name"])]


@pytest.mark.parametrize("method", ["get", "post"], ids=["opened", "submitted with errors"])
@pytest.mark.parametrize("value", ["", "999999"])
@pytest.mark.parametrize(("url", "field"), [form[:2] for form in ADD_FORMS])
def test_add_form_records_nothing_without_a_selected_patient(
    sam: User, ann: Patient, url: str, field: str, value: str, method: str
) -> None:
    admin = AdminClient(sam).client
    page = getattr(admin, method)(f"/admin/{url}", {field: value})
    assert (page.status_code, recorded_accesses()) == (200, [])


@pytest.mark.parametrize(
    ("url", "recorded_fields"),
    [
        ("clinic/patient/{patient}/delete/", ["Patient.name"]),
        ("users/user/{account}/delete/", ["User.name"]),
        ("clinic/doctor/{doctor}/delete/", []),
        ("users/user/{doctors_account}/delete/", []),
    ],
)
def test_protected_delete_page_records_its_object_and_names_no_appointment(
    sam: User,
    ann: Patient,
    dora: Doctor,
    appointment: Appointment,
    url: str,
    recorded_fields: list[str],
) -> None:
    path = url.format(
        patient=ann.pk, account=ann.user_id, doctor=dora.pk, doctors_account=dora.user_id
    )
    admin = AdminClient(sam)
    for page in (admin.open(path), admin.client.post(f"/admin/{path}", {"post": "yes"})):
        assert page.status_code == 200
        assert ("Ann Example" in page.content.decode()) is bool(recorded_fields)
        assert str(appointment) not in page.content.decode()
    reads = [("Sam", "read", "admin", "Ann", recorded_fields)] if recorded_fields else []
    assert recorded_accesses() == reads * 2


@pytest.mark.parametrize("path", ["clinic/patient/", "clinic/doctor/", "users/user/"])
def test_protected_delete_action_records_nothing(
    sam: User, ann: Patient, dora: Doctor, appointment: Appointment, path: str
) -> None:
    selected = {"clinic/patient/": ann.pk, "clinic/doctor/": dora.pk, "users/user/": ann.user_id}
    form = {"action": "delete_selected", "_selected_action": [selected[path]]}
    page = AdminClient(sam).client.post(f"/admin/{path}", form)
    assert page.status_code == 200
    assert not has_word(page.content.decode(), "Ann")
    assert recorded_accesses() == []


APPOINTMENT_NAME_FIELDS = [
    "Appointment.date",
    "Appointment.doctor",
    "Appointment.patient",
    "Appointment.time",
]


def test_appointment_action_records_the_patients_named_in_its_messages(
    sam: User, dora: Doctor, ann: Patient, ben: Patient, appointment: Appointment
) -> None:
    appointments = [appointment.pk, book_as_patient(ben, dora, time=dt.time(10)).pk]
    done = book_as_patient(make_patient("Cleo"), dora, time=dt.time(11))
    form = {"action": "confirm", "_selected_action": [done.pk]}
    admin = AdminClient(sam).client
    assert admin.post("/admin/clinic/appointment/", form).status_code == 302
    assert [row[1:4] for row in recorded_accesses()] == [("change", "admin", "Cleo")]
    form = {"action": "complete", "_selected_action": appointments}
    assert admin.post("/admin/clinic/appointment/", form).status_code == 302
    assert recorded_accesses()[1:] == [("Sam", "read", "admin", "Ann Ben", APPOINTMENT_NAME_FIELDS)]


def test_user_action_records_the_patients_named_in_its_messages(ann: Patient, olga: User) -> None:
    User.objects.filter(pk=ann.user_id).update(is_superuser=True)
    admin = AdminClient(staff_with_permissions(olga, "view_user", "change_user"))
    form = {"action": "end_sessions", "_selected_action": [ann.user_id]}
    assert admin.client.post("/admin/users/user/", form).status_code == 302
    assert recorded_accesses() == [("Olga", "read", "admin", "Ann", ["User.name"])]


NOTIFICATION_LIST = (
    *("appointment_time", "created_at", "failures", "kind", "last_failure"),
    *("recipient", "sent_at"),
)
NOTIFICATION_PAGE = (
    *("appointment", "created_at", "date", "dropped_at", "failures", "held_at", "kind"),
    *("last_failure", "recipient", "sending_since", "sent_at", "sequence", "status", "time"),
)
ACCOUNT_LIST = ("email", "is_active", "is_doctor", "is_patient", "is_staff", "last_login", "name")
ACCOUNT_PAGE = (
    *("date_joined", "email", "first_name", "gender", "groups", "is_active", "is_doctor"),
    *("is_patient", "is_staff", "is_superuser", "last_login", "last_name", "picture"),
    "user_permissions",
)
APPOINTMENT_HISTORY = ("date", "doctor", "history", "patient", "time")
NOTIFICATION_HISTORY = ("date", "history", "kind", "recipient", "time")
AUTOCOMPLETE = "autocomplete/?app_label=clinic&model_name={}&field_name={}&term=an"


@pytest.mark.parametrize(
    ("url", "kind", "fields"),
    [
        ("users/user/?q=ann", "User", (*ACCOUNT_LIST, "thumbnail")),
        ("users/user/{account}/change/", "User", ACCOUNT_PAGE),
        ("users/user/{account}/history/", "User", ("history", "name")),
        ("clinic/patient/{patient}/history/", "Patient", ("history", "name")),
        ("clinic/appointment/{appointment}/history/", "Appointment", APPOINTMENT_HISTORY),
        ("clinic/notification/{notification}/history/", "Notification", NOTIFICATION_HISTORY),
        ("clinic/notification/?q=ann", "Notification", NOTIFICATION_LIST),
        ("clinic/notification/{notification}/change/", "Notification", NOTIFICATION_PAGE),
        (AUTOCOMPLETE.format("appointment", "patient"), "Patient", ("date_of_birth", "name")),
        (AUTOCOMPLETE.format("patient", "user"), "User", ("name",)),
    ],
)
def test_admin_page_records_the_displayed_patient_and_fields(
    sam: User,
    ann: Patient,
    appointment: Appointment,
    url: str,
    kind: str,
    fields: tuple[str, ...],
) -> None:
    run_due_tasks()
    notification = Notification.objects.get(recipient=ann.user)
    ids = {
        "account": ann.user_id,
        "patient": ann.pk,
        "appointment": appointment.pk,
        "notification": notification.pk,
    }
    AdminClient(sam).open(url.format(**ids))
    assert recorded_accesses() == [("Sam", "read", "admin", "Ann", [f"{kind}.{f}" for f in fields])]


def test_delete_action_records_the_selected_patients(sam: User, ann: Patient) -> None:
    AdminClient(sam).run_action("users/user/", "delete_selected", ann.user)
    assert recorded_accesses() == [("Sam", "read", "admin", "Ann", ["User.name"])]


def test_delete_page_lists_the_access_records_that_protect_a_patient(
    sam: User, ann: Patient
) -> None:
    admin = AdminClient(sam)
    admin.open("clinic/patient/")
    for page in (f"clinic/patient/{ann.pk}/delete/", f"users/user/{ann.user_id}/delete/"):
        reads = ["2026-03-02 08:00 Sam Example read 1 patient" for _ in recorded_accesses()]
        assert admin.open(page).context["protected"] == reads
        assert admin.client.post(f"/admin/{page}", {"post": "yes"}).status_code == 200
    for row in (ann, ann.user):
        with pytest.raises(ProtectedError), transaction.atomic():
            row.delete()
    assert Patient.objects.get() == ann


def test_accounts_that_are_not_patients_are_not_recorded(
    sam: User, olga: User, dora: Doctor
) -> None:
    admin = AdminClient(sam)
    for url in ("users/user/", f"users/user/{olga.pk}/change/", "clinic/doctor/"):
        admin.open(url)
    admin.open(AUTOCOMPLETE.format("appointment", "doctor"))
    assert recorded_accesses() == []


def test_user_admin_records_changes_of_a_patients_account(sam: User, ann: Patient) -> None:
    admin = AdminClient(sam)
    admin.run_action("users/user/", "end_sessions", ann.user)
    admin.save(f"users/user/{ann.user_id}/change/", last_name="Other")
    changes = [row for row in recorded_accesses() if row[1] == "change"]
    assert changes == [
        ("Sam", "change", "admin", "Ann", []),
        ("Sam", "change", "admin", "Ann", ["User.Last name"]),
    ]


@pytest.mark.parametrize(
    "url",
    ["users/user/", "clinic/notification/", AUTOCOMPLETE.format("appointment", "patient")],
)
def test_admin_page_records_all_its_patients_in_one_statement(
    sam: User, dora: Doctor, ann: Patient, url: str
) -> None:
    admin, query_counts = AdminClient(sam), []
    for hour in range(10, 12):
        for half in (0, 30):
            patient = make_patient(f"Andy{hour}{half}")
            book_as_patient(patient, dora, time=dt.time(hour, half))
        run_due_tasks()
        with CaptureQueriesContext(connection) as statements:
            admin.open(url)
        query_counts.append(len(statements))
        assert len([s for s in statements if "clinic_accessrecord" in s["sql"]]) == 1
    assert len(set(query_counts)) == 1
