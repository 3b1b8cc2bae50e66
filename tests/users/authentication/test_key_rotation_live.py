"""The documented replacement of keys, with a server that is restarted with other keys.

``test_key_rotation.py`` tests the details in one process. Here the keys come from the
environment, as in production, and each server is a new process: hence the seconds.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from tests.support.fixtures.people import NEW_PASSWORD, PASSWORD
from tests.support.live_accounts import Actor
from tests.support.live_server import ENVIRONMENT, Server, serving
from tests.support.processes import ROOT

pytestmark = pytest.mark.own_database

STAFF = "sam@example.org"
# Production settings that need no collected static files.
SETTINGS = {"DJANGO_SETTINGS_MODULE": "tests.security.leak_settings"}
NEW_KEYS = {"SECRET_KEY": "s" * 50, "JWT_SECRET": "j" * 50}
FALLBACKS = {f"{name}_FALLBACKS": ENVIRONMENT[name] for name in NEW_KEYS}
PREPARE = f"""
import json
from users import models, password_reset
users = models.User.objects.order_by("pk")
print(json.dumps([password_reset.make_token(user) for user in users]))
names = dict(first_name="Sam", last_name="Example")
models.User.objects.create_superuser("{STAFF}", "{PASSWORD}", **names)
"""


@pytest.fixture(autouse=True)
def clock() -> None:
    """Replace the fixed clock: the server is another process and uses the real time."""


class Signed(NamedTuple):
    """What the old keys have signed for one account and one member of staff."""

    account: Actor
    reset_token: str
    calendar_path: str
    admin_cookies: dict[str, str]


def make_reset_tokens(server: Server) -> list[str]:
    """Return a token for each account, and add a member of staff."""
    command = [sys.executable, str(ROOT / "manage.py"), "shell", "-v0", "-c", PREPARE]
    output = subprocess.check_output(command, env=server.environment)  # noqa: S603 - our own command
    tokens: list[str] = json.loads(output)
    return tokens


def log_in_to_admin(server: Server) -> dict[str, str]:
    """Return the cookies of a new session of the admin."""
    with httpx.Client(base_url=server.http.base_url, timeout=60) as admin:
        admin.get("/admin/login/")
        csrf = {"csrfmiddlewaretoken": admin.cookies["csrftoken"]}
        form = {"username": STAFF, "password": PASSWORD}
        assert admin.post("/admin/login/", data=form | csrf).status_code == 302
        return dict(admin.cookies)


def sign_for_two(server: Server) -> list[Signed]:
    accounts = [Actor(server, "PATIENT"), Actor(server, "PATIENT")]
    return [
        Signed(
            account=account,
            reset_token=reset_token,
            calendar_path=httpx.URL(account.send("Calendar")["calendarUrl"]).path,
            admin_cookies=log_in_to_admin(server),
        )
        for account, reset_token in zip(accounts, make_reset_tokens(server), strict=True)
    ]


def accepted(server: Server, signed: Signed) -> dict[str, bool]:
    """Use each once. The new password comes last, because it ends the rest."""
    account = signed.account
    refreshed = server.api("RefreshToken", {"refreshToken": account.refresh_token})
    new_password = {"token": signed.reset_token, "newPassword": NEW_PASSWORD}
    with httpx.Client(
        base_url=server.http.base_url, timeout=60, cookies=signed.admin_cookies
    ) as admin:
        return {
            "access token": "errors" not in server.api("Me", token=account.token),
            "refresh token": "errors" not in refreshed,
            "calendar URL": server.http.get(signed.calendar_path).status_code == 200,
            "admin session": admin.get("/admin/records/").status_code == 200,
            "reset token": "id"
            in server.api("ResetPassword", {"input": new_password})["data"]["resetPassword"],
        }


def test_keys_are_replaced_in_the_documented_steps(tmp_path: Path) -> None:
    with serving(tmp_path, **SETTINGS) as server:
        for_step_1, for_step_3 = sign_for_two(server)
    everything = ("access token", "refresh token", "calendar URL", "admin session", "reset token")
    with serving(tmp_path, **SETTINGS, **NEW_KEYS, **FALLBACKS) as server:
        assert accepted(server, for_step_1) == dict.fromkeys(everything, True)
        new_token = Actor(server, "PATIENT").token
    with serving(tmp_path, **SETTINGS, **NEW_KEYS) as server:
        assert "errors" not in server.api("Me", token=new_token)
        # Refresh tokens are random and not signed.
        rejected = dict.fromkeys(everything, False) | {"refresh token": True}
        assert accepted(server, for_step_3) == rejected
