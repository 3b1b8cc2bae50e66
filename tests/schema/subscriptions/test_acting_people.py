"""Events for guardians, assistants and staff, which end with the right to see the appointment."""

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from typing import Any

import pytest

from tests.schema.subscriptions.conftest import ConnectClient
from tests.support.global_ids import node_id
from tests.support.live_accounts import Actor, next_monday
from tests.support.live_server import Server
from tests.support.processes import manage
from tests.support.websocket_client import (
    HALF_HOURS,
    WebSocketClient,
    add_day_off,
    appointment_event,
    event,
)

pytestmark = pytest.mark.own_database

IMPORTS = """
from django.contrib.auth.models import Permission
from clinic.models import Assistant, Doctor, Guardian, Patient
from users.models import User
"""
ADD_CHILD = """
child = User.objects.create(first_name="Tim", last_name="{name}", is_patient=True)
patient = Patient.objects.create(user=child, date_of_birth="2018-05-17")
parent = User.objects.get(email="{parent}")
Guardian.objects.create(patient=patient, user=parent, relationship="parent")
"""
ADD_ASSISTANT = """
doctor = Doctor.objects.get(user__email="{doctor}")
Assistant.objects.create(doctor=doctor, user=User.objects.get(email="{assistant}"))
"""
ADD_STAFF = """
User.objects.filter(email="{staff}").update(is_staff=True)
permissions = Permission.objects.filter(codename__in={codenames})
User.objects.get(email="{staff}").user_permissions.set(permissions)
"""


def run(server: Server, code: str, **values: object) -> None:
    """Run code on the server's database in a process of its own."""
    lines = IMPORTS + code.format(**values)
    manage(server.environment, "shell", "--no-imports", "--command", lines)


def add_child(server: Server, parent: Actor) -> str:
    """Add a child without an account, and return the global ID of the patient."""
    name = f"Example{uuid.uuid4().hex}"
    run(server, ADD_CHILD, name=name, parent=parent.email)
    path = server.environment["DATABASE_URL"].removeprefix("sqlite:///")
    query = "SELECT p.id FROM clinic_patient p JOIN users_user u ON u.id = p.user_id"
    with closing(sqlite3.connect(path, timeout=30)) as database:
        [(pk,)] = database.execute(f"{query} WHERE u.last_name = ?", [name]).fetchall()
    return node_id("Patient", pk)


@pytest.fixture
def doctor(server: Server) -> Actor:
    return Actor(server, "DOCTOR")


@pytest.fixture
def times() -> Iterator[str]:
    return iter(HALF_HOURS)


def book(patient: Actor, doctor: Actor, times: Iterator[str]) -> dict[str, object]:
    """Book the next time. Returns the ``appointmentChanged`` event to expect."""
    return appointment_event(patient.book(doctor, next(times)))


def subscribe(
    connect_client: ConnectClient, actor: Actor, *trigger: Any, query: str = ""
) -> WebSocketClient:
    """Return a client of the actor that receives events; ``trigger`` are arguments of ``book``."""
    client = connect_client(actor.token)
    client.subscribe("AppointmentChanged")
    client.wait_until_subscribed(partial(book, *trigger))
    return client


def test_guardian_receives_appointments_of_dependant_until_removed(
    server: Server, connect_client: ConnectClient, doctor: Actor, times: Iterator[str]
) -> None:
    parent = Actor(server, "PATIENT")
    child = add_child(server, parent)
    client = subscribe(connect_client, parent, parent, doctor, times)
    slot = {"date": next_monday().isoformat(), "time": next(times)}
    booked = parent.send(
        "CreateAppointment", input={"doctorId": doctor.id, "patientId": child, **slot}
    )
    assert client.receive() == appointment_event(booked)
    confirmed = doctor.send("ConfirmAppointment", input={"id": booked["id"]})
    assert client.receive() == appointment_event(confirmed)
    run(server, 'Guardian.objects.filter(user__email="{parent}").delete()', parent=parent.email)
    doctor.send("CancelAppointment", input={"id": booked["id"]})
    # The subscription goes on; its next event is of the parent's own appointment.
    expected = book(parent, doctor, times)
    assert client.receive() == expected
    assert parent.send("AppointmentById", id=booked["id"]) is None


def test_assistant_receives_appointments_of_both_doctors_until_removed(
    server: Server, connect_client: ConnectClient, doctor: Actor, times: Iterator[str]
) -> None:
    other, assistant, ann = (Actor(server, role) for role in ("DOCTOR", "PATIENT", "PATIENT"))
    for each in (doctor, other):
        run(server, ADD_ASSISTANT, doctor=each.email, assistant=assistant.email)
    client = subscribe(connect_client, assistant, ann, doctor, times)
    for each in (doctor, other):
        expected = book(ann, each, times)
        assert client.receive() == expected
    run(
        server,
        'Assistant.objects.filter(doctor__user__email="{doctor}").delete()',
        doctor=doctor.email,
    )
    book(ann, doctor, times)
    expected = book(ann, other, times)
    assert client.receive() == expected


# Those who also see every record share what is loaded.
@pytest.mark.parametrize("more", [(), ("view_patient",)])
def test_staff_receive_all_appointments_while_permitted(
    server: Server,
    connect_client: ConnectClient,
    doctor: Actor,
    times: Iterator[str],
    more: tuple[str, ...],
) -> None:
    staff, ann = Actor(server, "PATIENT"), Actor(server, "PATIENT")
    run(server, ADD_STAFF, staff=staff.email, codenames=["view_appointment", *more])
    client = subscribe(connect_client, staff, ann, doctor, times)
    appointment = ann.book(doctor, next(times))
    assert client.receive() == appointment_event(appointment)
    run(server, ADD_STAFF, staff=staff.email, codenames=[])
    doctor.send("ConfirmAppointment", input={"id": appointment["id"]})
    expected = book(staff, doctor, times)
    assert client.receive() == expected


def test_staff_without_permission_receive_their_own_appointments_only(
    server: Server, connect_client: ConnectClient, doctor: Actor, times: Iterator[str]
) -> None:
    staff, ann = Actor(server, "PATIENT"), Actor(server, "PATIENT")
    run(server, ADD_STAFF, staff=staff.email, codenames=["view_patient"])
    client = subscribe(connect_client, staff, staff, doctor, times)
    book(ann, doctor, times)
    expected = book(staff, doctor, times)
    assert client.receive() == expected


RECORD = """subscription { appointmentChanged {
    status reasonForVisit patient { dateOfBirth user { firstName email } } } }"""


def record_event(status: str, reason: str, birth: str | None, email: str | None) -> Any:
    patient = {"dateOfBirth": birth, "user": {"firstName": "Kim", "email": email}}
    value = {"status": status, "reasonForVisit": reason, "patient": patient}
    return event("1", "appointmentChanged", value)


def test_events_hide_the_record_after_approval_of_the_doctor_is_withdrawn(
    server: Server, connect_client: ConnectClient, doctor: Actor, times: Iterator[str]
) -> None:
    ann, assistant, staff = (Actor(server, "PATIENT") for _ in range(3))
    run(server, ADD_ASSISTANT, doctor=doctor.email, assistant=assistant.email)
    staff.become_staff()
    clients = [connect_client(actor.token) for actor in (doctor, assistant)]

    def trigger() -> Any:
        slot = {"date": next_monday().isoformat(), "time": next(times)}
        sent = {"doctorId": doctor.id, "reasonForVisit": "a cough", **slot}
        ids.append(ann.send("CreateAppointment", input=sent)["id"])
        return record_event("PENDING", "a cough", "1990-05-17", ann.email)

    ids: list[str] = []
    for client in clients:
        client.send(type="subscribe", id="1", payload={"query": RECORD})
        client.wait_until_subscribed(trigger)
    run(server, f'Doctor.objects.filter(user__email="{doctor.email}").update(approved=False)')
    staff.send("ConfirmAppointment", input={"id": ids[-1]})
    of_name = record_event("CONFIRMED", "", None, None)
    for client in clients:
        received = client.receive()
        while received != of_name:
            assert received == record_event("PENDING", "a cough", "1990-05-17", ann.email)
            received = client.receive()


def test_availability_of_unapproved_doctor_is_sent_to_assistants_only(
    server: Server, connect_client: ConnectClient, doctor: Actor
) -> None:
    assistant, ann = Actor(server, "PATIENT"), Actor(server, "PATIENT")
    run(server, ADD_ASSISTANT, doctor=doctor.email, assistant=assistant.email)
    clients = [connect_client(actor.token) for actor in (assistant, ann)]
    for client in clients:
        client.subscribe("AvailabilityChanged", doctorId=doctor.id)
        client.wait_until_subscribed(partial(add_day_off, doctor))
    # The second trigger reached the first client, too.
    change = 'Doctor.objects.filter(user__email="{email}").update(approved={approved})'
    run(server, change, email=doctor.email, approved=False)
    hidden = add_day_off(doctor)
    received = clients[0].receive()
    while received != hidden:
        received = clients[0].receive()
    run(server, change, email=doctor.email, approved=True)
    expected = add_day_off(doctor)
    assert [client.receive() for client in clients] == [expected, expected]
