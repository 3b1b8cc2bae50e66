"""Attack: staff take over an account by a detour, or change it without its owner noticing.

``test_admin_takeover.py`` has the direct ways.
"""

import pytest
from django.contrib.auth.models import Group, Permission

from clinic.models import Doctor, Patient
from tests.support.admin_client import AdminClient, staff_with_permissions
from tests.support.api_client import Api
from tests.support.emails import subjects
from tests.support.fixtures.people import NEW_PASSWORD, make_user
from tests.support.fixtures.smtp_server import MailServer
from tests.support.graphql_responses import root_value
from tests.support.task_worker import run_due_tasks
from users import password_reset
from users.admin import rights
from users.models import User

pytestmark = pytest.mark.django_db

MINE = "attacker@example.org"
MANAGER = ("view_user", "add_user", "change_user", "delete_user", "change_email")
# The manager does not have it.
RARE = "view_accessrecord"
PASSWORD_CHANGED = "Your password was changed: CyberMed"
ADDRESS_CHANGED = "The email address of your account was changed: CyberMed"


@pytest.fixture
def manager(olga: User) -> AdminClient:
    """Olga, staff who can change accounts and their email addresses."""
    return AdminClient(staff_with_permissions(olga, *MANAGER))


def page_of(user: User) -> str:
    return f"users/user/{user.pk}/change/"


def disabled_account(*, by_group: bool) -> User:
    """Return a disabled account with a permission that the manager lacks."""
    nora = staff_with_permissions(make_user("Nora"))
    rare = Permission.objects.get(codename=RARE)
    if by_group:
        group = Group.objects.create(name="Auditors")
        group.permissions.add(rare)
        nora.groups.add(group)
    else:
        nora.user_permissions.add(rare)
    User.objects.filter(pk=nora.pk).update(is_active=False)
    nora.refresh_from_db()
    return nora


@pytest.mark.parametrize("by_group", [False, True])
def test_disabled_account_with_more_rights_cannot_be_changed_and_enabled(
    manager: AdminClient, *, by_group: bool
) -> None:
    nora = disabled_account(by_group=by_group)
    form = {"email": MINE, "first_name": "N", "last_name": "N", "gender": "other"}
    for page, sent in (("change", {**form, "is_active": "on"}), ("delete", {"post": "yes"})):
        response = manager.client.post(f"/admin/users/user/{nora.pk}/{page}/", sent)
        assert response.status_code == 403
    assert manager.run_action("users/user/", "send_sign_in_links", nora).messages == [
        "Nora Example has permissions that you do not have."
    ]
    nora.refresh_from_db()
    assert (nora.email, nora.is_active) == ("nora@example.org", False)


def test_disabled_account_is_taken_over_without_its_permissions(
    manager: AdminClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: Django counts no permissions of a disabled account."""
    nora = disabled_account(by_group=False)
    monkeypatch.setattr(rights, "held_permissions", User.get_all_permissions)
    assert manager.save(page_of(nora), email=MINE, is_active="on").errors == {}
    nora.refresh_from_db()
    assert (nora.email, nora.is_active) == (MINE, True)


def test_disabled_account_with_the_same_rights_can_be_changed(manager: AdminClient) -> None:
    nora = staff_with_permissions(make_user("Nora"), "view_user")
    User.objects.filter(pk=nora.pk).update(is_active=False)
    assert manager.save(page_of(nora), email="nora2@example.org").errors == {}
    nora.refresh_from_db()
    assert nora.email == "nora2@example.org"


def test_address_of_a_doctor_needs_the_permission_for_roles_too(
    manager: AdminClient, olga: User, dora: Doctor, ann: Patient
) -> None:
    """Anyone who changes the address and then sends a link is that doctor."""
    for user in (dora.user, ann.user):
        assert manager.save(page_of(user), email=f"new-{user.email}").errors == {}
        user.refresh_from_db()
    assert (dora.user.email, ann.user.email) == ("dora@example.org", "new-ann@example.org")
    # Negative control: with the permission for roles, too.
    olga.user_permissions.add(Permission.objects.get(codename="change_roles"))
    assert manager.save(page_of(dora.user), email="new-dora@example.org").errors == {}
    dora.user.refresh_from_db()
    assert dora.user.email == "new-dora@example.org"


def test_owner_is_emailed_about_an_address_that_changes_while_the_account_is_disabled(
    manager: AdminClient, ann: Patient, mail_server: MailServer
) -> None:
    """Otherwise staff would disable the account, change its address and enable it again."""
    steps: tuple[dict[str, str | None], ...] = (
        {"is_active": None},
        {"email": MINE},
        {"is_active": "on"},
    )
    for step in steps:
        assert manager.save(page_of(ann.user), **step).errors == {}
    run_due_tasks()
    ann.user.refresh_from_db()
    assert (ann.user.email, ann.user.is_active) == (MINE, True)
    assert subjects(mail_server) == [("ann@example.org", ADDRESS_CHANGED)]


def test_owner_is_emailed_once_about_a_reset(
    api: Api, ann: Patient, mail_server: MailServer
) -> None:
    sent = {"token": password_reset.make_token(ann.user), "newPassword": NEW_PASSWORD}
    assert root_value(api("ResetPassword", {"input": sent}))["__typename"] == "User"
    run_due_tasks()
    assert subjects(mail_server) == [("ann@example.org", PASSWORD_CHANGED)]


def test_stranger_is_not_flooded_by_new_passwords(olga: User, mail_server: MailServer) -> None:
    """Anyone can register with the address of a stranger and change the password repeatedly."""
    for number in range(8):
        olga.set_password(f"{NEW_PASSWORD} {number}")
        olga.save()
    run_due_tasks()
    assert subjects(mail_server) == [("olga@example.org", PASSWORD_CHANGED)] * 6
