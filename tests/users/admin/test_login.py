"""The login form of the admin: which accounts it accepts, and in which spellings."""

import pytest
from django.test import Client

from tests.support.fixtures.people import PASSWORD
from tests.support.old_addresses import store_old_address
from users.models import User

pytestmark = pytest.mark.django_db


def login_status(email: str, password: str = PASSWORD) -> int:
    response = Client().post(
        "/admin/login/?next=/admin/", {"username": email, "password": password}
    )
    return response.status_code


@pytest.mark.parametrize("email", ["sam@example.org", "SAM@Example.ORG", "  sam@example.org "])
def test_login_form_ignores_the_case_of_the_email_address(sam: User, email: str) -> None:
    assert login_status(email) == 302


@pytest.mark.parametrize(
    ("email", "password"),
    [("sam@example.org", "wrong"), ("olga@example.org", PASSWORD), ("", "")],
)
def test_login_form_rejects_wrong_passwords_and_accounts_that_are_not_staff(
    sam: User, olga: User, email: str, password: str
) -> None:
    assert login_status(email, password) == 200


@pytest.mark.parametrize(
    ("email", "password"), [("sam@example.org", "wrong"), ("olga@example.org", PASSWORD)]
)
def test_login_form_has_one_error_for_wrong_passwords_and_accounts_that_are_not_staff(
    sam: User, olga: User, email: str, password: str
) -> None:
    page = Client().post("/admin/login/", {"username": email, "password": password})
    assert page.context["form"].non_field_errors() == [
        "Enter the email address and the password of a staff account."
    ]


def test_login_form_asks_for_an_email_address(sam: User) -> None:
    form = Client().get("/admin/login/").context["form"]
    assert form.fields["username"].label == "Email address"


@pytest.mark.parametrize("typed", ["sam@straße.de", " SAM@STRAẞE.de", "sam@xn--strae-oqa.de"])
def test_login_form_finds_the_canonical_address(sam: User, typed: str) -> None:
    sam.email = "sam@xn--strae-oqa.de"
    sam.save()
    assert login_status(typed) == 302


@pytest.mark.parametrize("typed", ["säm@example.org", " SÄM@example.ORG"])
def test_login_form_finds_an_old_address_in_its_own_spelling(sam: User, typed: str) -> None:
    store_old_address(sam, "säm@example.org")
    assert [login_status(email) for email in (typed, "sam@example.org")] == [302, 200]


def test_login_form_rejects_an_address_that_the_api_rejects(sam: User) -> None:
    assert login_status("\uff53am@example.org") == 200  # a full-width letter
