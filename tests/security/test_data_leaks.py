"""A patient's whole life at a server, and where anything of her record was told.

``test_logs.py`` looks at single requests; this, at all that a server as it is deployed
leaves behind: its log at the most talkative, every table, letters, addresses, sockets.
"""

import datetime as dt
import json
import re
import sqlite3
import subprocess
import sys
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.contract.documents import document_of
from tests.security.leak_markers import BIRTH_DATE, EMAIL, PASSWORD, PHONE, WORDS, told_by
from tests.support.emails import mailbox, part
from tests.support.fixtures.people import PASSWORD as COMMON_PASSWORD
from tests.support.fixtures.smtp_server import AnyPort, MailServer
from tests.support.live_server import ROOT, Server, manage, serving
from tests.support.pictures import halves, saved

pytestmark = pytest.mark.own_database

STAFF, DOCTOR, OTHER = (f"{name}@example.org" for name in ("staff", "doctor", "other"))
NEW_PASSWORD = f"{PASSWORD} anew"
# A database quotes the row that it refuses.
QUOTE_THE_ROW = f"""
CREATE TRIGGER quote_the_row BEFORE UPDATE ON clinic_patient WHEN NEW.address LIKE '%refused%'
BEGIN SELECT RAISE(ABORT, 'UNIQUE constraint failed: {WORDS["address"]}'); END"""


@pytest.fixture(scope="module", autouse=True)
def clock() -> None:
    """The server is a process of its own: here time goes on."""


class Witness:
    """Does things at the server, and keeps what may say nothing of the record."""

    def __init__(self, server: Server, folder: Path, mails: MailServer) -> None:
        self.server, self.folder, self.mails = server, folder, mails
        self.told: dict[str, bytes] = defaultdict(bytes)
        self.secrets: list[str] = []
        self.desk = httpx.Client(base_url=server.http.base_url, timeout=30)
        for client in (server.http, self.desk):
            client.event_hooks["response"] = [self._keep_headers]

    def _keep_headers(self, response: httpx.Response) -> None:
        # A cookie of the desk holds what is told on its owner's next page.
        headers = {name: v for name, v in response.headers.items() if name != "set-cookie"}
        self.told["headers"] += f"{headers}\n".encode()

    def ask(self, name: str, token: str | None = None, **variables: object) -> Any:
        """The only field of an answer that its asker may read."""
        answer = self.server.api(name, variables, token=token)
        assert "errors" not in answer, answer
        (field,) = answer["data"].values()
        return field

    def ask_in_vain(self, name: str, token: str | None = None, **variables: object) -> None:
        """Keep an answer that must not repeat what was sent, nor tell what is there."""
        answer = self.server.api(name, variables, token=token)
        self.told["refusals"] += json.dumps(answer).encode()

    def post(self, body: bytes) -> None:
        headers = {"Content-Type": "application/json"}
        answer = self.server.http.post("/graphql/", content=body, headers=headers)
        self.told["refusals"] += answer.content

    def upload(self, token: str, name: str, content: bytes) -> None:
        operations = {"query": document_of("UploadAvatar"), "variables": {"image": None}}
        answer = self.server.http.post(
            "/graphql/",
            data={"operations": json.dumps(operations), "map": '{"0": ["variables.image"]}'},
            files={"0": (name, content)},
            headers={"Authorization": f"JWT {token}", "Apollo-Require-Preflight": "true"},
        )
        self.told["refusals"] += answer.content

    def sign_in(self, email: str, password: str) -> str:
        answer = self.ask("TokenAuth", email=email, password=password)
        self.secrets += [answer["token"], answer["refreshToken"]]
        token: str = answer["token"]
        return token

    def open(self, path: str) -> str:
        page = self.desk.get(f"/admin/{path}", follow_redirects=True)
        assert page.status_code == 200, path
        return page.text

    def send(self, path: str, **form: object) -> int:
        form["csrfmiddlewaretoken"] = self.desk.cookies["csrftoken"]
        return self.desk.post(f"/admin/{path}", data=form).status_code

    def work_off(self) -> None:
        """Do what is on the queue."""
        command = [sys.executable, str(ROOT / "manage.py"), "db_worker", "--batch", "-v3"]
        done = subprocess.run(  # noqa: S603 - our own command
            command, env=self.server.environment, cwd=ROOT, capture_output=True, check=True
        )
        self.told["log"] += done.stdout + done.stderr

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / "db.sqlite3", timeout=30)) as connection:
            return connection.execute(sql).fetchall()

    def tables(self) -> dict[str, set[str]]:
        """What of the record stands in which table."""
        names = self.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        stored = {name: told_by(self._rows_of(name)) for (name,) in names}
        return {name: told for name, told in stored.items() if told}

    def _rows_of(self, table: str) -> bytes:
        rows = self.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - our own tables
        values = (value for row in rows for value in row)
        return b"\n".join(v if isinstance(v, bytes) else str(v).encode() for v in values)


def live(witness: Witness) -> None:
    """All that can happen to a patient's record, and some that must not."""
    her = register_her(witness)
    years = {"specialty": "X", "phoneNumber": "+4930123456", "experienceYears": 1}
    doctor = register(witness, DOCTOR, "DOCTOR", years)
    other = register(witness, OTHER, "PATIENT", {"dateOfBirth": "1990-05-17"})
    with hearing(witness, doctor):
        appointment = be_treated(witness, her, doctor, other)
    be_pried_into(witness, her, other, appointment)
    be_administered(witness)
    forget_the_password(witness)
    for _ in range(6):
        witness.ask_in_vain("TokenAuth", email=EMAIL, password=PASSWORD)


def register(witness: Witness, email: str, role: str, profile: dict[str, object]) -> str:
    name = {"firstName": "Kim", "lastName": "Example"}
    account = {"email": email, "password": COMMON_PASSWORD, "role": role, **name}
    witness.ask("Register", input=account)
    token = witness.sign_in(email, COMMON_PASSWORD)
    witness.ask("UpsertProfile", token, input={role.lower(): profile})
    return token


def register_her(witness: Witness) -> str:
    in_vain = witness.ask_in_vain
    name = {"firstName": WORDS["first"], "lastName": WORDS["last"]}
    account = {"email": EMAIL, "password": PASSWORD, "role": "PATIENT", **name}
    in_vain("Register", input={**account, "password": WORDS["email"]})
    in_vain("Register", input={**account, "email": f"{WORDS['email']} at home"})
    witness.ask("Register", input=account)
    in_vain("Register", input=account)
    in_vain("TokenAuth", email=EMAIL, password=f"{PASSWORD} not")
    token = witness.sign_in(EMAIL, PASSWORD)
    profile = {
        "dateOfBirth": BIRTH_DATE,
        "address": WORDS["address"],
        "emergencyContactName": WORDS["contact"],
        "emergencyContactPhone": PHONE,
    }
    witness.ask("UpsertProfile", token, input={"patient": profile})
    for wrong in (
        {"address": WORDS["address"] * 100},
        {"address": f"{WORDS['address']} refused"},
        {"emergencyContactPhone": f"{PHONE}{PHONE}"},
        {"dateOfBirth": f"{BIRTH_DATE}x"},
    ):
        in_vain("UpsertProfile", token, input={"patient": {**profile, **wrong}})
    for content in (saved(halves(), "PNG"), WORDS["file"].encode()):
        witness.upload(token, f"{WORDS['file']}.png", content)
    return token


@contextmanager
def hearing(witness: Witness, token: str) -> Iterator[None]:
    """Keep what is told of appointments to the owner of ``token`` while the block lasts."""
    url, protocol = f"ws://{witness.server.address}/graphql/", Subprotocol("graphql-transport-ws")
    with connect(url, subprotocols=[protocol], open_timeout=20) as socket:
        init = {"type": "connection_init", "payload": {"Authorization": f"JWT {token}"}}
        payload = {"query": document_of("AppointmentChanged")}
        for message in (init, {"type": "subscribe", "id": "1", "payload": payload}):
            socket.send(json.dumps(message))
        socket.recv(timeout=20)
        yield
        with suppress(TimeoutError):
            while True:
                witness.told["sockets"] += str(socket.recv(timeout=2)).encode()


def be_treated(witness: Witness, her: str, doctor: str, other: str) -> str:
    """Book, move, confirm and cancel an appointment; its id."""
    ask, in_vain = witness.ask, witness.ask_in_vain
    today = dt.datetime.now(dt.UTC).date()
    day = (today + dt.timedelta(days=7 - today.weekday())).isoformat()
    doctor_id = ask("Doctors", her)["edges"][0]["node"]["id"]
    wish = {"doctorId": doctor_id, "date": day, "time": "09:00"}
    hers = {**wish, "reasonForVisit": WORDS["reason"], "idempotencyKey": WORDS["note"]}
    in_vain("CreateAppointment", her, input={**hers, "time": "03:00"})
    in_vain("CreateAppointment", her, input={**hers, "time": WORDS["reason"]})
    appointment: str = ask("CreateAppointment", her, input=hers)["id"]
    in_vain("CreateAppointment", other, input=wish)
    in_vain("CreateAppointment", other, input={**wish, "idempotencyKey": WORDS["note"]})
    ask("ConfirmAppointment", doctor, input={"id": appointment})
    ask("RescheduleAppointment", her, input={"id": appointment, "date": day, "time": "10:00"})
    in_vain("CompleteAppointment", doctor, input={"id": appointment})
    ask("MyPatients", doctor, search=WORDS["last"])
    ask("MyAppointments", doctor)
    off = {"startsAt": f"{day}T15:00:00Z", "endsAt": f"{day}T16:00:00Z"}
    ask("AddTimeOff", doctor, input={**off, "reason": WORDS["note"]})
    ask("CancelAppointment", doctor, input={"id": appointment, "reason": WORDS["cancellation"]})
    return appointment


def be_pried_into(witness: Witness, her: str, other: str, appointment: str) -> None:
    """Others ask for her record, she reads it herself, and programs send what is no request."""
    patient = witness.ask("Me", her)["patient"]["id"]
    for token in (other, None):
        for name in ("AppointmentById", "AppointmentHistory", "AppointmentAsNode"):
            witness.ask_in_vain(name, token, id=appointment)
        witness.ask_in_vain("PatientById", token, id=patient)
        witness.ask_in_vain("MyPatients", token, search=WORDS["last"])
        witness.ask_in_vain("ExportMyData", token)
        witness.ask_in_vain("CancelAppointment", token, input={"id": appointment, "reason": "x"})
        witness.ask_in_vain("PatientById", token, id=WORDS["reason"])
    for name in ("ExportMyData", "AccessLog", "MyAppointments"):
        witness.ask(name, her)
    wrong = {"oldPassword": f"{PASSWORD} not", "newPassword": NEW_PASSWORD}
    witness.ask_in_vain("ChangePassword", her, input=wrong)
    witness.ask_in_vain("RefreshToken", refreshToken=WORDS["password"])
    witness.ask_in_vain("VerifyToken", token=WORDS["password"])
    word = WORDS["reason"].encode()
    for body in (word, b'{"query": "%s' % word, b'{"variables": {"a": "%s"}}' % word):
        witness.post(body)
    calendar = witness.ask("Calendar", her)["calendarUrl"]
    witness.secrets.append(calendar.rpartition("/")[2])
    sent = quote(json.dumps({"a": EMAIL}))
    for address in (
        f"/graphql/?query=query($a:Int){{clinic{{today}}}}&variables={sent}",
        f"/calendar/{WORDS['reason']}.ics",
        f"/{WORDS['reason']}/?q={EMAIL}",
        calendar,
    ):
        witness.told["refusals"] += witness.server.http.get(address).content


def be_administered(witness: Witness) -> None:
    """Staff search her, change her, and book for her, with mistakes."""
    secret = {"DJANGO_SUPERUSER_PASSWORD": COMMON_PASSWORD}
    name = ("--first_name", "Sam", "--last_name", "Example", "--email", STAFF)
    environment = {**witness.server.environment, **secret}
    manage(environment, "createsuperuser", "--noinput", "-v0", *name)
    witness.open("login/")
    for email, password in ((EMAIL, PASSWORD), (STAFF, PASSWORD), (STAFF, COMMON_PASSWORD)):
        witness.send("login/", username=email, password=password)
    [(appointment, doctor, patient)] = witness.execute(
        "SELECT id, doctor_id, patient_id FROM clinic_appointment"
    )
    [(account,)] = witness.execute(
        f"SELECT user_id FROM clinic_patient WHERE id = {patient}"  # noqa: S608 - a number
    )
    for kind in ("users/user", "clinic/patient", "clinic/appointment"):
        assert WORDS["last"] in witness.open(f"{kind}/?q={WORDS['last']}")
    field = "app_label=clinic&model_name=appointment&field_name=patient"
    witness.open(f"autocomplete/?{field}&term={WORDS['last']}")
    for page in ("change", "history", "delete"):
        witness.open(f"users/user/{account}/{page}/")
        witness.open(f"clinic/patient/{patient}/{page}/")
    witness.open(f"clinic/appointment/{appointment}/change/")
    profile = {"address": WORDS["address"], "emergency_contact_name": WORDS["contact"]}
    for date, status in ((f"{BIRTH_DATE}x", 200), (BIRTH_DATE, 302)):
        form = {**profile, "date_of_birth": date, "emergency_contact_phone": PHONE}
        assert witness.send(f"clinic/patient/{patient}/change/", **form) == status
    wish = {"doctor": doctor, "patient": patient, "date": "2001-01-01", "time": "09:00"}
    wish["reason_for_visit"] = WORDS["reason"]
    assert witness.send("clinic/appointment/add/", **wish) == 200
    tick = {"action": "cancel", "_selected_action": appointment, "reason": WORDS["cancellation"]}
    assert witness.send("clinic/appointment/", **tick) == 302
    witness.open("clinic/accessrecord/")


def forget_the_password(witness: Witness) -> None:
    """Have it sent, use it, and use it again; her first letter is refused by the mail server."""
    witness.ask("RequestPasswordReset", email=EMAIL)
    witness.mails.refused = {EMAIL}
    witness.work_off()
    witness.mails.refused = set()
    witness.ask("RequestPasswordReset", email=EMAIL)
    witness.work_off()
    *_, letter = mailbox(witness.mails, EMAIL)
    [token] = re.findall(r"front\.example/(\S+)", part(letter, "text/plain"))
    witness.secrets.append(token)
    for _ in range(2):
        witness.ask_in_vain("ResetPassword", input={"token": token, "newPassword": NEW_PASSWORD})


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Witness]:
    folder, mails = tmp_path_factory.mktemp("life"), MailServer()
    controller = AnyPort(mails)
    controller.start()
    try:
        with serving(
            folder,
            CACHE_URL="dbcache://cache",
            DJANGO_SETTINGS_MODULE="tests.security.leak_settings",
            EMAIL_URL=f"smtp://{controller.hostname}:{controller.port}",
            LOG_LEVEL="DEBUG",
            MEDIA_ROOT=str(folder / "media"),
            PASSWORD_RESET_URL="https://front.example/{token}",
            RATE_LIMIT_ENABLED="1",
        ) as server:
            manage(server.environment, "createcachetable")
            witness = Witness(server, folder, mails)
            witness.execute(QUOTE_THE_ROW)
            live(witness)
            [log] = folder.glob("server-*.log")
            witness.told["log"] += log.read_bytes()
            yield witness
            witness.desk.close()
    finally:
        controller.stop()


@pytest.mark.parametrize("sink", ["log", "refusals", "headers", "sockets"])
def test_nothing_of_a_record_is_told(witness: Witness, sink: str) -> None:
    assert witness.told[sink]
    assert told_by(witness.told[sink]) == set()


def test_what_could_have_told_something_did_happen(witness: Witness) -> None:
    codes = set(re.findall(r'"code": ?"([A-Z_]+)"', witness.told["refusals"].decode()))
    assert b"appointmentChanged" in witness.told["sockets"]
    assert codes == {
        "BAD_USER_INPUT",
        "FORBIDDEN",
        "GRAPHQL_VALIDATION_FAILED",
        "INTERNAL_SERVER_ERROR",
        "INVALID_CREDENTIALS",
        "OUTSIDE_AVAILABILITY",
        "RATE_LIMITED",
        "SLOT_TAKEN",
        "TOKEN_INVALID",
        "UNAUTHENTICATED",
    }


def test_no_token_and_no_secret_address_is_logged(witness: Witness) -> None:
    log = witness.told["log"].decode()
    assert len(witness.secrets) == 8
    assert [secret for secret in witness.secrets if secret in log] == []


def test_a_letter_names_her_to_her_doctor_and_says_nothing_medical(witness: Witness) -> None:
    letters = [(to, letter) for [to], letter in witness.mails.taken]
    subjects = " ".join(str(letter["Subject"]) for _, letter in letters)
    told = {to: told_by(b"".join(bytes(m) for a, m in letters if a == to)) for to, _ in letters}
    assert told_by(subjects.encode()) == set()
    assert told == {DOCTOR: {"first", "last"}, EMAIL: {"email", "first", "last"}}


def test_a_record_is_stored_in_the_tables_made_for_it_alone(witness: Witness) -> None:
    assert witness.tables() == {
        "clinic_appointment": {"cancellation", "reason"},
        "clinic_patient": {"address", "birth date", "contact", "phone"},
        "clinic_timeoff": {"note"},
        "users_user": {"email", "first", "last"},
        # What staff did, as the desk tells it: it names whom it was about, no more.
        "django_admin_log": {"first", "last"},
    }


def test_no_file_is_called_by_what_the_patient_called_it(witness: Witness) -> None:
    files = [str(path) for path in (witness.folder / "media").rglob("*.webp")]
    assert len(files) == 2
    assert told_by(" ".join(files).encode()) == set()


@pytest.mark.parametrize("word", [EMAIL, WORDS["reason"], BIRTH_DATE])
def test_a_canary_is_found_however_it_is_packed(word: str) -> None:
    """The control: what is looked for can be found."""
    packed = [
        word,
        word.upper(),
        json.dumps({"a": word}),
        quote(word),
        b64encode(f"User:{word} and more".encode()).decode(),
    ]
    assert [len(told_by(f"said: {text}.".encode())) for text in packed] == [1] * 5
    assert told_by(b"nothing of anybody") == set()
