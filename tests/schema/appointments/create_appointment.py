"""Sends createAppointment and builds the expected results."""

from typing import Any

from tests.support.api_client import Api
from tests.support.graphql_responses import root_value
from users.models import User

TUESDAY_AT_NINE = {"date": "2026-03-03", "time": "09:00"}


def book(api: Api, user: User, **sent: object) -> Any:
    answer = api("CreateAppointment", {"input": {**TUESDAY_AT_NINE, **sent}}, user=user)
    return root_value(answer)


def summary(booked: Any) -> tuple[str, str, str, int, str]:
    return tuple(
        booked[name] for name in ("__typename", "startsAt", "endsAt", "durationMinutes", "status")
    )


def unavailable(code: str, message: str, *slots: dict[str, object]) -> dict[str, object]:
    return {
        "__typename": "SlotUnavailable",
        "code": code,
        "message": message,
        "nextAvailable": list(slots),
    }
