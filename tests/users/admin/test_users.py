from io import BytesIO

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from pytest_django import DjangoAssertNumQueries

from clinic.models import Doctor, Patient
from tests.support.admin_client import AdminMessages, Desk, make_staff
from tests.support.booking import book_as_patient
from tests.support.fixtures.people import PASSWORD, make_user
from users import accounts
from users.authentication import access_tokens, refresh_tokens
from users.avatars import services as avatars
from users.models import User

pytestmark = pytest.mark.django_db

ADD, LIST = "users/user/add/", "users/user/"
NEW = {
    "email": "nora@example.org",
    "first_name": "Nora",
    "last_name": "New",
    "password1": PASSWORD,
    "password2": PASSWORD,
}


@pytest.fixture
def desk(sam: User) -> Desk:
    return Desk(sam)


def page_of(user: User) -> str:
    return f"users/user/{user.pk}/change/"


def names(desk: Desk, query: str = "") -> list[str]:
    return [user.first_name for user in desk.open(f"{LIST}?{query}").context["cl"].result_list]


def give_picture(user: User) -> None:
    picture = BytesIO()
    Image.new("RGB", (64, 64), "teal").save(picture, "PNG")
    avatars.replace(user, SimpleUploadedFile("me.png", picture.getvalue()))


def sign_in_to_admin(email: str, password: str = PASSWORD) -> int:
    answer = Client().post("/admin/login/?next=/admin/", {"username": email, "password": password})
    return answer.status_code


@pytest.mark.parametrize("email", ["sam@example.org", "SAM@Example.ORG", "  sam@example.org "])
def test_staff_sign_in_by_e_mail_address_in_any_capitals(sam: User, email: str) -> None:
    assert sign_in_to_admin(email) == 302


@pytest.mark.parametrize(
    ("email", "password"),
    [("sam@example.org", "wrong"), ("olga@example.org", PASSWORD), ("", "")],
)
def test_others_do_not_get_in(sam: User, olga: User, email: str, password: str) -> None:
    assert sign_in_to_admin(email, password) == 200


@pytest.mark.parametrize(
    ("email", "password"), [("sam@example.org", "wrong"), ("olga@example.org", PASSWORD)]
)
def test_a_wrong_password_and_an_account_that_is_not_staff_are_told_the_same(
    sam: User, olga: User, email: str, password: str
) -> None:
    page = Client().post("/admin/login/", {"username": email, "password": password})
    assert page.context["form"].non_field_errors() == [
        "Enter the e-mail address and the password of a staff account."
    ]


def test_the_sign_in_page_asks_for_an_e_mail_address(sam: User) -> None:
    form = Client().get("/admin/login/").context["form"]
    assert form.fields["username"].label == "Email address"


def test_staff_open_an_account_in_both_roles_under_the_address_in_lower_case(desk: Desk) -> None:
    wish = {**NEW, "email": "Nora@Example.ORG"}
    assert desk.save(ADD, **wish, is_doctor="on", is_patient="on").errors == {}
    nora = User.objects.get(email="nora@example.org")
    assert (nora.is_doctor, nora.is_patient, nora.is_staff) == (True, True, False)
    assert nora.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        (
            {"email": "OLGA@example.org"},
            {"email": ["User with this Email address already exists."]},
        ),
        ({"email": "nowhere"}, {"email": ["Enter a valid email address."]}),
        ({"first_name": "  "}, {"first_name": ["This field is required."]}),
        ({"password2": "other"}, {"password2": ["The two password fields didn\u2019t match."]}),
        (
            {"password1": "12345678", "password2": "12345678"},
            {
                "password2": [
                    "This password is too common.",
                    "This password is entirely numeric.",
                ]
            },
        ),
    ],
)
def test_what_cannot_be_an_account_is_an_error_of_its_field(
    desk: Desk, olga: User, values: dict[str, str], errors: dict[str, list[str]]
) -> None:
    assert desk.save(ADD, **{**NEW, **values}) == AdminMessages([], errors)
    assert not User.objects.filter(last_name="New").exists()


def test_staff_grant_the_second_role(desk: Desk, dora: Doctor) -> None:
    assert desk.save(page_of(dora.user), is_patient="on").errors == {}
    dora.user.refresh_from_db()
    assert (dora.user.is_doctor, dora.user.is_patient) == (True, True)


def test_a_deactivated_account_loses_its_sign_ins(desk: Desk, olga: User) -> None:
    token = accounts.sign_in(olga.email, PASSWORD).access_token
    assert desk.save(page_of(olga), is_active=None).errors == {}
    with pytest.raises(access_tokens.TokenError):
        access_tokens.authenticate(token)


def test_a_new_password_from_staff_ends_the_sign_ins(desk: Desk, olga: User) -> None:
    token = accounts.sign_in(olga.email, PASSWORD).access_token
    new = "a fresh long secret"
    answer = desk.client.post(
        f"/admin/users/user/{olga.pk}/password/",
        {"password1": new, "password2": new, "usable_password": "true"},
    )
    assert answer.status_code == 302
    with pytest.raises(access_tokens.TokenError):
        access_tokens.authenticate(token)
    assert accounts.sign_in(olga.email, new).user == olga


def test_staff_end_all_sign_ins_of_an_account_and_of_no_other(
    desk: Desk, olga: User, ann: Patient
) -> None:
    lost, kept = (accounts.sign_in(user.email, PASSWORD) for user in (olga, ann.user))
    assert desk.act(LIST, "end_sign_ins", olga) == AdminMessages(
        ["Ended all sign-ins: Olga Example."], {}
    )
    with pytest.raises(access_tokens.TokenError):
        access_tokens.authenticate(lost.access_token)
    with pytest.raises(access_tokens.TokenError):
        refresh_tokens.rotate(lost.refresh_token)
    assert access_tokens.authenticate(kept.access_token) == ann.user


def test_pictures_are_shown_and_can_be_removed(desk: Desk, olga: User) -> None:
    give_picture(olga)
    large, small = olga.avatar.url, olga.avatar_small.url
    assert f'<img src="{large}" alt="" width="128"' in desk.open(page_of(olga)).content.decode()
    assert f'<img src="{small}" alt="" width="32"' in desk.open(LIST).content.decode()
    said = desk.act(LIST, "remove_pictures", olga)
    assert said == AdminMessages(["Removed the picture: Olga Example."], {})
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
def test_accounts_are_found_by_name_address_and_role(
    desk: Desk, ann: Patient, dora: Doctor, query: str, found: list[str]
) -> None:
    assert names(desk, query) == found


def test_an_account_with_appointments_cannot_be_deleted_and_the_page_says_why(
    desk: Desk, ann: Patient, dora: Doctor
) -> None:
    book_as_patient(ann, dora)
    page = f"users/user/{ann.user.pk}/delete/"
    assert desk.open(page).context["protected"] != []
    assert desk.client.post(f"/admin/{page}", {"post": "yes"}).status_code == 200
    assert User.objects.filter(pk=ann.user.pk).exists()


def test_an_account_without_appointments_can_be_deleted_with_its_sign_ins(
    desk: Desk, olga: User
) -> None:
    token = accounts.sign_in(olga.email, PASSWORD).access_token
    desk.send(f"users/user/{olga.pk}/delete/", {"post": "yes"})
    assert not User.objects.filter(pk=olga.pk).exists()
    with pytest.raises(access_tokens.TokenError):
        access_tokens.authenticate(token)


@pytest.fixture
def clerk(olga: User) -> Desk:
    """Olga's, who keeps accounts and is no superuser."""
    return Desk(make_staff(olga, "view_user", "add_user", "change_user", "delete_user"))


def test_who_is_no_superuser_makes_nobody_staff(clerk: Desk, olga: User, ann: Patient) -> None:
    everything = {"is_staff": "on", "is_superuser": "on", "groups": [Group.objects.create().pk]}
    for user in (olga, ann.user):
        assert clerk.save(page_of(user), **everything).errors == {}
    assert clerk.save(ADD, **NEW, **everything).errors == {}
    assert not User.objects.filter(is_superuser=True).exists()
    assert list(User.objects.filter(is_staff=True)) == [olga]
    assert not User.objects.filter(groups__isnull=False).exists()


@pytest.mark.parametrize("page", ["change", "password", "delete"])
def test_who_is_no_superuser_does_not_touch_one(clerk: Desk, sam: User, page: str) -> None:
    answer = clerk.client.post(f"/admin/users/user/{sam.pk}/{page}/", {"post": "yes"})
    assert answer.status_code == 403


@pytest.mark.parametrize("action", ["end_sign_ins", "remove_pictures"])
def test_who_is_no_superuser_does_not_act_on_one(clerk: Desk, sam: User, action: str) -> None:
    give_picture(sam)
    token = accounts.sign_in(sam.email, PASSWORD).access_token
    assert clerk.act(LIST, action, sam).messages == ["Only a superuser may change Sam Example."]
    sam.refresh_from_db()
    assert sam.avatar
    assert access_tokens.authenticate(token) == sam


def test_who_is_no_superuser_deletes_none_from_the_list(clerk: Desk, sam: User) -> None:
    ticked = {"action": "delete_selected", "_selected_action": [sam.pk], "post": "yes"}
    assert clerk.client.post(f"/admin/{LIST}", ticked).status_code == 403
    assert User.objects.filter(pk=sam.pk).exists()


@pytest.mark.parametrize("number", [1, 20])
def test_the_list_takes_the_same_queries_however_long_it_is(
    desk: Desk, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for place in range(number):
        make_user(f"Person{place}")
    desk.open(LIST)
    with django_assert_num_queries(5):
        assert len(names(desk)) == number + 1
