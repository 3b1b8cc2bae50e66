"""Authentication by email address and password."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest
from typing_extensions import override

from users import email_addresses
from users.models import User


class EmailBackend(ModelBackend):
    """Tries the account with the canonical address, then one stored by an earlier release.

    How many passwords are hashed depends on what was typed, not on which accounts exist, so
    that the response time does not reveal them.
    """

    @override
    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **credentials: Any,
    ) -> User | None:
        email = credentials.get(User.USERNAME_FIELD) if username is None else username
        if email is None or password is None:
            return None
        found = User.objects.get_queryset().matching_email(email)
        for user in found:
            if user.check_password(password) and self.user_can_authenticate(user):
                return user
        for _missing in range(max(1, email_addresses.spellings(email).number) - len(found)):
            User().set_password(password)
        return None
