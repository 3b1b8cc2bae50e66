"""Attack: somebody who was once in an account keeps its calendar URL and reads on.

A new password and deactivation replace the URL, whichever way they come about.
"""

import getpass
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import call_command

from clinic.calendars import feed
from tests.support.admin_client import AdminClient
from tests.support.api_client import Api
from tests.support.fixtures.people import NEW_PASSWORD, PASSWORD
from users import accounts, password_reset
from users.authentication import refresh_tokens
from users.authentication.access_tokens import TokenError
from users.common.transactions import TransactionConflict
from users.models import User

pytestmark = pytest.mark.django_db

Change = Callable[[User, AdminClient], None]


def by_change_password(user: User, _admin: AdminClient) -> None:
    sent = {"oldPassword": PASSWORD, "newPassword": NEW_PASSWORD}
    answer = Api()("ChangePassword", {"input": sent}, user=user)
    assert answer["data"]["changePassword"]["__typename"] == "User"


def by_reset_password(user: User, _admin: AdminClient) -> None:
    sent = {"token": password_reset.make_token(user), "newPassword": NEW_PASSWORD}
    answer = Api()("ResetPassword", {"input": sent})
    assert answer["data"]["resetPassword"]["__typename"] == "User"


def by_own_page_of_the_admin(user: User, _admin: AdminClient) -> None:
    User.objects.filter(pk=user.pk).update(is_staff=True)
    user.refresh_from_db()
    passwords = dict.fromkeys(("new_password1", "new_password2"), NEW_PASSWORD)
    form = {"old_password": PASSWORD, **passwords}
    response = AdminClient(user).client.post("/admin/password_change/", form)
    assert response.status_code == 302


def by_disabling_the_password(user: User, _admin: AdminClient) -> None:
    user.set_unusable_password()
    user.save()


def by_command(user: User, _admin: AdminClient) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(getpass, "getpass", lambda *_args, **_kwargs: NEW_PASSWORD)
        call_command("changepassword", user.email, stdout=StringIO())


def by_deactivation(user: User, admin: AdminClient) -> None:
    """Disable the account, and enable it again."""
    for is_active in (None, "on"):
        response = admin.save(f"users/user/{user.pk}/change/", is_active=is_active)
        assert response.errors == {}


WAYS = (
    by_change_password,
    by_reset_password,
    by_own_page_of_the_admin,
    by_disabling_the_password,
    by_command,
    by_deactivation,
)


def calendar_url(user: User) -> str:
    token = refresh_tokens.start(User.objects.get(pk=user.pk)).access_token
    url: str = Api()("Calendar", token=token)["data"]["me"]["calendarUrl"]
    return url.removeprefix("http://testserver")


@pytest.mark.parametrize("change", WAYS)
def test_calendar_url_and_session_end_with_password_or_account(
    sam: User, olga: User, change: Change
) -> None:
    admin = AdminClient(sam)
    url, session = calendar_url(olga), accounts.sign_in(olga.email, PASSWORD)
    assert admin.client.get(url).status_code == 200
    change(User.objects.get(pk=olga.pk), admin)
    assert admin.client.get(url).status_code == 404
    assert admin.client.get(calendar_url(olga)).status_code == 200
    with pytest.raises(TokenError):
        refresh_tokens.rotate(session.refresh_token)


@pytest.mark.parametrize("change", WAYS)
def test_calendar_url_survives_without_new_key(
    monkeypatch: pytest.MonkeyPatch, sam: User, olga: User, change: Change
) -> None:
    """The negative control: without ``renew_calendar_key`` the old URL is readable again."""
    monkeypatch.setattr(User, "renew_calendar_key", lambda _user: None)
    admin, url = AdminClient(sam), calendar_url(olga)
    change(User.objects.get(pk=olga.pk), admin)
    assert admin.client.get(url).status_code == 200


def test_password_mutations_return_the_new_calendar_url(olga: User) -> None:
    def answer_of(mutation: str, proof: str, user: User | None) -> str:
        document = f"""mutation {{ answer: {mutation}(input: {{
            {proof}, newPassword: "{NEW_PASSWORD}" }}) {{ ... on User {{ calendarUrl }} }} }}"""
        url: str = Api()(document, user=user)["data"]["answer"]["calendarUrl"]
        return url.removeprefix("http://testserver")

    urls = [calendar_url(olga)]
    urls.append(answer_of("changePassword", f'oldPassword: "{PASSWORD}"', olga))
    assert urls[-1] == calendar_url(olga)
    token = password_reset.make_token(User.objects.get(pk=olga.pk))
    urls.append(answer_of("resetPassword", f'token: "{token}"', None))
    assert urls[-1] == calendar_url(olga)
    assert len(set(urls)) == 3


def test_calendar_url_survives_a_new_hash_of_the_same_password(olga: User) -> None:
    url = calendar_url(olga)
    stored = User.objects.get(pk=olga.pk)
    stored.set_password(PASSWORD)
    stored._password = None  # noqa: SLF001 - as Django's check_password() does
    stored.save(update_fields=["password"])
    assert calendar_url(olga) == url


def test_reset_calendar_url_fails_for_session_that_ended_meanwhile(olga: User) -> None:
    """A session that ends while it resets the URL does not get the new one."""
    stale = User.objects.get(pk=olga.pk)
    olga.set_password(NEW_PASSWORD)
    olga.save()
    url = calendar_url(olga)
    with pytest.raises(TransactionConflict):
        feed.reset_token(stale)
    assert calendar_url(olga) == url
