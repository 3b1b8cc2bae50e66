"""Create staff who can see all appointments, and print their access tokens as JSON."""

import json
import sys
from collections.abc import Sequence

from django.test import override_settings

from tests.support.staff import make_staff
from users.authentication import refresh_tokens

FAST_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def main(arguments: Sequence[str]) -> None:
    # Nobody signs in with these passwords.
    with override_settings(PASSWORD_HASHERS=FAST_HASHERS):
        staff = [make_staff(f"Staff{number}", "Reception") for number in range(int(arguments[0]))]
    json.dump([refresh_tokens.start(user).access_token for user in staff], sys.stdout)
