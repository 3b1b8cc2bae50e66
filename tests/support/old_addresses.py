"""Accounts with an email address that an earlier release stored, and that is not canonical."""

from tests.support.fixtures.people import make_user
from users.models import User


def make_user_with_old_address(name: str, email: str, **roles: bool) -> User:
    """Return an account as the migration leaves it: the address unchanged and marked."""
    user = make_user(name, **roles)
    store_old_address(user, email)
    return user


def store_old_address(user: User, email: str) -> None:
    """Store an address without validation, as it is in a database of an earlier release."""
    User.objects.filter(pk=user.pk).update(email=email, email_needs_review=True)
    user.refresh_from_db()
