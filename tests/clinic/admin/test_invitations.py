"""Invitations in the admin: the action, and the list of addresses that others have."""

import pytest
from django.test import Client

from clinic.models import AccessRecord, Patient
from tests.support.admin_client import AdminClient, staff_with_permissions
from tests.support.email_links import send_emails
from tests.support.fixtures.people import make_patient, make_user
from tests.support.fixtures.smtp_server import MailServer
from tests.support.staff import make_staff
from users import invitations
from users.models import AddressConflict, EmailLink, User

pytestmark = pytest.mark.django_db

CANNOT = "This person can sign in already, has another email address, or the account is disabled."
PATIENTS, USERS, CONFLICTS = "clinic/patient/", "users/user/", "users/addressconflict/"
IN_USE = "1 person was invited with an email address that another account has."


@pytest.fixture
def walk_in(ann: Patient) -> Patient:
    ann.user.set_unusable_password()
    ann.user.save()
    return ann


@pytest.fixture
def conflict(walk_in: Patient, ben: Patient, sam: User) -> AddressConflict:
    User.objects.filter(pk=walk_in.user_id).update(email=None)
    walk_in.user.refresh_from_db()
    invitations.invite(walk_in.user, ben.user.email, invited_by=sam)
    return AddressConflict.objects.get()


@pytest.mark.parametrize("page", [PATIENTS, USERS])
def test_invite_action_emails_people_without_a_password_only(
    admin: AdminClient, walk_in: Patient, ben: Patient, mail_server: MailServer, page: str
) -> None:
    selected = [p if page == PATIENTS else p.user for p in (walk_in, ben)]
    assert sorted(admin.run_action(page, "invite", *selected).messages) == [
        "An invitation is sent to Ann Example.",
        f"Ben Example: {CANNOT}",
    ]
    assert send_emails(mail_server, ben.user.email) == []


@pytest.mark.parametrize(
    ("page", "advice"),
    [
        (PATIENTS, "Choose Invite on the page of the patient."),
        (USERS, "Enter it in the account first."),
    ],
)
def test_invite_action_reports_a_missing_address(
    admin: AdminClient, walk_in: Patient, page: str, advice: str
) -> None:
    User.objects.filter(pk=walk_in.user_id).update(email=None)
    selected = walk_in if page == PATIENTS else walk_in.user
    assert admin.run_action(page, "invite", selected).messages == [
        f"Ann Example has no email address. {advice}"
    ]


def test_reception_invites_a_patient_to_an_address_that_is_not_in_the_account(
    walk_in: Patient, mail_server: MailServer
) -> None:
    User.objects.filter(pk=walk_in.user_id).update(email=None)
    admin, page = AdminClient(make_staff("Rita", "Reception")), f"{PATIENTS}{walk_in.pk}/"
    assert f"/admin/{page}invite/" in admin.open(f"{page}change/").content.decode()
    response = admin.submit(f"{page}invite/", {"email": "Ann@Example.org"})
    assert response.messages == ["An invitation is sent to Ann Example."]
    [link] = EmailLink.objects.all()
    assert (link.user_id, link.address) == (walk_in.user_id, "ann@example.org")
    change = AccessRecord.objects.filter(action="change").latest("pk")
    assert (change.actor.first_name, change.patients) == ("Rita", [walk_in.pk])
    assert len(send_emails(mail_server, "ann@example.org")) == 1


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("", "This field is required."),
        ("ann", "Enter a valid email address."),
    ],
)
def test_invite_page_shows_what_is_wrong_with_the_address(
    admin: AdminClient, walk_in: Patient, address: str, error: str
) -> None:
    page = admin.client.post(f"/admin/{PATIENTS}{walk_in.pk}/invite/", {"email": address})
    assert page.context["form"].errors == {"email": [error]}
    assert not EmailLink.objects.exists()


def test_invite_page_rejects_a_patient_who_can_sign_in(admin: AdminClient, ben: Patient) -> None:
    page = f"{PATIENTS}{ben.pk}/"
    assert "invite/" not in admin.open(f"{page}change/").content.decode()
    shown = admin.client.post(f"/admin/{page}invite/", {"email": "ben@example.org"})
    assert shown.context["form"].errors == {"email": [CANNOT]}


def test_invite_page_needs_the_permission_and_a_patient(walk_in: Patient) -> None:
    viewer = AdminClient(staff_with_permissions(make_user("Vera"), "view_patient")).client
    reception = AdminClient(make_staff("Rita", "Reception")).client
    colleague = make_patient("Cora")
    staff_with_permissions(colleague.user, "change_doctor")
    pages = [f"/admin/{PATIENTS}{pk}/invite/" for pk in (walk_in.pk, 0, colleague.pk)]
    assert [viewer.get(page).status_code for page in pages] == [403, 403, 403]
    assert [reception.get(page).status_code for page in pages] == [200, 404, 403]


def test_address_entered_by_staff_is_marked_and_ends_older_links(
    admin: AdminClient, olga: User
) -> None:
    assert admin.save(f"users/user/{olga.pk}/change/", email="new@example.org").errors == {}
    olga.refresh_from_db()
    assert (olga.email, olga.email_entered_by_staff, olga.has_verified_email) == (
        "new@example.org",
        True,
        False,
    )


def test_index_and_list_show_invitations_to_addresses_in_use(
    admin: AdminClient, conflict: AddressConflict
) -> None:
    assert [str(message) for message in admin.open("records/").context["messages"]] == [IN_USE]
    page = admin.open(CONFLICTS).content.decode()
    assert all(name in page for name in ("Ann Example", "Ben Example", "Sam Example"))
    read = AccessRecord.objects.latest("pk")
    assert sorted(read.patients) == sorted(
        Patient.objects.filter(user__in=[conflict.user, conflict.holder]).values_list(
            "pk", flat=True
        )
    )
    admin.submit(f"{CONFLICTS}{conflict.pk}/delete/", {"post": "yes"})
    assert not AddressConflict.objects.exists()


def test_managers_see_and_delete_invitations_to_addresses_in_use(
    conflict: AddressConflict,
) -> None:
    admin = AdminClient(make_staff("Max", "Manager"))
    assert [str(message) for message in admin.open("records/").context["messages"]] == [IN_USE]
    admin.submit(f"{CONFLICTS}{conflict.pk}/delete/", {"post": "yes"})
    assert not AddressConflict.objects.exists()


def test_index_shows_nothing_to_staff_without_the_permission(conflict: AddressConflict) -> None:
    staff = AdminClient(staff_with_permissions(make_user("Rita"), "view_patient"))
    assert list(staff.open("records/").context["messages"]) == []
    assert Client().get("/admin/users/addressconflict/").status_code == 302
