"""Pages of the schema's lists contain each row once, in both directions and in every order."""

import datetime as dt
from operator import attrgetter
from typing import Any

import pytest

from clinic.models import Appointment, Doctor, Patient
from tests.support.api_client import Api
from tests.support.bulk_data import (
    BulkData,
    create_appointments_as_patient,
    create_bulk_data,
)
from tests.support.global_ids import cursor_of, id_of
from tests.support.graphql_responses import root_value, single_error
from users.authentication import refresh_tokens

pytestmark = pytest.mark.django_db

APPOINTMENT_COUNT = 25
PAGE = """
query (
  $ordering: [AppointmentOrder!]! = [], $first: Int, $after: String, $last: Int, $before: String
) {
  appointments(ordering: $ordering, first: $first, after: $after, last: $last, before: $before) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node { id date } }
  }
}
"""


@pytest.fixture(params=[0, 9], ids=["as a doctor", "as a doctor and a patient"])
def bulk_data(request: pytest.FixtureRequest, db: None) -> BulkData:
    """Dora's appointments in the default order, including those where she is the patient."""
    bulk_data = create_bulk_data(APPOINTMENT_COUNT - request.param)
    if request.param:
        as_patient = create_appointments_as_patient(bulk_data.dora, request.param)
        appointments = sorted(
            [*bulk_data.appointments, *as_patient], key=attrgetter("date", "time")
        )
        bulk_data = bulk_data._replace(appointments=appointments)
    return bulk_data


@pytest.fixture
def token(bulk_data: BulkData) -> str:
    return refresh_tokens.start(bulk_data.dora.user).access_token


def page(api: Api, token: str, **variables: object) -> Any:
    return root_value(api(PAGE, variables, token=token))


def ids(found: Any) -> list[str]:
    return [edge["node"]["id"] for edge in found["edges"]]


ORDERS = [
    [],
    [{"date": "DESC"}],
    [{"time": "ASC"}],
    [{"time": "DESC"}],
    [{"createdAt": "ASC"}, {"time": "DESC"}],
]


@pytest.mark.parametrize("ordering", ORDERS)
@pytest.mark.parametrize("size", [1, 7, APPOINTMENT_COUNT, 100])
def test_pages_forward_contain_each_appointment_once_with_equal_sort_keys(
    api: Api, bulk_data: BulkData, token: str, ordering: list[dict[str, str]], size: int
) -> None:
    seen: list[str] = []
    cursor = None
    while True:
        found = page(api, token, ordering=ordering, first=size, after=cursor)
        assert found["totalCount"] == APPOINTMENT_COUNT
        seen += ids(found)
        cursor = found["pageInfo"]["endCursor"]
        assert cursor == found["edges"][-1]["cursor"]
        if not found["pageInfo"]["hasNextPage"]:
            break
    assert seen == ids(page(api, token, ordering=ordering, first=100))
    assert sorted(seen) == sorted(map(id_of, bulk_data.appointments))


@pytest.mark.parametrize("ordering", ORDERS)
@pytest.mark.parametrize("size", [1, 7, APPOINTMENT_COUNT])
def test_pages_backward_contain_each_appointment_once_in_the_same_order(
    api: Api, token: str, ordering: list[dict[str, str]], size: int
) -> None:
    seen: list[str] = []
    cursor = None
    while True:
        found = page(api, token, ordering=ordering, last=size, before=cursor)
        seen = ids(found) + seen
        cursor = found["pageInfo"]["startCursor"]
        assert cursor == found["edges"][0]["cursor"]
        if not found["pageInfo"]["hasPreviousPage"]:
            break
    assert seen == ids(page(api, token, ordering=ordering, first=100))


@pytest.mark.parametrize("ordering", ORDERS)
def test_page_accepts_first_and_last_together(
    api: Api, token: str, ordering: list[dict[str, str]]
) -> None:
    whole = ids(page(api, token, ordering=ordering, first=100))
    assert ids(page(api, token, ordering=ordering, first=10, last=3)) == whole[7:10]


def test_page_has_twenty_appointments_by_date_time_and_id_by_default(
    api: Api, bulk_data: BulkData, token: str
) -> None:
    found = page(api, token)
    assert ids(found) == [id_of(appointment) for appointment in bulk_data.appointments[:20]]
    assert (found["pageInfo"]["hasNextPage"], found["pageInfo"]["hasPreviousPage"]) == (True, False)
    last = bulk_data.appointments[19]
    assert found["pageInfo"]["endCursor"] == cursor_of(last.date, last.time, last.pk)


def test_page_without_rows_has_no_cursors(api: Api, bulk_data: BulkData, token: str) -> None:
    assert page(api, token, first=0) == {
        "totalCount": APPOINTMENT_COUNT,
        "pageInfo": {
            "hasNextPage": True,
            "hasPreviousPage": False,
            "startCursor": None,
            "endCursor": None,
        },
        "edges": [],
    }


def test_page_is_not_shifted_by_an_appointment_added_meanwhile(
    api: Api, bulk_data: BulkData, token: str
) -> None:
    first = page(api, token, first=10)
    Appointment.objects.create_many(
        [
            Appointment(
                doctor=bulk_data.dora,
                patient=bulk_data.appointments[0].patient,
                date=bulk_data.appointments[0].date,
                time=dt.time(8),
                duration_minutes=30,
            )
        ]
    )
    rest = page(api, token, first=100, after=first["pageInfo"]["endCursor"])
    assert ids(first) + ids(rest) == [id_of(appointment) for appointment in bulk_data.appointments]
    assert rest["totalCount"] == APPOINTMENT_COUNT + 1


@pytest.mark.parametrize(
    ("ordering", "cursor"),
    [
        ([], cursor_of("Example", "Dora", 1)),
        ([], cursor_of("2026-03-03", 1)),
        ([{"createdAt": "ASC"}], cursor_of("2026-03-03", "09:00:00", 1)),
        ([{"time": "ASC"}], cursor_of("2026-03-03", 1)),
        ([], cursor_of("2026-02-30", "09:00:00", 1)),
        ([], cursor_of("2026-03-03", "09:00:00", "one")),
        ([], cursor_of("2026-03-03", "09:00:00", 2**63)),
        ([], cursor_of("2026-03-03", "09:00:00", 0)),
    ],
)
def test_page_rejects_a_cursor_of_another_list_or_order(
    api: Api, bulk_data: BulkData, token: str, ordering: list[dict[str, str]], cursor: str
) -> None:
    for argument in ("after", "before"):
        answer = api(PAGE, {"ordering": ordering, argument: cursor}, token=token)
        assert single_error(answer) == ("BAD_USER_INPUT", "This cursor is malformed.")


@pytest.mark.parametrize("field", ["appointments", "doctors", "patients"])
@pytest.mark.parametrize("bound", ["first: 101", "first: -1", "last: 101", "last: -1"])
def test_page_size_out_of_range_is_rejected_by_every_list(
    api: Api, bulk_data: BulkData, token: str, field: str, bound: str
) -> None:
    answer = api(f"{{ {field}({bound}) {{ totalCount }} }}", token=token)
    [error] = answer["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}


@pytest.mark.parametrize("field", ["doctors", "patients"])
def test_pages_of_people_with_one_name_contain_each_person_once(
    api: Api, ann: Patient, bulk_data: BulkData, token: str, field: str
) -> None:
    document = f"""
    query ($after: String) {{
      {field}(first: 4, after: $after) {{
        pageInfo {{ hasNextPage endCursor }}
        edges {{ node {{ id user {{ lastName firstName }} }} }}
      }}
    }}
    """
    seen: list[tuple[str, str, str]] = []
    found: Any = {"pageInfo": {"hasNextPage": True, "endCursor": None}}
    while found["pageInfo"]["hasNextPage"]:
        after = found["pageInfo"]["endCursor"]
        found = root_value(api(document, {"after": after}, token=token))
        for edge in found["edges"]:
            user = edge["node"]["user"]
            seen.append((user["lastName"], user["firstName"], edge["node"]["id"]))
    patients = {
        appointment.patient
        for appointment in bulk_data.appointments
        if appointment.doctor == bulk_data.dora
    }
    count = Doctor.objects.count() if field == "doctors" else len(patients)
    assert len(set(seen)) == count
    assert [name[:2] for name in seen] == sorted(name[:2] for name in seen)
