"""The command ``check_addresses``, and ``createsuperuser`` with email addresses."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.support.fixtures.people import make_user
from tests.support.old_addresses import make_user_with_old_address, store_old_address
from users.email_addresses import MESSAGES, Fault
from users.models import User

pytestmark = pytest.mark.django_db


def check_addresses() -> tuple[list[str], str]:
    """Run the command; return the lines of its output and the text of its error, "" if none."""
    out, failure = StringIO(), ""
    try:
        call_command("check_addresses", stdout=out)
    except CommandError as error:
        failure = f"{error} (exit status {error.returncode})"
    return out.getvalue().splitlines(), failure


def test_check_addresses_succeeds_if_all_are_canonical(olga: User) -> None:
    assert check_addresses() == (["All 1 email addresses are canonical."], "")


def test_check_addresses_lists_ids_and_reasons_without_addresses() -> None:
    ben = make_user("Ben")
    invalid = make_user_with_old_address("Ivo", "\u0131vo@example.org")
    quoted = make_user_with_old_address("Una", "una@[127.0.0.1]")
    first = make_user_with_old_address("Ann", "user@münchen.de")
    second = make_user_with_old_address("Eva", "user@mün\u00adchen.de")
    repairable = make_user_with_old_address("Olga", "olga@straße.de")
    assert check_addresses() == (
        [
            f"User {invalid.pk}: invalid. {MESSAGES[Fault.LOCAL_PART]}",
            f"User {quoted.pk}: invalid. {MESSAGES[Fault.DOMAIN]}",
            f"User {first.pk}: has the same canonical form as user {second.pk}.",
            f"User {second.pk}: has the same canonical form as user {first.pk}.",
            f"User {repairable.pk}: not in canonical form, which no other account has. Enter it.",
        ],
        "5 of 6 email addresses need review. (exit status 1)",
    )
    store_old_address(ben, "user@xn--mnchen-3ya.de")
    lines, _error = check_addresses()
    assert lines[2:4] == [
        f"User {first.pk}: has the same canonical form as user {ben.pk} and {second.pk}.",
        f"User {second.pk}: has the same canonical form as user {ben.pk} and {first.pk}.",
    ]


def create_superuser(email: str) -> Any:
    call_command(
        "createsuperuser",
        interactive=False,
        email=email,
        first_name="Sam",
        last_name="Example",
        stdout=StringIO(),
    )


def test_createsuperuser_stores_the_canonical_address() -> None:
    create_superuser("Sam@Straße.de")
    assert User.objects.get().email == "sam@xn--strae-oqa.de"
    with pytest.raises(CommandError, match="already taken"):
        create_superuser("sam@STRAẞE.de")


@pytest.mark.parametrize("email", ["säm@example.org", "sam@example.org.", '"sam"@example.org'])
def test_createsuperuser_rejects_an_address_without_canonical_form(email: str) -> None:
    with pytest.raises(CommandError, match="The part of the email address"):
        create_superuser(email)
    assert not User.objects.exists()
