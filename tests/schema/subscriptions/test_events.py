"""Events of subscriptions, received by WebSocket clients of a live server."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.schema.subscriptions.conftest import ConnectClient
from tests.support.live_accounts import Actor, next_monday
from tests.support.live_server import Server, serving
from tests.support.log_lines import without_varying
from tests.support.websocket_client import (
    HALF_HOURS,
    WebSocketClient,
    add_day_off,
    appointment_event,
    event,
    open_websocket,
)

pytestmark = pytest.mark.own_database


@pytest.fixture(scope="module")
def doctor(server: Server) -> Actor:
    """A doctor who works the whole of Monday."""
    doctor = Actor(server, "DOCTOR")
    days = [{"weekday": "MONDAY", "startTime": "00:00", "endTime": "00:00"}]
    doctor.send("SetWorkingHours", input={"hours": days})
    return doctor


@pytest.fixture(scope="module")
def times() -> Iterator[str]:
    """Start times of the doctor's slots on a Monday, each used once."""
    return iter(f"{n // 2:02}:{n % 2 * 30:02}" for n in range(48))


def book(patient: Actor, doctor: Actor, times: Iterator[str]) -> dict[str, object]:
    """Book the next time. Returns the ``appointmentChanged`` event to expect."""
    return appointment_event(patient.book(doctor, next(times)))


def subscribe_to_appointments(
    connect_client: ConnectClient, actor: Actor, trigger: Callable[[], dict[str, object]]
) -> WebSocketClient:
    """Return a client that receives the actor's appointments; ``trigger`` changes one of them."""
    client = connect_client(actor.token)
    client.subscribe("AppointmentChanged")
    client.wait_until_subscribed(trigger)
    return client


def test_appointment_changed_reaches_patient_and_doctor_only(
    server: Server, connect_client: ConnectClient, doctor: Actor, times: Iterator[str]
) -> None:
    ann, ben = Actor(server, "PATIENT"), Actor(server, "PATIENT")
    ann_client = subscribe_to_appointments(connect_client, ann, lambda: book(ann, doctor, times))
    ben_client = subscribe_to_appointments(connect_client, ben, lambda: book(ben, doctor, times))
    doctor_client = subscribe_to_appointments(
        connect_client, doctor, lambda: book(Actor(server, "PATIENT"), doctor, times)
    )
    appointment = ann.book(doctor, next(times))
    expected = appointment_event(appointment)
    assert (ann_client.receive(), doctor_client.receive()) == (expected, expected)
    for name in ("ConfirmAppointment", "CancelAppointment"):
        # An event contains the state at the time of sending, so each change waits for its event.
        changed = doctor.send(name, input={"id": appointment["id"]})
        expected = appointment_event(changed)
        assert (ann_client.receive(), doctor_client.receive()) == (expected, expected)
    # The first event that Ben receives is his own, so he has received none of Ann's.
    expected = book(ben, doctor, times)
    assert ben_client.receive() == expected


def test_appointment_changed_is_recorded_in_the_access_log(
    server: Server, connect_client: ConnectClient, doctor: Actor, times: Iterator[str]
) -> None:
    client = subscribe_to_appointments(
        connect_client, doctor, lambda: book(Actor(server, "PATIENT"), doctor, times)
    )
    ann = Actor(server, "PATIENT")
    ann_client = subscribe_to_appointments(connect_client, ann, lambda: book(ann, doctor, times))
    expected = book(ann, doctor, times)
    # With this event, the doctor has received all of Ann's appointments.
    while client.receive() != expected:
        pass
    assert ann_client.receive() == expected
    log = server.api("AccessLog", {"first": 100}, token=ann.token)["data"]["me"]["accessLog"]
    nodes = [edge["node"] for edge in log["edges"]]
    booked = [node for node in nodes if "Appointment.createdAt" in node["fields"]]
    read = [node["fields"] for node in nodes if node["action"] == "READ"]
    fields = [f"Appointment.{name}" for name in ("date", "id", "status", "time")]
    assert read == [fields] * len(booked)


RECORD = """subscription { appointmentChanged {
    status reasonForVisit cancellationReason patient { dateOfBirth user { firstName email } } } }"""


def record_event(status: str, birth: str | None, email: str | None, *texts: str | None) -> Any:
    patient = {"dateOfBirth": birth, "user": {"firstName": "Kim", "email": email}}
    reasons = dict(zip(("reasonForVisit", "cancellationReason"), texts, strict=True))
    return event("1", "appointmentChanged", {"status": status, **reasons, "patient": patient})


def test_appointment_changed_hides_record_from_doctor_after_cancellation(
    server: Server, connect_client: ConnectClient, doctor: Actor, times: Iterator[str]
) -> None:
    ann, ben, born = Actor(server, "PATIENT"), Actor(server, "PATIENT"), "1990-05-17"
    client = connect_client(doctor.token)
    client.send(type="subscribe", id="1", payload={"query": RECORD})

    def trigger() -> Any:
        ben.book(doctor, next(times))
        return record_event("PENDING", born, ben.email, "", None)

    def receive_about_ann() -> Any:
        # Bookings of the trigger can still arrive.
        return next(message for message in iter(client.receive, None) if message != of_ben)

    of_ben = record_event("PENDING", born, ben.email, "", None)
    client.wait_until_subscribed(trigger)
    slot = {"doctorId": doctor.id, "date": next_monday().isoformat(), "time": next(times)}
    booked = ann.send("CreateAppointment", input={**slot, "reasonForVisit": "a cough"})
    assert receive_about_ann() == record_event("PENDING", born, ann.email, "a cough", None)
    ann.send("CancelAppointment", input={"id": booked["id"], "reason": "got well"})
    assert receive_about_ann() == record_event("CANCELLED", None, None, "", "")


def test_reassigned_appointment_is_sent_to_its_new_doctor_and_not_to_the_former_one(
    server: Server, connect_client: ConnectClient
) -> None:
    former, new, staff = (Actor(server, "DOCTOR") for _ in range(3))
    ann, ben = Actor(server, "PATIENT"), Actor(server, "PATIENT")
    staff.become_staff()
    times = iter(HALF_HOURS)
    former_client, ann_client = (
        subscribe_to_appointments(connect_client, actor, lambda: book(ann, former, times))
        for actor in (former, ann)
    )
    new_client = subscribe_to_appointments(connect_client, new, lambda: book(ann, new, times))
    appointment = ann.book(former, next(times))
    expected = appointment_event(appointment)
    for client in (former_client, ann_client):
        while client.receive() != expected:
            pass  # The triggers booked for Ann as well.
    sent = {"id": appointment["id"], "doctorId": new.id}
    changed = staff.send("ReassignAppointment", input=sent)
    expected = appointment_event(changed)
    assert (ann_client.receive(), new_client.receive()) == (expected, expected)
    # The former doctor's subscription goes on; its next event is of another appointment.
    expected = book(ben, former, times)
    assert former_client.receive() == expected
    assert former.send("AppointmentById", id=appointment["id"]) is None


def test_availability_changed_is_sent_for_both_doctors_of_a_reassigned_appointment(
    server: Server, connect_client: ConnectClient
) -> None:
    former, new, staff = (Actor(server, "DOCTOR") for _ in range(3))
    ann = Actor(server, "PATIENT")
    staff.become_staff()
    appointment = ann.book(former, "10:00")
    clients = {actor: connect_client(ann.token) for actor in (former, new)}
    for actor, client in clients.items():
        client.subscribe("AvailabilityChanged", doctorId=actor.id)
        client.wait_until_subscribed(partial(add_day_off, actor))
    staff.send("ReassignAppointment", input={"id": appointment["id"], "doctorId": new.id})
    day = appointment["date"]
    assert [client.receive() for client in clients.values()] == [
        event("1", "availabilityChanged", {"doctorId": actor.id, "date": day}) for actor in clients
    ]


TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
IDS = {"X-Request-ID": "socket-1", "traceparent": f"00-{TRACE_ID}-00f067aa0ba902b7-01"}
BROKEN_AUDIT_LOG = """
CREATE TRIGGER broken_log BEFORE INSERT ON clinic_accessrecord WHEN NEW.action = 'read'
BEGIN SELECT RAISE(ABORT, 'broken log'); END"""


def test_appointment_changed_sends_no_data_without_audit_record(tmp_path: Path) -> None:
    """The subscription ends with an error, so the client knows that it has missed an event."""
    with serving(tmp_path) as server:
        doctor, ann = Actor(server, "DOCTOR"), Actor(server, "PATIENT")
        times = iter(HALF_HOURS)
        with open_websocket(server, doctor.token, additional_headers=IDS) as client:
            client.subscribe("AppointmentChanged")
            client.wait_until_subscribed(lambda: book(ann, doctor, times))
            with closing(sqlite3.connect(tmp_path / "db.sqlite3", timeout=30)) as database:
                database.execute(BROKEN_AUDIT_LOG)
            ann.book(doctor, next(times))
            failed, end = client.receive(), client.receive()
    [log] = [path.read_text() for path in tmp_path.glob("server-*.log")]
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    [line] = [line for line in lines if line["logger"] == "schema.core.errors"]
    assert without_varying(line) == {
        "level": "ERROR",
        "logger": "schema.core.errors",
        "request_id": "socket-1",
        "trace_id": TRACE_ID,
        "message": "unexpected error",
        "operation": "AppointmentChanged",
        "failed_at": [""],
        "exception": "IntegrityError",
        "database_code": "SQLITE_CONSTRAINT_TRIGGER",
    }
    error = {
        "message": "An unexpected error occurred. Please try again later.",
        "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": "socket-1"},
    }
    assert failed == {"id": "1", "type": "next", "payload": {"data": None, "errors": [error]}}
    assert end == {"id": "1", "type": "complete"}


def test_appointment_changed_ignores_a_rejected_booking(
    server: Server, connect_client: ConnectClient, doctor: Actor, times: Iterator[str]
) -> None:
    ann = Actor(server, "PATIENT")
    client = subscribe_to_appointments(connect_client, ann, lambda: book(ann, doctor, times))
    time = next(times)
    taken = Actor(server, "PATIENT").book(doctor, time)
    assert ann.book(doctor, time)["code"] == "SLOT_TAKEN"
    appointment = ann.book(doctor, next(times))
    assert (client.receive(), taken["status"]) == (
        appointment_event(appointment),
        "PENDING",
    )


def test_availability_changed_names_the_day(
    server: Server, connect_client: ConnectClient, doctor: Actor, times: Iterator[str]
) -> None:
    other, ann = Actor(server, "DOCTOR"), Actor(server, "PATIENT")
    hours = {"hours": [{"weekday": "MONDAY", "startTime": "00:00", "endTime": "00:00"}]}
    client = connect_client(ann.token)
    client.subscribe("AvailabilityChanged", doctorId=other.id)
    client.wait_until_subscribed(lambda: add_day_off(other))
    # By another patient: Ann could not book the same time with both doctors.
    Actor(server, "PATIENT").book(doctor, next(times))
    appointment = ann.book(other, "10:00")
    ann.send(
        "RescheduleAppointment",
        input={"id": appointment["id"], "date": appointment["date"], "time": "11:00"},
    )
    other.send("SetWorkingHours", input=hours)
    day = {"doctorId": other.id, "date": appointment["date"]}
    assert [client.receive() for _ in range(3)] == [
        event("1", "availabilityChanged", day),
        event("1", "availabilityChanged", day),
        event("1", "availabilityChanged", {"doctorId": other.id, "date": None}),
    ]


def test_availability_changed_ignores_an_unknown_doctor(
    server: Server, connect_client: ConnectClient
) -> None:
    client = connect_client(Actor(server, "PATIENT").token)
    client.subscribe("AvailabilityChanged", doctorId="RG9jdG9yOjk5OTk5OQ==")
    assert client.receive() == {"id": "1", "type": "complete"}


def day_of(message: Any) -> str | None:
    day: str | None = message["payload"]["data"]["availabilityChanged"]["date"]
    return day


def test_availability_changed_subscriptions_to_one_doctor_end_separately(
    server: Server, connect_client: ConnectClient
) -> None:
    doctor, ann = Actor(server, "DOCTOR"), Actor(server, "PATIENT")
    client = connect_client(ann.token)
    client.subscribe("AvailabilityChanged", "first", doctorId=doctor.id)
    client.wait_until_subscribed(lambda: add_day_off(doctor, "first"))
    client.subscribe("AvailabilityChanged", "second", doctorId=doctor.id)
    client.wait_until_subscribed(lambda: add_day_off(doctor, "second"))
    client.send(type="complete", id="first")
    client.wait_until_subscribed(lambda: add_day_off(doctor, "second"))
    days = [add_day_off(doctor, "second") for _ in range(2)]
    received: list[Any] = []
    while received[-1:] != days[-1:]:
        received.append(client.receive())
    expected_days = {day_of(message) for message in days}
    matching = [message for message in received if day_of(message) in expected_days]
    assert matching == days
