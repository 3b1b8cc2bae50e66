from typing import Any

import pytest

from clinic.models import Doctor
from tests.support.admin_client import AdminClient, staff_with_permissions
from tests.support.fixtures.people import make_user
from users.models import User

CALENDAR = "/admin/clinic/appointment/calendar/"
DAY = {"first": "2026-03-03", "last": "2026-03-03"}


class CalendarClient:
    """Requests feeds and actions of the calendar as ``user``."""

    def __init__(self, user: User) -> None:
        self.client = AdminClient(user).client

    def get(self, name: str, **query: Any) -> Any:
        """Return the JSON of a feed."""
        response = self.client.get(f"{CALENDAR}{name}/", query)
        assert response.status_code == 200, response.status_code
        return response.json()

    def post(self, name: str, **data: Any) -> Any:
        """Return the JSON that an action answers."""
        response = self.client.post(f"{CALENDAR}{name}/", data)
        assert response.status_code == 200, response.status_code
        return response.json()

    def statuses(self, pk: int) -> dict[str, int]:
        """Return the status of each kind of request."""
        gets = {"": {}, "feed/": DAY, "month/": DAY, "changes/": DAY, "patients/": {"q": "ann"}}
        posts = ("book/", f"{pk}/move/", f"{pk}/confirm/", f"{pk}/cancel/")
        answers = {name: self.client.get(CALENDAR + name, query) for name, query in gets.items()}
        answers["panel"] = self.client.get(f"{CALENDAR}{pk}/")
        answers |= {name: self.client.post(CALENDAR + name) for name in posts}
        return {name.replace(f"{pk}/", ""): row.status_code for name, row in answers.items()}


@pytest.fixture
def clerk(db: None) -> CalendarClient:
    """Rita, with the permissions of reception that concern the calendar."""
    rights = [f"{action}_{model}" for model in ("appointment", "patient") for action in RIGHTS]
    return CalendarClient(staff_with_permissions(make_user("Rita"), *rights))


RIGHTS = ("view", "add", "change")


@pytest.fixture
def doctor_client(dora: Doctor) -> CalendarClient:
    """Dora, who is staff without any permission."""
    return CalendarClient(staff_with_permissions(dora.user))
