"""Live updates, heard by real clients on real sockets."""

import datetime as dt
import json
import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import jwt
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.contract.documents import document_of, operation_names, sha256_of
from tests.support.live_accounts import Actor, next_monday
from tests.support.live_server import ENVIRONMENT, Server, serving

pytestmark = pytest.mark.own_database
PROTOCOL = Subprotocol("graphql-transport-ws")
WAIT_SECONDS = 20
REDIS_URL = os.environ.get("REDIS_URL", "")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server"), SOCKET_RECHECK_SECONDS="1") as running:
        yield running


@pytest.fixture(autouse=True)
def clock() -> None:
    """The server is a process of its own: here time goes on."""


class Listener:
    """A client of the protocol, as strict as need be."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    def initialise(self, token: str) -> None:
        self.say(type="connection_init", payload={"Authorization": f"Bearer {token}"})
        assert self.hear() == {"type": "connection_ack"}

    def say(self, **message: object) -> None:
        self.socket.send(json.dumps(message))

    def hear(self) -> Any:
        return json.loads(self.socket.recv(timeout=WAIT_SECONDS))

    def subscribe(self, name: str, id_: str = "1", **variables: object) -> None:
        payload = {"query": document_of(name), "variables": variables}
        self.say(type="subscribe", id=id_, payload=payload)

    def settle(self, nudge: Callable[[], dict[str, object]]) -> None:
        """Nudge until the subscription stands, and the message that ``nudge`` returns is heard.

        The protocol does not say when a subscription stands; a nudge that came too early is
        followed by another as soon as the server has answered a ping. What earlier nudges
        brought comes before that message, so nothing of them is left to be heard.
        """
        for _try in range(100):
            expected = nudge()
            self.say(type="ping")
            heard = list(iter(self.hear, {"type": "pong"}))
            if any(message["id"] == expected["id"] for message in heard):
                while expected not in heard:
                    heard.append(self.hear())
                return
        pytest.fail("nothing was ever heard")

    def hear_out(self) -> None:
        """Hear whatever there is until the server hangs up."""
        with suppress(ConnectionClosed):
            while True:
                self.hear()

    def closing_code(self) -> int:
        with pytest.raises(ConnectionClosed) as closed:
            self.hear()
        assert closed.value.rcvd is not None
        return closed.value.rcvd.code


def told(id_: str, field: str, value: object) -> dict[str, object]:
    return {"id": id_, "type": "next", "payload": {"data": {field: value}}}


def as_announced(appointment: Any) -> dict[str, object]:
    return {key: appointment[key] for key in ("id", "date", "time", "status")}


class Listen(Protocol):
    def __call__(self, token: str | None = None, **options: Any) -> Listener: ...


@pytest.fixture
def listen(server: Server) -> Iterator[Listen]:
    """Opens sockets, with ``token`` initialised ones, and closes them after the test."""
    with ExitStack() as sockets:

        def listen(token: str | None = None, **options: Any) -> Listener:
            options = {"subprotocols": [PROTOCOL], "open_timeout": WAIT_SECONDS, **options}
            listener = Listener(
                sockets.enter_context(connect(f"ws://{server.address}/graphql/", **options))
            )
            if token:
                listener.initialise(token)
            return listener

        yield listen


@pytest.fixture(scope="module")
def doctor(server: Server) -> Actor:
    doctor = Actor(server, "DOCTOR")
    days = [{"weekday": "MONDAY", "startTime": "00:00", "endTime": "00:00"}]
    doctor.send("SetWorkingHours", input={"hours": days})
    return doctor


HALF_HOURS_OF_A_DAY = [f"{n // 2:02}:{n % 2 * 30:02}" for n in range(18, 34)]
HALF_HOURS = (f"{n // 2:02}:{n % 2 * 30:02}" for n in count())


def listening(listen: Listen, actor: Actor, doctor: Actor) -> Listener:
    """A listener to the actor's appointments that has proved to hear."""
    listener = listen(actor.token)
    listener.subscribe("AppointmentChanged")
    listener.settle(lambda: booking_told(actor, doctor))
    return listener


def booking_told(patient: Actor, doctor: Actor, time: str | None = None) -> dict[str, object]:
    """Book ``time``, or another half hour, and say what will be told of it."""
    appointment = patient.book(doctor, time or next(HALF_HOURS))
    return told("1", "appointmentChanged", as_announced(appointment))


DAYS_OFF = count(30)


def day_off_told(doctor: Actor, id_: str = "1") -> dict[str, object]:
    """Take another day off, and say what will be told of it."""
    day = next_monday() + dt.timedelta(days=next(DAYS_OFF))
    off = {"startsAt": f"{day}T10:00:00Z", "endsAt": f"{day}T11:00:00Z"}
    doctor.send("AddTimeOff", input=off)
    return told(id_, "availabilityChanged", {"doctorId": doctor.id, "date": day.isoformat()})


def test_both_sides_hear_of_a_appointment_and_nobody_else_does(
    server: Server, listen: Listen, doctor: Actor
) -> None:
    ann, ben = Actor(server, "PATIENT"), Actor(server, "PATIENT")
    ann_hears, ben_hears = listening(listen, ann, doctor), listening(listen, ben, doctor)
    doctor_hears = listen(doctor.token)
    doctor_hears.subscribe("AppointmentChanged")
    doctor_hears.settle(lambda: booking_told(Actor(server, "PATIENT"), doctor))
    appointment = ann.book(doctor, next(HALF_HOURS))
    news = told("1", "appointmentChanged", as_announced(appointment))
    assert (ann_hears.hear(), doctor_hears.hear()) == (news, news)
    for name in ("ConfirmAppointment", "CancelAppointment"):
        # An appointment is told as it stands by then, so the next change waits for the news.
        changed = doctor.send(name, input={"id": appointment["id"]})
        news = told("1", "appointmentChanged", as_announced(changed))
        assert (ann_hears.hear(), doctor_hears.hear()) == (news, news)
    # The first that Ben hears is his own, so he has heard nothing of Ann's.
    bens = booking_told(ben, doctor)
    assert ben_hears.hear() == bens


def test_a_patient_is_told_which_of_a_appointment_was_told_to_the_doctor(
    server: Server, listen: Listen, doctor: Actor
) -> None:
    hears = listen(doctor.token)
    hears.subscribe("AppointmentChanged")
    hears.settle(lambda: booking_told(Actor(server, "PATIENT"), doctor))
    ann = Actor(server, "PATIENT")
    ann_hears = listening(listen, ann, doctor)
    news = booking_told(ann, doctor)
    # By then the doctor has heard of every appointment of Ann's.
    while hears.hear() != news:
        pass
    assert ann_hears.hear() == news
    log = server.api("AccessLog", {"first": 100}, token=ann.token)["data"]["me"]["accessLog"]
    nodes = [edge["node"] for edge in log["edges"]]
    booked = [node for node in nodes if "Appointment.createdAt" in node["fields"]]
    told_of = [node["fields"] for node in nodes if node["action"] == "READ"]
    fields = [f"Appointment.{name}" for name in ("date", "id", "status", "time")]
    assert told_of == [fields] * len(booked)


NO_ROOM_IN_THE_AUDIT = """
CREATE TRIGGER no_room BEFORE INSERT ON clinic_accessrecord WHEN NEW.action = 'read'
BEGIN SELECT RAISE(ABORT, 'no room'); END"""


def test_what_cannot_be_noted_in_the_audit_is_not_told(tmp_path: Path) -> None:
    """The subscription ends with it; whoever subscribes anew has missed something, and knows."""
    with serving(tmp_path) as server:
        doctor, ann = Actor(server, "DOCTOR"), Actor(server, "PATIENT")
        url, times = f"ws://{server.address}/graphql/", iter(HALF_HOURS_OF_A_DAY)
        with connect(url, subprotocols=[PROTOCOL], open_timeout=WAIT_SECONDS) as socket:
            hears = Listener(socket)
            hears.initialise(doctor.token)
            hears.subscribe("AppointmentChanged")
            hears.settle(lambda: booking_told(ann, doctor, next(times)))
            with closing(sqlite3.connect(tmp_path / "db.sqlite3", timeout=30)) as database:
                database.execute(NO_ROOM_IN_THE_AUDIT)
            ann.book(doctor, next(times))
            news, end = hears.hear(), hears.hear()
    [log] = [path.read_text() for path in tmp_path.glob("server-*.log")]
    [request_id] = re.findall("Unexpected error at '', request ([0-9a-f]+)", log)
    error = {
        "message": "An unexpected error occurred. Please try again later.",
        "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": request_id},
    }
    assert news == {"id": "1", "type": "next", "payload": {"data": None, "errors": [error]}}
    assert end == {"id": "1", "type": "complete"}


def test_a_refused_booking_is_not_announced(server: Server, listen: Listen, doctor: Actor) -> None:
    ann = Actor(server, "PATIENT")
    hears = listening(listen, ann, doctor)
    time = next(HALF_HOURS)
    taken = Actor(server, "PATIENT").book(doctor, time)
    assert ann.book(doctor, time)["code"] == "SLOT_TAKEN"
    appointment = ann.book(doctor, next(HALF_HOURS))
    assert (hears.hear(), taken["status"]) == (
        told("1", "appointmentChanged", as_announced(appointment)),
        "PENDING",
    )


def test_open_slots_are_announced_by_their_day(
    server: Server, listen: Listen, doctor: Actor
) -> None:
    other, ann = Actor(server, "DOCTOR"), Actor(server, "PATIENT")
    hours = {"hours": [{"weekday": "MONDAY", "startTime": "00:00", "endTime": "00:00"}]}
    hears = listen(ann.token)
    hears.subscribe("AvailabilityChanged", doctorId=other.id)
    hears.settle(lambda: day_off_told(other))
    ann.book(doctor, next(HALF_HOURS))
    appointment = ann.book(other, "10:00")
    ann.send(
        "RescheduleAppointment",
        input={"id": appointment["id"], "date": appointment["date"], "time": "11:00"},
    )
    other.send("SetWorkingHours", input=hours)
    day = {"doctorId": other.id, "date": appointment["date"]}
    assert [hears.hear() for _ in range(3)] == [
        told("1", "availabilityChanged", day),
        told("1", "availabilityChanged", day),
        told("1", "availabilityChanged", {"doctorId": other.id, "date": None}),
    ]


def test_a_doctor_whom_nobody_could_look_up_has_no_news(server: Server, listen: Listen) -> None:
    hears = listen(Actor(server, "PATIENT").token)
    hears.subscribe("AvailabilityChanged", doctorId="RG9jdG9yOjk5OTk5OQ==")
    assert hears.hear() == {"id": "1", "type": "complete"}


def day_of(message: Any) -> str | None:
    day: str | None = message["payload"]["data"]["availabilityChanged"]["date"]
    return day


def test_two_subscriptions_to_one_doctor_end_apart(server: Server, listen: Listen) -> None:
    doctor, ann = Actor(server, "DOCTOR"), Actor(server, "PATIENT")
    hears = listen(ann.token)
    hears.subscribe("AvailabilityChanged", "first", doctorId=doctor.id)
    hears.settle(lambda: day_off_told(doctor, "first"))
    hears.subscribe("AvailabilityChanged", "second", doctorId=doctor.id)
    hears.settle(lambda: day_off_told(doctor, "second"))
    hears.say(type="complete", id="first")
    hears.settle(lambda: day_off_told(doctor, "second"))
    days = [day_off_told(doctor, "second") for _ in range(2)]
    heard: list[Any] = []
    while heard[-1:] != days[-1:]:
        heard.append(hears.hear())
    of_those_days = {day_of(message) for message in days}
    told_of = [message for message in heard if day_of(message) in of_those_days]
    assert told_of == days


@pytest.mark.parametrize(
    ("token", "code"), [("", 4403), ("nonsense", 4403)], ids=["no token", "a bad token"]
)
def test_a_socket_without_a_good_token_is_closed(listen: Listen, token: str, code: int) -> None:
    listener = listen()
    listener.say(type="connection_init", payload={"Authorization": f"Bearer {token}"})
    assert listener.closing_code() == code


def test_subscribing_before_the_connection_stands_is_unauthorized(listen: Listen) -> None:
    listener = listen()
    listener.subscribe("AppointmentChanged")
    assert listener.closing_code() == 4401


def test_a_second_initialisation_is_one_too_many(server: Server, listen: Listen) -> None:
    listener = listen(Actor(server, "PATIENT").token)
    listener.say(type="connection_init")
    assert listener.closing_code() == 4429


def test_an_id_in_use_is_refused(server: Server, listen: Listen) -> None:
    listener = listen(Actor(server, "PATIENT").token)
    listener.subscribe("AppointmentChanged")
    listener.subscribe("AppointmentChanged")
    assert listener.closing_code() == 4409


@pytest.mark.parametrize("message", ["no json", '{"type": "sing"}', "{}"])
def test_what_is_no_message_is_a_bad_request(listen: Listen, message: str) -> None:
    listener = listen()
    listener.socket.send(message)
    assert listener.closing_code() == 4400


@pytest.mark.parametrize("protocols", [["graphql-ws"], None], ids=["the old one", "none"])
def test_another_protocol_is_not_spoken(listen: Listen, protocols: list[str] | None) -> None:
    listener = listen(subprotocols=protocols)
    assert listener.closing_code() == 4406


def test_a_foreign_page_may_not_open_a_socket(server: Server, listen: Listen) -> None:
    with pytest.raises(InvalidStatus) as refused:
        listen(origin="https://evil.example")
    own = listen(origin=f"http://{server.address}")
    assert (refused.value.response.status_code, own.socket.subprotocol) == (403, PROTOCOL)


def test_the_socket_closes_when_its_token_expires(server: Server, listen: Listen) -> None:
    ann = Actor(server, "PATIENT")
    soon = int(dt.datetime.now(dt.UTC).timestamp()) + 5
    token = jwt.encode({**ann.payload, "exp": soon}, ENVIRONMENT["JWT_SECRET"], "HS256")
    assert listen(token).closing_code() == 4403
    assert dt.datetime.now(dt.UTC).timestamp() >= soon


def test_the_socket_closes_when_its_sign_in_is_revoked(server: Server, listen: Listen) -> None:
    ann = Actor(server, "PATIENT")
    listener = listen(ann.token)
    ann.send("RevokeToken", refreshToken=ann.refresh_token)
    assert listener.closing_code() == 4403


def test_a_closed_socket_is_not_spoken_to(tmp_path: Path) -> None:
    with serving(tmp_path, SOCKET_RECHECK_SECONDS="3600") as server:
        doctor, ann, ben = (Actor(server, role) for role in ("DOCTOR", "PATIENT", "PATIENT"))
        url, times = f"ws://{server.address}/graphql/", iter(HALF_HOURS_OF_A_DAY)
        with connect(url, subprotocols=[PROTOCOL], open_timeout=WAIT_SECONDS) as socket:
            hears = Listener(socket)
            hears.initialise(ann.token)
            for id_ in ("1", "2"):
                hears.subscribe("AvailabilityChanged", id_, doctorId=doctor.id)
                hears.settle(partial(day_off_told, doctor, id_))
            ann.send("RevokeToken", refreshToken=ann.refresh_token)
            ben.book(doctor, next(times))
            hears.hear_out()
    (log,) = tmp_path.glob("server-*.log")
    assert "ERROR" not in log.read_text()


def test_queries_by_a_socket_are_refused(server: Server, listen: Listen) -> None:
    listener = listen(Actor(server, "PATIENT").token)
    listener.subscribe("Me")
    answer = listener.hear()
    refusal = {"message": "queries are not allowed", "extensions": {"code": "BAD_USER_INPUT"}}
    assert answer == {"id": "1", "type": "error", "payload": [refusal]}


def test_a_document_that_nobody_had_kept_is_asked_for(server: Server, listen: Listen) -> None:
    listener = listen(Actor(server, "PATIENT").token)
    listener.say(type="subscribe", id="1", payload={"query": "", "documentId": "0" * 64})
    refusal = {
        "message": "PersistedQueryNotFound",
        "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"},
    }
    assert listener.hear() == {"id": "1", "type": "error", "payload": [refusal]}


@pytest.mark.parametrize("payload", [{}, {"query": None}, {"query": 5}, {"documentId": "x"}, []])
def test_what_names_no_document_is_a_bad_request(
    server: Server, listen: Listen, payload: object
) -> None:
    listener = listen(Actor(server, "PATIENT").token)
    listener.say(type="subscribe", id="1", payload=payload)
    assert listener.closing_code() == 4400


def test_only_registered_documents_are_answered_where_some_are_registered(tmp_path: Path) -> None:
    registered = {sha256_of(document): document for document in map(document_of, operation_names())}
    file = tmp_path / "persisted-documents.json"
    file.write_text(json.dumps(registered))
    subscription = sha256_of(document_of("AppointmentChanged"))
    with serving(tmp_path, TRUSTED_DOCUMENTS=str(file)) as server:
        doctor, ann = Actor(server, "DOCTOR"), Actor(server, "PATIENT")
        url, times = f"ws://{server.address}/graphql/", iter(HALF_HOURS_OF_A_DAY)
        with connect(url, subprotocols=[PROTOCOL], open_timeout=WAIT_SECONDS) as socket:
            hears = Listener(socket)
            hears.initialise(ann.token)
            hears.say(
                type="subscribe",
                id="1",
                payload={"query": "subscription { appointmentChanged { id } }"},
            )
            refusal = {
                "message": "This document is not registered. The server executes registered documents only.",
                "extensions": {"code": "PERSISTED_QUERY_NOT_IN_LIST"},
            }
            assert hears.hear() == {"id": "1", "type": "error", "payload": [refusal]}
            persisted = {"version": 1, "sha256Hash": subscription}
            hears.say(
                type="subscribe",
                id="2",
                payload={"query": "", "extensions": {"persistedQuery": persisted}},
            )
            hears.settle(
                lambda: told("2", "appointmentChanged", as_announced(ann.book(doctor, next(times))))
            )


def failed_announcements(folder: Path) -> list[str]:
    """What the servers of ``folder`` have logged of those that reached nobody."""
    lines = [line for log in folder.glob("server-*.log") for line in log.read_text().splitlines()]
    records = [json.loads(line) for line in lines if line.startswith("{")]
    return [record["message"] for record in records if "on_commit()" in record["message"]]


@pytest.mark.skipif(not REDIS_URL, reason="REDIS_URL names no Redis server")
def test_what_one_process_does_another_tells_by_redis(tmp_path: Path) -> None:
    with (
        serving(tmp_path, REDIS_URL=REDIS_URL) as one,
        serving(tmp_path, REDIS_URL=REDIS_URL) as two,
    ):
        doctor, ann = Actor(one, "DOCTOR"), Actor(one, "PATIENT")
        url = f"ws://{two.address}/graphql/"
        with connect(url, subprotocols=[PROTOCOL], open_timeout=WAIT_SECONDS) as socket:
            hears = Listener(socket)
            hears.initialise(ann.token)
            hears.subscribe("AppointmentChanged")
            times = iter(HALF_HOURS_OF_A_DAY)
            hears.settle(
                lambda: told("1", "appointmentChanged", as_announced(ann.book(doctor, next(times))))
            )
            appointment = ann.book(doctor, next(times))
            assert hears.hear() == told("1", "appointmentChanged", as_announced(appointment))
    assert failed_announcements(tmp_path) == []


@pytest.mark.skipif(not REDIS_URL, reason="REDIS_URL names no Redis server")
def test_a_connection_to_redis_that_was_cut_costs_no_announcement(tmp_path: Path) -> None:
    # In a database of its own, by which its connections are known.
    url, other = (urlsplit(REDIS_URL)._replace(path=path).geturl() for path in ("/8", "/0"))
    with (
        serving(tmp_path, REDIS_URL=url) as server,
        pytest.importorskip("redis").Redis.from_url(other) as redis,
    ):
        doctor, ann = Actor(server, "DOCTOR"), Actor(server, "PATIENT")
        idle = [client["id"] for client in redis.client_list() if client["db"] == "8"]
        cut = [redis.client_kill_filter(_id=each) for each in idle]
        ann.book(doctor, "10:00")
    assert cut == [1]
    assert failed_announcements(tmp_path) == []


def test_a_booking_stands_when_redis_is_away(tmp_path: Path) -> None:
    pytest.importorskip("channels_redis", reason="requirements/redis.txt is not installed")
    with serving(tmp_path, REDIS_URL="redis://127.0.0.1:1/0") as server:
        doctor, ann = Actor(server, "DOCTOR"), Actor(server, "PATIENT")
        appointment = ann.book(doctor, "10:00")
        assert ann.send("AppointmentById", id=appointment["id"])["status"] == "PENDING"
    of_the_profile, of_the_appointment = failed_announcements(tmp_path)
    assert "connecting to 127.0.0.1:1." in of_the_profile
    assert "connecting to 127.0.0.1:1." in of_the_appointment
