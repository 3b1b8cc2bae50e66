"""The requests of each workload, and how responses of different servers are compared.

The GraphQL documents select exactly the fields of the REST serializers.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tests.benchmarks.data import BenchmarkData, Caller, global_id, pk_of

PERSON = "user { id firstName lastName }"
DOCTOR = f"doctor {{ id specialty {PERSON} }}"
APPOINTMENT = (
    f"id date time durationMinutes status reasonForVisit {DOCTOR} "
    f"patient {{ id dateOfBirth {PERSON} }}"
)
SLOT = "date time durationMinutes startsAt endsAt"
PAGE = f"pageInfo {{ hasNextPage endCursor }} edges {{ node {{ {APPOINTMENT} }} }}"

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
    ... on Appointment {{ {APPOINTMENT} }}
    ... on SlotUnavailable {{ code }}
    ... on OperationInfo {{ messages {{ field code }} }}
  }}
}}"""
L1 = """mutation L1($email: String!, $password: String!) {
  tokenAuth(email: $email, password: $password) { token }
}"""

# PostGraphile names fields after tables and columns; aliases make the responses equal.
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
        """Return the request as it is sent."""
        length = str(len(self.body))
        headers = {**self.headers, "Host": "127.0.0.1", "Content-Length": length}
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
        return "\r\n".join([*lines, "", self.body])


@dataclass(frozen=True, slots=True)
class Workload:
    """``requests`` yields the requests to a peer; ``read`` makes its responses comparable."""

    name: str
    title: str
    peers: tuple[str, ...]
    requests: Callable[[str, BenchmarkData], Iterator[Request]]
    read: Callable[[Any], Any]
    expected: str = ""
    # Whether sending a request again gets the same response.
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


def _appointments(rows: int) -> Callable[[str, BenchmarkData], Iterator[Request]]:
    def requests(peer: str, data: BenchmarkData) -> Iterator[Request]:
        if peer == "postgraphile":
            yield graphql(peer, data.doctor, POSTGRAPHILE_R1, first=rows)
        elif peer not in GRAPHQL:
            yield _get(peer, data.doctor, "/appointments", page_size=rows)
        elif rows <= MAX_PAGE:
            yield graphql(peer, data.doctor, R1, first=rows)
        else:
            after = data.cursors[peer]
            yield graphql(peer, data.doctor, R1_TWICE, first=MAX_PAGE, after=after)

    return requests


def _me(peer: str, data: BenchmarkData) -> Iterator[Request]:
    caller = data.patients[0]
    if peer == "postgraphile":
        yield graphql(peer, caller, POSTGRAPHILE_R2)
    else:
        yield graphql(peer, caller, R2) if peer in GRAPHQL else _get(peer, caller, "/me")


def _slots(peer: str, data: BenchmarkData) -> Iterator[Request]:
    caller = data.patients[0]
    if peer in GRAPHQL:
        yield graphql(peer, caller, R3, id=global_id("Doctor", data.doctor_id))
    else:
        yield _get(peer, caller, f"/doctors/{data.doctor_id}/slots", days=14)


def _next(peer: str, data: BenchmarkData) -> Iterator[Request]:
    caller, arguments = data.patients[0], {"specialty": data.specialty}
    if peer in GRAPHQL:
        yield graphql(peer, caller, R4, **arguments)
    else:
        yield _get(peer, caller, "/next-available", **arguments, first=5)


def _book(peer: str, data: BenchmarkData) -> Iterator[Request]:
    for number, slot in enumerate(data.free_slots):
        caller = data.patients[slot.patient]
        key = f"{number}-{slot.date}-{slot.time}-{slot.doctor_id}"
        start = {"date": slot.date, "time": slot.time}
        if peer in GRAPHQL:
            doctor = global_id("Doctor", slot.doctor_id)
            booking = {**start, "doctorId": doctor, "reasonForVisit": "A cough"}
            yield graphql(peer, caller, W1, input={**booking, "idempotencyKey": key})
        else:
            input_ = {"doctor_id": slot.doctor_id, "reason_for_visit": "A cough"}
            body = json.dumps({**start, **input_, "idempotency_key": key})
            yield Request("POST", "/appointments", _headers(peer, caller), body)


def _sign_in(peer: str, data: BenchmarkData) -> Iterator[Request]:
    for patient in data.patients:
        credentials = {"email": patient.email, "password": data.password}
        if peer in GRAPHQL:
            yield graphql(peer, None, L1, **credentials)
        else:
            yield Request("POST", "/token", _headers(peer, None), json.dumps(credentials))


def _pages(response: Any) -> Any:
    pages = response.get("data")
    if pages is None:
        return plain(response["results"])
    return [plain(edge["node"]) for page in pages.values() for edge in page["edges"]]


def whole(response: Any) -> Any:
    if isinstance(response, dict) and "data" in response:
        (response,) = response["data"].values()
    return plain(response)


def _booked(response: Any) -> Any:
    appointment = whole(response)
    # The values differ, because each server books other slots.
    return {"fields": sorted(appointment), "status": appointment["status"]}


def _signed_in(response: Any) -> Any:
    return len(str(response)) > 100 and "error" not in str(response)


def plain(value: Any) -> Any:
    """Normalize a response: snake_case names, IDs as numbers, enums in lower case."""
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


def first_difference(found: Any, expected: Any, path: str = "") -> str:
    """Return in one line where two responses differ first; empty if they are equal."""
    if isinstance(found, dict) and isinstance(expected, dict) and found.keys() == expected.keys():
        pairs = [(f"{path}.{name}", each, expected[name]) for name, each in found.items()]
    elif isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        both = enumerate(zip(found, expected, strict=True))
        pairs = [(f"{path}[{number}]", *pair) for number, pair in both]
    else:
        return "" if found == expected else f"{path}: {found!r:.200}, not {expected!r:.200}"
    return next(filter(None, (first_difference(a, b, at) for at, a, b in pairs)), "")


def _snake(name: str) -> str:
    return re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", name)


READERS = ("ours", "again", "drf", "stock", "view", "postgraphile")
DOMAIN = ("ours", "again", "drf", "stock", "view", "floor")
WRITERS = ("ours", "again", "drf", "view", "floor")
ACCOUNTS = ("ours", "again", "drf")
WORKLOADS = (
    Workload("R1@10", "10 appointments with their people", READERS, _appointments(10), _pages),
    Workload("R1@50", "50 appointments with their people", READERS, _appointments(50), _pages),
    Workload("R1@200", "200 appointments with their people", READERS, _appointments(200), _pages),
    Workload("R2", "the caller's account", READERS, _me, whole),
    Workload("R3", "a doctor's open slots of 14 days", DOMAIN, _slots, whole),
    Workload("R4", "the earliest slots of 200 doctors", DOMAIN, _next, whole),
    Workload(
        "W1",
        "a booking with idempotency key",
        WRITERS,
        _book,
        _booked,
        expected='"A cough"',
        repeatable=False,
    ),
    Workload("L1", "a sign-in", ACCOUNTS, _sign_in, _signed_in),
)
