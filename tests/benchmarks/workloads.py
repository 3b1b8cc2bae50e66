"""What is asked of each peer, and how its answers are compared.

GraphQL's documents ask for what REST's serializers say, no more and no less.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tests.benchmarks.callers import Caller, Scene, global_id, pk_of

PERSON = "user { id firstName lastName }"
DOCTOR = f"doctor {{ id specialty {PERSON} }}"
VISIT = (
    f"id date time durationMinutes status reasonForVisit {DOCTOR} "
    f"patient {{ id dateOfBirth {PERSON} }}"
)
SLOT = "date time durationMinutes startsAt endsAt"
PAGE = f"pageInfo {{ hasNextPage endCursor }} edges {{ node {{ {VISIT} }} }}"

R1 = f"query R1($first: Int!) {{ appointments(first: $first) {{ {PAGE} }} }}"
R1_TWICE = f"""query R1($first: Int!, $after: String!) {{
  appointments(first: $first) {{ {PAGE} }}
  more: appointments(first: $first, after: $after) {{ {PAGE} }}
}}"""
R2 = "query R2 { me { id email firstName lastName gender isDoctor isPatient } }"
R3 = f"query R3($id: ID!) {{ doctor(id: $id) {{ id availableSlots(days: 14) {{ {SLOT} }} }} }}"
R4 = f"""query R4($specialty: String!) {{
  nextAvailable(specialty: $specialty, first: 5) {{ {DOCTOR} slot {{ {SLOT} }} }}
}}"""
W1 = f"""mutation W1($input: CreateAppointmentInput!) {{
  createAppointment(input: $input) {{
    __typename
    ... on Appointment {{ {VISIT} }}
    ... on SlotUnavailable {{ code }}
    ... on OperationInfo {{ messages {{ field code }} }}
  }}
}}"""
L1 = """mutation L1($email: String!, $password: String!) {
  tokenAuth(email: $email, password: $password) { token }
}"""

# PostGraphile names fields by the tables; aliases make the same answer of them.
POSTGRAPHILE_PERSON = "{ id: rowId firstName lastName }"
POSTGRAPHILE_R1 = f"""query R1($first: Int!) {{
  appointments: allClinicAppointments(first: $first, orderBy: [DATE_ASC, TIME_ASC, ROW_ID_ASC]) {{
    pageInfo {{ hasNextPage endCursor }}
    edges {{ node {{
      id: rowId date time durationMinutes status reasonForVisit
      doctor: clinicDoctorByDoctorId {{
        id: rowId specialty user: usersUserByUserId {POSTGRAPHILE_PERSON}
      }}
      patient: clinicPatientByPatientId {{
        id: rowId dateOfBirth user: usersUserByUserId {POSTGRAPHILE_PERSON}
      }}
    }} }}
  }}
}}"""
POSTGRAPHILE_R2 = R2.replace("{ id ", "{ id: rowId ")

GRAPHQL = {"ours", "stock"}
SCHEMES = {"ours": "JWT"}
MAX_PAGE = 100


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: str = ""

    def as_text(self) -> str:
        """As it goes over the wire."""
        length = str(len(self.body))
        headers = {**self.headers, "Host": "127.0.0.1", "Content-Length": length}
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
        return "\r\n".join([*lines, "", self.body])


@dataclass(frozen=True, slots=True)
class Workload:
    """``requests`` says what to send a peer; ``read`` what its answer says, in one form for all."""

    name: str
    title: str
    peers: tuple[str, ...]
    requests: Callable[[str, Scene], Iterator[Request]]
    read: Callable[[Any], Any]
    expected: str = ""
    # Whether a request can be sent again and answers the same.
    repeatable: bool = True


def _headers(peer: str, caller: Caller | None) -> dict[str, str]:
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    if caller:
        token = caller.tokens[peer if peer in GRAPHQL else "rest"]
        headers["Authorization"] = f"{SCHEMES.get(peer, 'Token')} {token}"
    return headers


def graphql(peer: str, caller: Caller | None, document: str, **variables: object) -> Request:
    body = json.dumps({"query": document, "variables": variables})
    return Request("POST", "/graphql/", _headers(peer, caller), body)


def _get(peer: str, caller: Caller, path: str, **parameters: object) -> Request:
    query = f"?{urlencode(parameters)}" if parameters else ""
    return Request("GET", f"{path}{query}", _headers(peer, caller))


def _appointments(rows: int) -> Callable[[str, Scene], Iterator[Request]]:
    def requests(peer: str, scene: Scene) -> Iterator[Request]:
        if peer == "postgraphile":
            yield graphql(peer, scene.doctor, POSTGRAPHILE_R1, first=rows)
        elif peer not in GRAPHQL:
            yield _get(peer, scene.doctor, "/appointments", page_size=rows)
        elif rows <= MAX_PAGE:
            yield graphql(peer, scene.doctor, R1, first=rows)
        else:
            after = scene.cursors[peer]
            yield graphql(peer, scene.doctor, R1_TWICE, first=MAX_PAGE, after=after)

    return requests


def _me(peer: str, scene: Scene) -> Iterator[Request]:
    caller = scene.patients[0]
    if peer == "postgraphile":
        yield graphql(peer, caller, POSTGRAPHILE_R2)
    else:
        yield graphql(peer, caller, R2) if peer in GRAPHQL else _get(peer, caller, "/me")


def _slots(peer: str, scene: Scene) -> Iterator[Request]:
    caller = scene.patients[0]
    if peer in GRAPHQL:
        yield graphql(peer, caller, R3, id=global_id("Doctor", scene.doctor_id))
    else:
        yield _get(peer, caller, f"/doctors/{scene.doctor_id}/slots", days=14)


def _next(peer: str, scene: Scene) -> Iterator[Request]:
    caller, wish = scene.patients[0], {"specialty": scene.specialty}
    if peer in GRAPHQL:
        yield graphql(peer, caller, R4, **wish)
    else:
        yield _get(peer, caller, "/next-available", **wish, first=5)


def _book(peer: str, scene: Scene) -> Iterator[Request]:
    for number, wish in enumerate(scene.wishes):
        caller = scene.patients[wish.patient]
        key = f"{peer}-{number}-{wish.date}-{wish.time}-{wish.doctor_id}"
        asked = {"date": wish.date, "time": wish.time}
        if peer in GRAPHQL:
            doctor = global_id("Doctor", wish.doctor_id)
            appointment = {**asked, "doctorId": doctor, "reasonForVisit": "A cough"}
            yield graphql(peer, caller, W1, input={**appointment, "idempotencyKey": key})
        else:
            named = {"doctor_id": wish.doctor_id, "reason_for_visit": "A cough"}
            body = json.dumps({**asked, **named, "idempotency_key": key})
            yield Request("POST", "/appointments", _headers(peer, caller), body)


def _sign_in(peer: str, scene: Scene) -> Iterator[Request]:
    for patient in scene.patients:
        who = {"email": patient.email, "password": scene.password}
        if peer in GRAPHQL:
            yield graphql(peer, None, L1, **who)
        else:
            yield Request("POST", "/token", _headers(peer, None), json.dumps(who))


def _pages(answer: Any) -> Any:
    data = answer.get("data")
    if data is None:
        return plain(answer["results"])
    return [plain(edge["node"]) for page in data.values() for edge in page["edges"]]


def _whole(answer: Any) -> Any:
    if isinstance(answer, dict) and "data" in answer:
        (answer,) = answer["data"].values()
    return plain(answer)


def _booked(answer: Any) -> Any:
    appointment = _whole(answer)
    # Each books a time of its own, with a doctor whose slots have a length of their own.
    return {"says": sorted(appointment), "status": appointment["status"]}


def _signed_in(answer: Any) -> Any:
    return len(str(answer)) > 100 and "error" not in str(answer)


def plain(value: Any) -> Any:
    """An answer less what is a matter of style: snake_case, ids as numbers, enums in lower case."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {_snake(name): _member(name, each) for name, each in value.items() if name[0] != "_"}


def _member(name: str, value: Any) -> Any:
    if name == "id" and isinstance(value, str):
        return int(value) if value.isdigit() else pk_of(value)
    if name == "time":
        return value.removesuffix(".000000")
    if name in {"status", "gender"}:
        return value.lower()
    return plain(value)


def _snake(name: str) -> str:
    return re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", name)


READERS = ("ours", "again", "drf", "stock", "floor", "postgraphile")
DOMAIN = ("ours", "again", "drf", "stock")
WRITERS = ("ours", "again", "drf")
WORKLOADS = (
    Workload("R1@10", "10 appointments with their people", READERS, _appointments(10), _pages),
    Workload("R1@50", "50 appointments with their people", READERS, _appointments(50), _pages),
    Workload("R1@200", "200 appointments with their people", READERS, _appointments(200), _pages),
    Workload("R2", "one's own account", READERS, _me, _whole),
    Workload("R3", "a doctor's open slots of 14 days", DOMAIN, _slots, _whole),
    Workload("R4", "the earliest slots of 200 doctors", DOMAIN, _next, _whole),
    Workload(
        "W1",
        "a booking, every check, key and ticks",
        WRITERS,
        _book,
        _booked,
        expected='"A cough"',
        repeatable=False,
    ),
    Workload("L1", "a sign-in", WRITERS, _sign_in, _signed_in),
)
