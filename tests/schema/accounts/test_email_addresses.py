"""Email addresses over HTTP: registering, signing in and resetting a password, old rows too."""

import pytest
from django.test import Client

from clinic.models import Doctor, Patient
from tests.support.api_client import Api, sign_in
from tests.support.emails import mailbox, part
from tests.support.fixtures.people import EVA, NEW_PASSWORD, PASSWORD, make_user
from tests.support.fixtures.smtp_server import MailServer
from tests.support.graphql_responses import error_code, root_value, validation_info
from tests.support.old_addresses import make_user_with_old_address, store_old_address
from tests.support.task_worker import queue, run_due_tasks
from users.email_addresses import MESSAGES, Fault
from users.models import User

pytestmark = pytest.mark.django_db

REQUESTED = {"data": {"requestPasswordReset": True}}
OTHER_PASSWORD = "another horse entirely"


def register(api: Api, email: str) -> object:
    return root_value(api("Register", {"input": {**EVA, "email": email}}))


def signed_in_as(api: Api, email: str, password: str = PASSWORD) -> str:
    """Sign in and return the address of the account, or the code of the error."""
    answer = sign_in(api, email, password)
    if "errors" in answer:
        return error_code(answer)
    token = answer["data"]["tokenAuth"]["token"]
    address: str = api("{ me { email } }", token=token)["data"]["me"]["email"]
    return address


def request_reset(api: Api, email: str) -> None:
    assert api("RequestPasswordReset", {"email": email}) == REQUESTED
    run_due_tasks()


def token_for(server: MailServer, address: str) -> str:
    """Return the reset token from the only email to this address."""
    [message] = mailbox(server, address)
    [token] = [
        line for line in part(message, "text/plain").split() if line.count(".") == 1 and "-" in line
    ]
    return token


@pytest.mark.parametrize(
    ("typed", "stored", "other_spelling"),
    [
        ("Eva@Straße.de", "eva@xn--strae-oqa.de", "eva@STRAẞE.de"),
        ("eva@strasse.de", "eva@strasse.de", "EVA@STRASSE.DE"),
        ("eva@οδος.gr", "eva@xn--pxavbm.gr", "eva@xn--pxavbm.gr"),
        ("eva@mün\u00adchen-praxis.de", "eva@xn--mnchen-praxis-wob.de", "eva@MÜNCHEN-PRAXIS.de"),
        ("eva@münchen\u200b-praxis。de", "eva@xn--mnchen-praxis-wob.de", "eva@münchen-praxis.de"),
    ],
)
def test_reset_email_goes_to_the_registered_address(
    api: Api, mail_server: MailServer, typed: str, stored: str, other_spelling: str
) -> None:
    answer = register(api, typed)
    assert isinstance(answer, dict)
    assert (answer["__typename"], answer["email"]) == ("User", stored)
    assert register(api, other_spelling) == validation_info(
        ("email", "unique", "User with this Email address already exists.")
    )
    request_reset(api, other_spelling)
    [(recipients, message)] = mail_server.received
    assert (recipients, message["To"]) == ([stored], stored)
    sent = {"token": token_for(mail_server, stored), "newPassword": NEW_PASSWORD}
    assert root_value(api("ResetPassword", {"input": sent})) == {
        "__typename": "User",
        "id": answer["id"],
    }
    for spelling in (typed, stored, other_spelling):
        assert signed_in_as(api, spelling, NEW_PASSWORD) == stored


@pytest.mark.parametrize(
    ("first", "second"),
    [("eva@straße.de", "eva@strasse.de"), ("eva@οδος.gr", "eva@οδο\u03c3.gr")],
)
def test_reset_email_of_one_domain_never_goes_to_the_other(
    api: Api, mail_server: MailServer, first: str, second: str
) -> None:
    addresses = []
    for typed in (first, second):
        answer = register(api, typed)
        assert isinstance(answer, dict)
        addresses.append(answer["email"])
    for typed in (first, second):
        request_reset(api, typed)
    assert [recipients for recipients, _message in mail_server.received] == [
        [address] for address in addresses
    ]
    assert len(set(addresses)) == 2


@pytest.mark.parametrize(
    ("email", "fault"),
    [
        ("adm\u0131n@example.org", Fault.LOCAL_PART),
        ('"a\r\nBcc: ben"@example.org', Fault.LOCAL_PART),
        ('"eva"@example.org', Fault.LOCAL_PART),
        ("=?utf-8?q?ann?=@example.org", Fault.LOCAL_PART),
        ("eva@example.org.", Fault.DOMAIN),
        ("eva@[127.0.0.1]", Fault.DOMAIN),
        ("eva@" + "x" * 64 + ".org", Fault.DOMAIN),
        ("eva@a\u200dde.org", Fault.DOMAIN),
    ],
)
def test_register_rejects_address_that_cannot_be_mailed_unchanged(
    api: Api, email: str, fault: Fault
) -> None:
    assert register(api, email) == validation_info(("email", "invalid", str(MESSAGES[fault])))
    assert not User.objects.exists()


def test_register_rejects_too_long_address(api: Api) -> None:
    domain = ".".join(["x" * 60] * 4) + ".org"
    assert register(api, f"evangeline@{domain}") == validation_info(
        ("email", "max_length", "Ensure this value has at most 254 characters (it has 258).")
    )


@pytest.mark.parametrize("blank", ["", " ", "\n"])
def test_blank_address_finds_no_account(api: Api, blank: str) -> None:
    olga = make_user("Olga")
    User.objects.filter(pk=olga.pk).update(email=None)
    assert signed_in_as(api, blank) == "INVALID_CREDENTIALS"
    request_reset(api, blank)
    assert [status for _task, status, _attempts in queue()] == ["SUCCESSFUL"]
    assert User.objects.get_queryset().matching_email(blank) == []
    with pytest.raises(User.DoesNotExist):
        User.objects.get_by_natural_key(None)


def test_owners_of_colliding_old_addresses_sign_in_with_their_own_password(api: Api) -> None:
    canonical = make_user("Ben")
    User.objects.filter(pk=canonical.pk).update(email="user@xn--mnchen-praxis-wob.de")
    old = make_user_with_old_address("Olga", "user@münchen-praxis.de")
    old.set_password(OTHER_PASSWORD)
    old.save()
    assert signed_in_as(api, "user@münchen-praxis.de", PASSWORD) == "user@xn--mnchen-praxis-wob.de"
    assert signed_in_as(api, "User@München-Praxis.de ", OTHER_PASSWORD) == old.email
    assert signed_in_as(api, "user@xn--mnchen-praxis-wob.de", OTHER_PASSWORD) == (
        "INVALID_CREDENTIALS"
    )
    assert signed_in_as(api, "user@münchen-praxis.de", "wrong") == "INVALID_CREDENTIALS"


@pytest.mark.parametrize("spelling", ["adm\u0131n@example.org", " ADM\u0131N@example.ORG"])
def test_owner_of_old_invalid_address_signs_in_and_changes_the_account(
    api: Api, spelling: str
) -> None:
    old = make_user_with_old_address("Olga", "adm\u0131n@example.org")
    assert signed_in_as(api, spelling) == "adm\u0131n@example.org"
    assert signed_in_as(api, "admin@example.org") == "INVALID_CREDENTIALS"
    answer = root_value(api("UpdateAccount", {"input": {"gender": "OTHER"}}, user=old))
    assert answer["__typename"] == "User"
    sent = {"oldPassword": PASSWORD, "newPassword": NEW_PASSWORD}
    answer = root_value(api("ChangePassword", {"input": sent}, user=old))
    assert answer["__typename"] == "User"
    old.refresh_from_db()
    assert (old.email, old.email_needs_review) == ("adm\u0131n@example.org", True)


@pytest.mark.parametrize(
    ("old", "mailed_before"),
    [("eva@straße.de", "eva@strasse.de"), ("adm\u0131n@example.org", "admin@example.org")],
)
def test_password_reset_sends_nothing_to_old_address(
    api: Api, mail_server: MailServer, old: str, mailed_before: str
) -> None:
    make_user_with_old_address("Olga", old)
    request_reset(api, old)
    assert mail_server.received == []
    assert [(status, attempts) for _task, status, attempts in queue()] == [("READY", 1)]
    ben = make_user("Ben")
    User.objects.filter(pk=ben.pk).update(email=mailed_before)
    request_reset(api, mailed_before)
    assert [recipients for recipients, _message in mail_server.received] == [[mailed_before]]


def test_failures_with_all_spellings_lock_old_account(api: Api) -> None:
    make_user_with_old_address("Olga", "user@münchen-praxis.de")
    spellings = [
        "user@münchen-praxis.de",
        "USER@MÜNCHEN-PRAXIS.DE",
        "user@mu\u0308nchen-praxis.de",
        " user@münchen-praxis.de",
        "user@xn--mnchen-praxis-wob.de",
    ]
    codes = [signed_in_as(api, spelling, "wrong") for spelling in spellings]
    assert codes == ["INVALID_CREDENTIALS"] * 5
    assert [signed_in_as(api, spelling) for spelling in spellings] == ["RATE_LIMITED"] * 5
    admin = Client().post(
        "/admin/login/", {"username": "user@münchen-praxis.de", "password": PASSWORD}
    )
    assert admin.status_code == 429


@pytest.mark.parametrize("spelling", ["eva@MÜNCHEN.de", "eva@mün\u00adchen.de", "eva@münchen。de"])
def test_password_reset_limit_counts_all_spellings(api: Api, spelling: str) -> None:
    for _ in range(5):
        request_reset(api, "eva@xn--mnchen-3ya.de")
    assert error_code(api("RequestPasswordReset", {"email": spelling})) == "RATE_LIMITED"


def test_doctor_sees_old_address_of_patient(api: Api, ann: Patient, dora: Doctor) -> None:
    store_old_address(dora.user, "dora@straße.de")
    answer = api("{ me { email doctor { id } } }", user=dora.user)
    assert answer["data"]["me"]["email"] == "dora@straße.de"
