"""An event is executed once for the subscriptions of one caller that ask for the same."""

import datetime as dt
import secrets
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from channels.layers import get_channel_layer
from django.db import connections
from django.test.utils import CaptureQueriesContext

from clinic.models import AccessRecord, Appointment, Doctor, Patient
from schema.transport.publisher import STAFF_GROUP, user_group
from tests.support.booking import book_as_patient
from tests.support.fixtures.people import make_user
from tests.support.permissions import grant
from tests.support.staff import make_staff
from tests.support.websocket_app import LocalWebSocket
from users.authentication import refresh_tokens
from users.models import RefreshToken, User

# Channels closes connections that are in a transaction.
pytestmark = pytest.mark.django_db(transaction=True)

QUERY = "subscription Changes { appointmentChanged { reasonForVisit patient { user { email } } } }"
OTHER_QUERY = "subscription Changes { appointmentChanged { reasonForVisit } }"


def payload(reason: str, email: str | None) -> dict[str, Any]:
    event = {"reasonForVisit": reason, "patient": {"user": {"email": email}}}
    return {"data": {"appointmentChanged": event}}


class Sockets:
    """Sockets with one subscription each, opened and used in one event loop."""

    def __init__(self) -> None:
        self._open: list[LocalWebSocket] = []

    async def add(self, user: User, query: str = QUERY) -> None:
        token = (await sync_to_async(refresh_tokens.start)(user)).access_token
        socket = LocalWebSocket()
        assert await socket.open(token) == {"type": "connection_ack"}
        await socket.subscribe("1", query)
        # The subscription receives events from now on.
        assert await socket.receive() == {"type": "pong"}
        self._open.append(socket)

    async def announce(self, appointment: Appointment) -> list[Any]:
        """Publish a change; return what each socket receives."""
        layer = get_channel_layer()
        assert layer is not None
        people = (appointment.patient.user_id, appointment.doctor.user_id)
        for group in (*map(user_group, people), STAFF_GROUP):
            message = {
                "type": group,
                "event": secrets.token_hex(8),
                "appointment": appointment.pk,
            }
            await layer.group_send(group, message)
        return [(await socket.receive()).get("payload") for socket in self._open]

    async def close(self) -> None:
        for socket in self._open:
            await socket.close()


@pytest.fixture
def appointment(ann: Patient, dora: Doctor) -> Appointment:
    return book_as_patient(ann, dora, reason_for_visit="a cough")


def announce_to(appointment: Appointment, readers: list[tuple[User, str]]) -> tuple[Any, list[str]]:
    """Return what each reader receives of a change, and the SQL statements meanwhile."""
    database = connections["default"]

    async def run() -> tuple[Any, list[str]]:
        sockets = Sockets()
        for reader in readers:
            await sockets.add(*reader)
        first = len(database.queries_log)
        received = await sockets.announce(appointment)
        statements = [entry["sql"] for entry in list(database.queries_log)[first:]]
        await sockets.close()
        return received, statements

    with CaptureQueriesContext(database):
        return async_to_sync(run)()


def test_event_is_executed_once_for_sockets_of_one_caller(
    appointment: Appointment, dora: Doctor
) -> None:
    two, few = announce_to(appointment, [(dora.user, QUERY)] * 2)
    five, many = announce_to(appointment, [(dora.user, QUERY)] * 5)
    expected = payload("a cough", "ann@example.org")
    assert (two, five) == ([expected] * 2, [expected] * 5)
    assert len(many) == len(few)


def test_event_is_executed_for_each_document(appointment: Appointment, dora: Doctor) -> None:
    received, _statements = announce_to(
        appointment, [(dora.user, QUERY), (dora.user, OTHER_QUERY), (dora.user, QUERY)]
    )
    whole = payload("a cough", "ann@example.org")
    part = {"data": {"appointmentChanged": {"reasonForVisit": "a cough"}}}
    assert received == [whole, part, whole]


def test_callers_do_not_share_what_only_one_of_them_can_see(
    appointment: Appointment, ann: Patient, dora: Doctor
) -> None:
    # A doctor does not see the record of a patient whose only appointment was cancelled.
    appointment.status = "cancelled"
    appointment.save()
    readers = [(ann.user, QUERY), (dora.user, QUERY)] * 2
    received, _statements = announce_to(appointment, readers)
    seen, hidden = payload("a cough", "ann@example.org"), payload("", None)
    assert received == [seen, hidden, seen, hidden]


def test_event_is_loaded_once_for_staff_who_see_everything(appointment: Appointment) -> None:
    staff = [make_staff(name, "Reception") for name in ("Rita", "Udo", "Uma", "Vera", "Wim")]
    readers = [(user, OTHER_QUERY) for user in staff]
    two, few = announce_to(appointment, readers[:2])
    five, many = announce_to(appointment, readers)
    expected = {"data": {"appointmentChanged": {"reasonForVisit": "a cough"}}}
    assert (two, five) == ([expected] * 2, [expected] * 5)
    queries = [sum(sql.startswith("SELECT") for sql in each) for each in (few, many)]
    assert queries[0] == queries[1]
    # Each reader has an access record.
    assert AccessRecord.objects.filter(action="read", operation="Changes").count() == 7


def test_staff_do_not_share_what_only_some_of_them_can_see(appointment: Appointment) -> None:
    full = make_staff("Rita", "Reception")
    restricted = grant(make_user("Vera", is_staff=True), "view_appointment")
    readers = [(full, QUERY), (restricted, QUERY)] * 2
    received, _statements = announce_to(appointment, readers)
    seen, hidden = payload("a cough", "ann@example.org"), payload("", None)
    assert received == [seen, hidden, seen, hidden]


def test_shared_event_is_recorded_for_each_connection(
    appointment: Appointment, dora: Doctor
) -> None:
    announce_to(appointment, [(dora.user, QUERY)] * 3)
    records = AccessRecord.objects.filter(action="read", operation="Changes")
    assert (
        list(records.values_list("actor", "patients", "address"))
        == [(dora.user_id, [appointment.patient_id], "127.0.0.1")] * 3
    )
    assert len(set(records.values_list("request_id", flat=True))) == 3


def test_socket_whose_session_was_ended_does_not_get_a_shared_event(
    appointment: Appointment, dora: Doctor
) -> None:
    async def run() -> list[Any]:
        sockets = Sockets()
        for _socket in range(3):
            await sockets.add(dora.user)
        await sync_to_async(end_first_session)()
        received = await sockets.announce(appointment)
        await sockets.close()
        return received

    def end_first_session() -> None:
        first = RefreshToken.objects.filter(user=dora.user).earliest("pk")
        RefreshToken.objects.filter(pk=first.pk).update(revoked_at=dt.datetime.now(dt.UTC))

    expected = payload("a cough", "ann@example.org")
    assert async_to_sync(run)() == [None, expected, expected]
