"""Authentication by email address and password."""

import time
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest
from typing_extensions import override

from users.models import User


class EmailBackend(ModelBackend):
    """Tries the account with the canonical address, then one stored by an earlier release.

    Every rejection takes ``REJECTED_LOGIN_SECONDS``, so that the response time does not reveal
    which accounts exist. For an unknown address it waits: hashing the password would make every
    guess expensive for the server, and would not take the same time as comparing an old hash,
    which has another algorithm.
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
        started_at = time.monotonic()
        for user in User.objects.get_queryset().matching_email(email):
            if user.check_password(password) and self.user_can_authenticate(user):
                return user
        time.sleep(max(0.0, settings.REJECTED_LOGIN_SECONDS - (time.monotonic() - started_at)))
        return None
