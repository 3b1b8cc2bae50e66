"""The page of a patient: all of a person on one page, by permission, recorded once."""

import datetime as dt
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from time_machine import Traveller

from clinic.models import AccessAction, AccessRecord, Doctor, Guardian, Notification, Patient
from clinic.privacy import audit
from clinic.privacy.audit import Access
from tests.support.access_records import recorded_accesses
from tests.support.admin_client import AdminClient, staff_with_permissions
from tests.support.booking import TEN, TUESDAY, book_as_patient, book_as_staff, cancel, write
from tests.support.fixtures.people import make_patient, make_user
from tests.support.staff import make_staff
from tests.support.task_worker import run_due_tasks
from users import invitations
from users.models import User

pytestmark = pytest.mark.django_db

MONDAY, FRIDAY = dt.date(2026, 3, 2), dt.date(2026, 3, 6)


def path_of(patient: Patient, query: str = "") -> str:
    return f"clinic/patient/{patient.pk}/change/{query}"


def parts(page: Any) -> dict[str, Any]:
    """Return the parts of the page; None for those that the viewer cannot see."""
    person = page.context["person"]

    def each(rows: Any, text: Any) -> Any:
        return None if rows is None else [text(row) for row in rows]

    return {
        "upcoming": each(person.upcoming, lambda row: f"{row.date} {row.time:%H:%M} {row.status}"),
        "past": each(person.past, lambda row: f"{row.date} {row.time:%H:%M} {row.status}"),
        "dependants": each(person.dependants, lambda row: row.patient.user.first_name),
        "emails": each(
            person.emails, lambda row: (row[0].recipient.first_name, row[0].kind, row[1])
        ),
        "accesses": each(person.accesses, lambda row: (row.actor.first_name, row.operation)),
    }


@pytest.fixture
def family(sam: User, dora: Doctor, ann: Patient, ben: Patient, clock: Traveller) -> Patient:
    """Ann with appointments and emails. Ben is her guardian, and she acts for Kim."""
    kim = make_patient("Kim")
    Guardian.objects.create(patient=ann, user=ben.user, relationship="partner")
    Guardian.objects.create(patient=kim, user=ann.user, relationship="parent")
    book_as_staff(sam, dora, ann, MONDAY, dt.time(16))
    clock.move_to(dt.datetime(2026, 3, 3, 7, tzinfo=dt.UTC))
    book_as_patient(ann, dora, FRIDAY)
    book_as_staff(sam, dora, ann, TUESDAY, TEN)
    cancel(sam, book_as_staff(sam, dora, ann, FRIDAY, dt.time(16)), as_staff=True)
    book_as_patient(ben, dora, FRIDAY, TEN)
    Notification.objects.all().delete()
    appointment = ann.appointments.get(date=FRIDAY, status="pending")
    common = {"appointment": appointment, "date": FRIDAY, "time": appointment.time}
    common |= {"status": "pending", "sequence": 0}
    now = timezone.now()
    Notification.objects.create(**common, recipient=dora.user, kind="booked", sent_at=now)
    Notification.objects.create(**common, recipient=ann.user, kind="booked", sent_at=now)
    Notification.objects.create(
        **common, recipient=ben.user, kind="booked", failures=2, last_failure="Mailbox full"
    )
    Notification.objects.create(**common, recipient=ann.user, kind="reminder", dropped_at=now)
    Notification.objects.create(**common, recipient=ann.user, kind="moved")
    return ann


EVERYTHING = {
    "upcoming": ["2026-03-03 10:00 confirmed", "2026-03-06 09:00 pending"],
    "past": ["2026-03-06 16:00 cancelled", "2026-03-02 16:00 confirmed"],
    "dependants": ["Kim"],
    "emails": [
        ("Ann", "moved", "Waiting"),
        ("Ann", "reminder", "Cancelled: no longer needed"),
        ("Ben", "booked", "Failed 2 times: Mailbox full"),
        ("Ann", "booked", "Sent Tue 2026-03-03 08:00"),
    ],
    "accesses": [],
}


def test_page_shows_all_of_the_person(admin: AdminClient, family: Patient) -> None:
    page = admin.open(path_of(family))
    assert parts(page) == EVERYTHING
    text = page.content.decode()
    for appointment in [*page.context["person"].upcoming, *page.context["person"].past]:
        assert f'href="/admin/clinic/appointment/{appointment.pk}/change/"' in text
    [dependant] = page.context["person"].dependants
    assert f'href="/admin/clinic/patient/{dependant.patient_id}/change/"' in text
    assert f'href="/admin/clinic/appointment/?patient={family.pk}"' in text


def test_page_shows_reception_all_but_the_audit_log(family: Patient) -> None:
    reception = AdminClient(make_staff("Rita", "Reception"))
    assert parts(reception.open(path_of(family))) == EVERYTHING | {"accesses": None}


@pytest.mark.parametrize(
    ("permission", "shown"),
    [
        ("view_appointment", {"upcoming", "past"}),
        ("view_guardian", {"dependants"}),
        ("view_notification", {"emails"}),
        ("view_accessrecord", {"accesses"}),
        ("add_patient", set()),
    ],
)
def test_each_part_needs_the_permission_of_its_list(
    family: Patient, permission: str, shown: set[str]
) -> None:
    staff = staff_with_permissions(make_user("Vic"), "view_patient", permission)
    expected = {name: rows if name in shown else None for name, rows in EVERYTHING.items()}
    page = AdminClient(staff).open(path_of(family))
    assert parts(page) == expected
    assert ('id="accesses"' in page.content.decode()) == ("accesses" in shown)


def test_all_appointments_of_the_patient_are_one_click_away(
    admin: AdminClient, family: Patient
) -> None:
    rows = admin.open(f"clinic/appointment/?patient={family.pk}").context["cl"].result_list
    assert {row.patient_id for row in rows} == {family.pk}
    assert len(rows) == 4
    for value in ("x", "²", "-1", "9" * 19):
        page = admin.open(f"clinic/appointment/?patient={value}")
        assert page.context["cl"].result_count == 5
    assert admin.open("clinic/appointment/?patient=999999").context["cl"].result_count == 0


def test_page_is_recorded_once_with_all_that_it_shows(admin: AdminClient, family: Patient) -> None:
    before = AccessRecord.objects.count()
    admin.open(path_of(family))
    admin.open(path_of(family))
    records = recorded_accesses()[before:]
    first, second = records[: len(records) // 2], records[len(records) // 2 :]
    [(_, _, _, _, of_ann)] = [record for record in first if record[3] == "Ann"]
    assert [(*record[:4], record[4] if record[3] != "Ann" else []) for record in first] == [
        ("Sam", "read", "admin", "Ann", []),
        ("Sam", "read", "admin", "Ben", ["User.name"]),
        ("Sam", "read", "admin", "Kim", ["Guardian.name", "Guardian.patient"]),
    ]
    assert {
        *("Appointment.date", "Appointment.doctor", "Appointment.status", "Notification.state"),
        *("Patient.email", "Patient.address_state", "Patient.sign_in_state", "Patient.address"),
    } <= set(of_ann)
    # The second time the page shows the first access, too.
    [(_, _, _, _, again)] = [record for record in second if record[3] == "Ann"]
    assert set(again) - set(of_ann) == {
        f"AccessRecord.{name}"
        for name in ("action", "actor", "at", "fields", "on_behalf_of", "operation")
    }


def test_accesses_are_on_pages(admin: AdminClient, sam: User, ann: Patient, ben: Patient) -> None:
    for number in range(45):
        access = Access(AccessAction.READ, frozenset({"Patient.address"}))
        audit.record(None, {ann.pk: access, ben.pk: access}, actor=sam, operation=f"op{number}")

    def operations(query: str) -> list[str]:
        return [name for _who, name in parts(admin.open(path_of(ann, query)))["accesses"]]

    assert operations("") == [f"op{number}" for number in range(44, 24, -1)]
    # Opening a page adds an access before the others.
    assert operations("?accesses=2") == [f"op{number}" for number in range(25, 5, -1)]
    last = admin.open(path_of(ann, "?accesses=3"))
    assert [name for _who, name in parts(last)["accesses"]] == [
        f"op{number}" for number in range(6, -1, -1)
    ]
    assert "?accesses=2#accesses" in last.content.decode()
    assert "?accesses=4#accesses" not in last.content.decode()
    for value in ("x", "0", "-1", "²", "9" * 30):
        assert len(operations(f"?accesses={value}")) == 20


@pytest.mark.parametrize(
    ("account", "address", "sign_in"),
    [
        (
            {"email": None, "password": "!"},
            "None. Emails about appointments go to the guardians.",
            "Not possible: no password was chosen, and there is no invitation.",
        ),
        ({}, "Verified Mon 2026-03-02 08:00.", "Possible; has not signed in yet."),
        (
            {"last_login": dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC), "email_verified_at": None},
            "Not verified yet by its owner.",
            "Possible; signed in last Sun 2026-03-01 10:00.",
        ),
        (
            {"email_verified_at": None, "email_entered_by_staff": True},
            "Entered by staff and not verified yet. Emails are sent to it.",
            "Possible; has not signed in yet.",
        ),
        (
            {"email_needs_review": True, "is_active": False},
            "Not valid or used twice: no email is sent to it.",
            "The account is disabled.",
        ),
    ],
)
def test_page_says_whether_emails_arrive_and_the_patient_can_sign_in(
    admin: AdminClient, ann: Patient, account: dict[str, Any], address: str, sign_in: str
) -> None:
    write(ann.user, **account)
    text = admin.open(path_of(ann)).content.decode()
    model_admin = admin.open(path_of(ann)).context["adminform"].model_admin
    patient = Patient.objects.select_related("user").get(pk=ann.pk)
    assert model_admin.address_state(patient) == address
    assert model_admin.sign_in_state(patient) == sign_in
    assert address in text
    assert sign_in in text


def test_page_shows_a_pending_invitation(admin: AdminClient, sam: User, ann: Patient) -> None:
    write(ann.user, email=None, password="!")
    invitations.invite(User.objects.get(pk=ann.user_id), "ann@example.net", invited_by=sam)
    text = admin.open(path_of(ann)).content.decode()
    assert "Not possible yet: invited to ann@example.net, valid until Mon 2026-03-09 08:00." in text


def test_reception_sends_a_link_to_choose_a_password(ann: Patient) -> None:
    reception = AdminClient(make_staff("Rita", "Reception"))
    before = AccessRecord.objects.count()
    url = f"clinic/patient/{ann.pk}/sign-in-link/"
    assert url in reception.open(path_of(ann)).content.decode()
    sent = reception.submit(url, {})
    assert sent.messages == ["A link to choose a password is sent to Ann Example."]
    run_due_tasks()
    assert [message.to for message in mail.outbox] == [["ann@example.org"]]
    assert ("Rita", "change", "admin", "Ann", []) in recorded_accesses()[before:]
    assert reception.client.get(f"/admin/{url}").status_code == 405
    assert reception.client.post("/admin/clinic/patient/999999/sign-in-link/").status_code == 404


@pytest.mark.parametrize("name", ["viewer", "of a superuser", "without a password"])
def test_link_is_sent_only_where_it_can_be_used(ann: Patient, name: str) -> None:
    permissions = ["view_patient"] if name == "viewer" else ["view_patient", "change_patient"]
    staff = AdminClient(staff_with_permissions(make_user("Vic"), *permissions))
    if name == "of a superuser":
        write(ann.user, is_superuser=True)
    if name == "without a password":
        write(ann.user, password="!")
    url = f"clinic/patient/{ann.pk}/sign-in-link/"
    assert url not in staff.open(path_of(ann)).content.decode()
    if name != "without a password":
        assert staff.client.post(f"/admin/{url}").status_code == 403
        assert mail.outbox == []


def test_page_of_the_account_links_to_that_of_the_patient(
    admin: AdminClient, ann: Patient, dora: Doctor
) -> None:
    link = f'href="/admin/clinic/patient/{ann.pk}/change/"'
    assert link in admin.open(f"users/user/{ann.user_id}/change/").content.decode()
    other = admin.open(f"users/user/{dora.user_id}/change/").content.decode()
    assert "Page of the patient" not in other


@pytest.mark.parametrize("number", [1, 8])
def test_page_uses_a_constant_number_of_queries(
    admin: AdminClient,
    sam: User,
    dora: Doctor,
    ann: Patient,
    number: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for n in range(number):
        other = make_patient(f"Patient{'abcdefgh'[n]}")
        Guardian.objects.create(patient=ann, user=other.user, relationship="partner")
        Guardian.objects.create(patient=other, user=ann.user, relationship="partner")
        book_as_staff(sam, dora, ann, time=dt.time(9 + n))
        cancel(sam, book_as_staff(sam, dora, ann, FRIDAY, dt.time(9 + n)), as_staff=True)
    run_due_tasks()
    shown = parts(admin.open(path_of(ann)))
    assert [len(shown[name]) for name in ("upcoming", "past", "dependants")] == [number] * 3
    assert len(shown["emails"]) > number
    with django_assert_num_queries(12):
        admin.open(path_of(ann))
