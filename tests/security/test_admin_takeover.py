"""Staff who can change users cannot become another user, nor get rights that they do not have."""

from collections.abc import Iterable

import pytest
from django.contrib.auth.models import Group, Permission

from clinic.models import Doctor, Patient
from tests.support.admin_client import AdminClient, staff_with_permissions
from tests.support.api_client import Api, sign_in
from tests.support.emails import mailbox, part
from tests.support.fixtures.people import NEW_PASSWORD, PASSWORD, make_user
from tests.support.fixtures.smtp_server import MailServer
from tests.support.task_worker import run_due_tasks
from users import accounts
from users.models import User

pytestmark = pytest.mark.django_db

CLERK = ("view_user", "add_user", "change_user", "delete_user")
GROUP_PERMISSIONS = ("view_group", "add_group", "change_group", "delete_group")
NEW = {"email": "nora@example.org", "first_name": "Nora", "last_name": "New"}


def page_of(user: User) -> str:
    return f"users/user/{user.pk}/change/"


def clerk_with(user: User, *codenames: str) -> AdminClient:
    return AdminClient(staff_with_permissions(user, *CLERK, *codenames))


def permissions(*codenames: str) -> list[int]:
    return list(Permission.objects.filter(codename__in=codenames).values_list("pk", flat=True))


def granted(user: User) -> set[str]:
    return set(user.user_permissions.values_list("codename", flat=True))


@pytest.mark.parametrize("target", ["dora", "sam", "ann"])
def test_clerk_cannot_set_the_password_of_another_account(
    olga: User, dora: Doctor, ann: Patient, sam: User, target: str
) -> None:
    victim = {"dora": dora.user, "ann": ann.user, "sam": sam}[target]
    new = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "usable_password": "true"}
    for client in (clerk_with(olga), AdminClient(make_superuser())):
        response = client.client.post(f"/admin/users/user/{victim.pk}/password/", new)
        assert response.status_code == 403
    victim.refresh_from_db()
    assert victim.check_password(PASSWORD)
    assert (
        "password" not in clerk_with(olga).open(page_of(ann.user)).context["adminform"].form.fields
    )


def make_superuser() -> User:
    root = make_user("Root", is_staff=True)
    User.objects.filter(pk=root.pk).update(is_superuser=True)
    root.refresh_from_db()
    return root


def test_staff_change_their_own_password_with_the_old_one(olga: User) -> None:
    client = clerk_with(olga)
    own_page = client.client.get(f"/admin/users/user/{olga.pk}/password/")
    assert (own_page.status_code, own_page["Location"]) == (302, "/admin/password_change/")
    form = {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    assert client.client.post("/admin/password_change/", form).status_code == 302
    olga.refresh_from_db()
    assert olga.check_password(NEW_PASSWORD)


def test_new_account_gets_a_link_by_which_its_owner_chooses_the_password(
    olga: User, mail_server: MailServer
) -> None:
    response = clerk_with(olga).save("users/user/add/", **NEW)
    assert response.errors == {}
    assert "A link to choose a password is sent to Nora New." in response.messages
    assert not User.objects.get(email=NEW["email"]).has_usable_password()
    run_due_tasks()
    [message] = mailbox(mail_server, NEW["email"])
    assert message["Subject"] == "Reset your password for CyberMed"
    assert "Nora" not in part(message, "text/plain")


def test_send_link_action_emails_the_owner_only(
    olga: User, ann: Patient, sam: User, mail_server: MailServer
) -> None:
    client = clerk_with(olga)
    assert client.run_action("users/user/", "send_sign_in_links", ann.user).messages == [
        "A link to choose a password is sent to Ann Example."
    ]
    assert client.run_action("users/user/", "send_sign_in_links", sam).messages == [
        "Sam Example has permissions that you do not have."
    ]
    run_due_tasks()
    assert [recipients for recipients, _ in mail_server.received] == [[ann.user.email]]


@pytest.mark.parametrize(
    ("field", "value", "permission"),
    [
        ("email", "attacker@example.org", "change_email"),
        ("is_doctor", "on", "change_roles"),
        ("is_staff", "on", "grant_permissions"),
    ],
)
def test_guarded_field_of_an_account_needs_a_permission_of_its_own(
    olga: User, ann: Patient, field: str, value: str, permission: str
) -> None:
    before = getattr(ann.user, field)
    assert clerk_with(olga).save(page_of(ann.user), **{field: value}).errors == {}
    ann.user.refresh_from_db()
    assert getattr(ann.user, field) == before
    # Negative control: with the permission the same form changes the field.
    assert clerk_with(olga, permission).save(page_of(ann.user), **{field: value}).errors == {}
    ann.user.refresh_from_db()
    assert getattr(ann.user, field) != before


def test_clerk_cannot_grant_permissions_that_they_do_not_have(olga: User, ann: Patient) -> None:
    client = clerk_with(olga, "grant_permissions")
    foreign = permissions("change_appointment")
    rejected = client.save(page_of(ann.user), is_staff="on", user_permissions=foreign)
    assert rejected.errors == {
        "user_permissions": [
            "You can grant only permissions that you have yourself, not: Can change appointment."
        ]
    }
    assert granted(ann.user) == set()
    own = permissions("view_user")
    assert client.save(page_of(ann.user), is_staff="on", user_permissions=own).errors == {}
    assert granted(ann.user) == {"view_user"}


def group_with(name: str, codenames: Iterable[str]) -> Group:
    group = Group.objects.create(name=name)
    group.permissions.set(permissions(*codenames))
    return group


def test_clerk_cannot_put_anybody_into_a_group_with_more_rights(olga: User, ann: Patient) -> None:
    strong, weak = group_with("Strong", ["change_appointment"]), group_with("Weak", ["view_user"])
    client = clerk_with(olga, "grant_permissions")
    for user in (olga, ann.user):
        assert "groups" in client.save(page_of(user), groups=[strong.pk]).errors
        assert not user.groups.exists()
    assert client.save(page_of(ann.user), groups=[weak.pk]).errors == {}
    assert list(ann.user.groups.all()) == [weak]


def test_clerk_cannot_add_permissions_to_a_group(olga: User) -> None:
    mine, strong = group_with("Mine", ["view_user"]), group_with("Strong", ["change_appointment"])
    client = clerk_with(olga, *GROUP_PERMISSIONS, "grant_permissions")
    page = f"auth/group/{mine.pk}/change/"
    foreign = permissions("view_user", "change_appointment")
    assert "permissions" in client.save(page, permissions=foreign).errors
    assert "permissions" in client.save("auth/group/add/", name="New", permissions=foreign).errors
    assert client.save(page, permissions=permissions("view_user", "add_user")).errors == {}
    denied = client.client.post(f"/admin/auth/group/{strong.pk}/change/", {"name": "Weak"})
    assert denied.status_code == 403
    # Without the permission to grant, groups cannot be changed at all.
    weaker = clerk_with(olga, *GROUP_PERMISSIONS)
    assert weaker.client.post(f"/admin/{page}", {"name": "X"}).status_code == 403


def test_clerk_cannot_change_staff_with_more_rights(olga: User, ben: Patient) -> None:
    manager = staff_with_permissions(ben.user, "change_appointment")
    client = clerk_with(olga, "change_email", "change_roles", "grant_permissions")
    for page in ("change", "delete"):
        response = client.client.post(f"/admin/users/user/{manager.pk}/{page}/", {"post": "yes"})
        assert response.status_code == 403
    manager.refresh_from_db()
    assert manager.email == "ben@example.org"
    equal = clerk_with(olga, "change_email", "change_appointment")
    assert equal.save(page_of(manager), email="new@example.org").errors == {}


def test_superuser_flag_is_set_by_superusers_only(olga: User, ann: Patient, sam: User) -> None:
    clerk_with(olga, "grant_permissions").save(page_of(ann.user), is_superuser="on")
    ann.user.refresh_from_db()
    assert not ann.user.is_superuser
    assert AdminClient(sam).save(page_of(ann.user), is_superuser="on").errors == {}
    ann.user.refresh_from_db()
    assert ann.user.is_superuser


def test_owner_is_emailed_at_the_old_address_when_staff_change_it(
    olga: User, ann: Patient, mail_server: MailServer
) -> None:
    clerk_with(olga, "change_email").save(page_of(ann.user), email="attacker@example.org")
    run_due_tasks()
    [message] = mailbox(mail_server, "ann@example.org")
    assert message["Subject"] == "The email address of your account was changed: CyberMed"
    assert "attacker" not in message.as_string()
    assert part(message, "text/plain").strip().startswith("Hello,\n\nYour account has another")


def test_owner_is_emailed_when_the_password_changes(ann: Patient, mail_server: MailServer) -> None:
    accounts.change_password(ann.user, old_password=PASSWORD, new_password=NEW_PASSWORD)
    run_due_tasks()
    [message] = mailbox(mail_server, "ann@example.org")
    assert message["Subject"] == "Your password was changed: CyberMed"


def test_owner_is_not_emailed_when_a_sign_in_renews_the_hash(
    api: Api, ann: Patient, mail_server: MailServer
) -> None:
    sign_in(api, ann.user.email, PASSWORD)
    run_due_tasks()
    assert mail_server.received == []
