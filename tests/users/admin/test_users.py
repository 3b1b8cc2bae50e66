"""The admin pages of user accounts: forms, actions, list, deletion and permissions."""

from io import BytesIO

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from pytest_django import DjangoAssertNumQueries

from clinic.models import Doctor, Patient
from tests.support.admin_client import AdminClient, AdminResponse, staff_with_permissions
from tests.support.booking import book_as_patient
from tests.support.fixtures.people import PASSWORD, make_user
from tests.support.old_addresses import store_old_address
from users import accounts
from users.authentication import access_tokens, refresh_tokens
from users.avatars import services as avatars
from users.email_addresses import MESSAGES, Fault
from users.models import User

pytestmark = pytest.mark.django_db

ADD, LIST = "users/user/add/", "users/user/"
NEW = {
    "email": "nora@example.org",
    "first_name": "Nora",
    "last_name": "New",
}


@pytest.fixture
def admin(sam: User) -> AdminClient:
    """An admin client signed in as Sam, a superuser."""
    return AdminClient(sam)


def page_of(user: User) -> str:
    return f"users/user/{user.pk}/change/"


def names(admin: AdminClient, query: str = "") -> list[str]:
    return [user.first_name for user in admin.open(f"{LIST}?{query}").context["cl"].result_list]


def set_picture(user: User) -> None:
    picture = BytesIO()
    Image.new("RGB", (64, 64), "teal").save(picture, "PNG")
    avatars.replace(user, SimpleUploadedFile("me.png", picture.getvalue()))


def test_user_form_creates_an_account_with_both_roles_and_a_lowercase_email(
    admin: AdminClient,
) -> None:
    values = {**NEW, "email": "Nora@Example.ORG"}
    assert admin.save(ADD, **values, is_doctor="on", is_patient="on").errors == {}
    nora = User.objects.get(email="nora@example.org")
    assert (nora.is_doctor, nora.is_patient, nora.is_staff) == (True, True, False)
    assert not nora.has_usable_password()


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        (
            {"email": "OLGA@example.org"},
            {"email": ["User with this Email address already exists."]},
        ),
        ({"email": "nowhere"}, {"email": ["Enter a valid email address."]}),
        ({"email": "nóra@example.org"}, {"email": [str(MESSAGES[Fault.LOCAL_PART])]}),
        ({"email": "nora@example.org."}, {"email": [str(MESSAGES[Fault.DOMAIN])]}),
        ({"first_name": "  "}, {"first_name": ["This field is required."]}),
    ],
)
def test_user_form_reports_invalid_values_by_field(
    admin: AdminClient, olga: User, values: dict[str, str], errors: dict[str, list[str]]
) -> None:
    assert admin.save(ADD, **{**NEW, **values}) == AdminResponse([], errors)
    assert not User.objects.filter(last_name="New").exists()


def test_user_form_stores_the_canonical_address(admin: AdminClient) -> None:
    assert admin.save(ADD, **{**NEW, "email": "Nora@Straße.de"}).errors == {}
    assert User.objects.get(last_name="New").email == "nora@xn--strae-oqa.de"
    assert names(admin, "q=nora@straße.de") == ["Nora"]


@pytest.mark.parametrize(
    "old", ["olga@straße.de", "ólga@example.org", '"o\x01lga"@example.org', "olga@10.0.0.10"]
)
def test_user_form_changes_an_account_with_an_old_address(
    admin: AdminClient, olga: User, old: str
) -> None:
    store_old_address(olga, old)
    assert admin.save(page_of(olga), gender="other").errors == {}
    olga.refresh_from_db()
    assert (olga.email, olga.email_needs_review, olga.gender) == (old, True, "other")


def test_user_form_repairs_an_old_address_and_clears_its_mark(
    admin: AdminClient, olga: User
) -> None:
    store_old_address(olga, "olga@straße.de")
    taken = make_user("Nora")
    User.objects.filter(pk=taken.pk).update(email="olga@xn--strae-oqa.de")
    assert names(admin, "email_needs_review__exact=1") == ["Olga"]
    assert names(admin, "q=olga@straße.de") == ["Nora", "Olga"]
    explanation = "No email is sent to this address."
    pages = [admin.open(page_of(user)).content.decode() for user in (olga, taken)]
    assert [explanation in page for page in pages] == [True, False]
    assert admin.save(page_of(olga), email="OLGA@straße.de").errors == {
        "email": ["User with this Email address already exists."]
    }
    assert admin.save(page_of(olga), email="olga@strasse.de").errors == {}
    olga.refresh_from_db()
    assert (olga.email, olga.email_needs_review) == ("olga@strasse.de", False)
    assert names(admin, "email_needs_review__exact=1") == []


def test_user_form_adds_the_second_role(admin: AdminClient, dora: Doctor) -> None:
    assert admin.save(page_of(dora.user), is_patient="on").errors == {}
    dora.user.refresh_from_db()
    assert (dora.user.is_doctor, dora.user.is_patient) == (True, True)


def test_user_form_ends_the_sessions_of_a_deactivated_account(
    admin: AdminClient, olga: User
) -> None:
    token = accounts.sign_in(olga.email, PASSWORD).access_token
    assert admin.save(page_of(olga), is_active=None).errors == {}
    with pytest.raises(access_tokens.TokenError):
        access_tokens.authenticate(token)


def test_end_sessions_action_ends_the_sessions_of_the_selected_account_only(
    admin: AdminClient, olga: User, ann: Patient
) -> None:
    ended, kept = (accounts.sign_in(user.email, PASSWORD) for user in (olga, ann.user))
    assert admin.run_action(LIST, "end_sessions", olga) == AdminResponse(
        ["Ended all sessions: Olga Example."], {}
    )
    with pytest.raises(access_tokens.TokenError):
        access_tokens.authenticate(ended.access_token)
    with pytest.raises(access_tokens.TokenError):
        refresh_tokens.rotate(ended.refresh_token)
    assert access_tokens.authenticate(kept.access_token) == ann.user


def test_remove_pictures_action_removes_the_displayed_picture(
    admin: AdminClient, olga: User
) -> None:
    set_picture(olga)
    large, small = olga.avatar.url, olga.avatar_small.url
    assert f'<img src="{large}" alt="" width="128"' in admin.open(page_of(olga)).content.decode()
    assert f'<img src="{small}" alt="" width="32"' in admin.open(LIST).content.decode()
    response = admin.run_action(LIST, "remove_pictures", olga)
    assert response == AdminResponse(["Removed the picture: Olga Example."], {})
    olga.refresh_from_db()
    assert (olga.avatar.name, olga.avatar_small.name) == ("", "")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Ann", "Dora", "Sam"]),
        ("q=DORA", ["Dora"]),
        ("q=ann%40example.org", ["Ann"]),
        ("is_doctor__exact=1", ["Dora"]),
        ("is_patient__exact=1", ["Ann"]),
        ("is_staff__exact=1", ["Sam"]),
        ("is_active__exact=0", []),
    ],
)
def test_user_list_searches_and_filters(
    admin: AdminClient, ann: Patient, dora: Doctor, query: str, found: list[str]
) -> None:
    assert names(admin, query) == found


def test_user_deletion_lists_the_appointments_that_prevent_it(
    admin: AdminClient, ann: Patient, dora: Doctor
) -> None:
    book_as_patient(ann, dora)
    page = f"users/user/{ann.user.pk}/delete/"
    assert admin.open(page).context["protected"] != []
    assert admin.client.post(f"/admin/{page}", {"post": "yes"}).status_code == 200
    assert User.objects.filter(pk=ann.user.pk).exists()


def test_user_deletion_ends_the_sessions(admin: AdminClient, olga: User) -> None:
    token = accounts.sign_in(olga.email, PASSWORD).access_token
    admin.submit(f"users/user/{olga.pk}/delete/", {"post": "yes"})
    assert not User.objects.filter(pk=olga.pk).exists()
    with pytest.raises(access_tokens.TokenError):
        access_tokens.authenticate(token)


@pytest.fixture
def account_manager(olga: User) -> AdminClient:
    """An admin client signed in as Olga, staff with permissions for accounts, no superuser."""
    return AdminClient(
        staff_with_permissions(olga, "view_user", "add_user", "change_user", "delete_user")
    )


def test_user_form_ignores_permission_fields_from_non_superusers(
    account_manager: AdminClient, olga: User, ann: Patient
) -> None:
    permissions = {"is_staff": "on", "is_superuser": "on", "groups": [Group.objects.create().pk]}
    for user in (olga, ann.user):
        assert account_manager.save(page_of(user), **permissions).errors == {}
    assert account_manager.save(ADD, **NEW, **permissions).errors == {}
    assert not User.objects.filter(is_superuser=True).exists()
    assert list(User.objects.filter(is_staff=True)) == [olga]
    assert not User.objects.filter(groups__isnull=False).exists()


@pytest.mark.parametrize("page", ["change", "password", "delete"])
def test_user_pages_of_superusers_are_denied_to_non_superusers(
    account_manager: AdminClient, sam: User, page: str
) -> None:
    response = account_manager.client.post(f"/admin/users/user/{sam.pk}/{page}/", {"post": "yes"})
    assert response.status_code == 403


@pytest.mark.parametrize("action", ["end_sessions", "remove_pictures"])
def test_user_actions_skip_superusers_for_non_superusers(
    account_manager: AdminClient, sam: User, action: str
) -> None:
    set_picture(sam)
    token = accounts.sign_in(sam.email, PASSWORD).access_token
    assert account_manager.run_action(LIST, action, sam).messages == [
        "Sam Example has permissions that you do not have."
    ]
    sam.refresh_from_db()
    assert sam.avatar
    assert access_tokens.authenticate(token) == sam


def test_user_list_does_not_delete_superusers_for_non_superusers(
    account_manager: AdminClient, sam: User
) -> None:
    form = {"action": "delete_selected", "_selected_action": [sam.pk], "post": "yes"}
    assert account_manager.client.post(f"/admin/{LIST}", form).status_code == 403
    assert User.objects.filter(pk=sam.pk).exists()


@pytest.mark.parametrize("number", [1, 20])
def test_user_list_uses_a_constant_number_of_queries(
    admin: AdminClient, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for index in range(number):
        make_user(f"Person{index}")
    admin.open(LIST)
    with django_assert_num_queries(5):
        assert len(names(admin)) == number + 1
