"""``hasPreviousPage`` and ``hasNextPage`` of each list, for every combination of arguments.

Compared with the model ``page_of`` in tests/support/pages.py.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from clinic.models import AccessAction, AccessRecord
from tests.support.api_client import Api
from tests.support.bulk_data import BulkData, create_appointments_as_patient, create_bulk_data
from tests.support.fixtures.people import become_patient
from tests.support.pages import page_of
from tests.support.scale import HYPOTHESIS
from users.authentication import refresh_tokens
from users.models import User

pytestmark = pytest.mark.django_db

COUNT = 9
DOCUMENT = """
query ($first: Int, $after: String, $last: Int, $before: String) {
  LIST { pageInfo { hasPreviousPage hasNextPage } edges { cursor node { id } } }
}
"""
PAGE = "(first: $first, after: $after, last: $last, before: $before"
CONFIRMED = "filters: { status: { exact: CONFIRMED } }"
LISTS = {
    "appointments": f"appointments{PAGE})",
    "appointments, latest first": f"appointments{PAGE}, ordering: [{{ date: DESC }}])",
    "appointments by time": f"appointments{PAGE}, ordering: [{{ time: ASC }}])",
    "appointments of a filter": f"appointments{PAGE}, {CONFIRMED})",
    "doctors": f"doctors{PAGE})",
    "doctors by specialty": f"doctors{PAGE}, ordering: [{{ specialty: DESC }}])",
    "patients": f"patients{PAGE})",
    "access log": f"me {{ accessLog{PAGE})",
}


@pytest.fixture(params=["doctor", "doctor and patient"])
def bulk_data(request: pytest.FixtureRequest, db: None) -> BulkData:
    bulk_data = create_bulk_data(COUNT)
    if request.param == "doctor and patient":
        create_appointments_as_patient(bulk_data.dora, COUNT // 2)
    return bulk_data


@pytest.fixture
def fetch(api: Api, bulk_data: BulkData) -> Callable[..., Any]:
    """A function that returns a page of a list as Dora sees it."""
    token = refresh_tokens.start(bulk_data.dora.user).access_token

    def page(list_: str, **variables: object) -> Any:
        document = DOCUMENT.replace("LIST", list_) + "}" * list_.count("{ accessLog")
        data = api(document, variables, token=token)["data"]
        return data["me"]["accessLog"] if "me" in data else next(iter(data.values()))

    return page


def assert_pages(fetch: Callable[..., Any], cursors: list[str], rows: list[int]) -> None:
    """Compare pages of the list with the model. ``rows`` are the indexes of ``cursors`` in it."""
    sizes = st.none() | st.integers(0, len(cursors) + 1)
    positions = st.none() | st.integers(0, len(cursors) - 1)

    @given(first=sizes, last=sizes, after=positions, before=positions)
    @settings(HYPOTHESIS, max_examples=60)
    @example(first=2, last=None, after=0, before=None)
    @example(first=None, last=2, after=None, before=len(cursors) - 1)
    @example(first=2, last=None, after=None, before=1)
    @example(first=0, last=None, after=0, before=None)
    @example(first=None, last=None, after=len(cursors) - 1, before=None)
    @example(first=None, last=None, after=None, before=0)
    def check(first: int | None, last: int | None, after: int | None, before: int | None) -> None:
        expected = page_of(rows, first=first, last=last, after=after, before=before)
        found = fetch(
            first=first,
            last=last,
            after=None if after is None else cursors[after],
            before=None if before is None else cursors[before],
        )
        assert [cursors.index(edge["cursor"]) for edge in found["edges"]] == expected.rows
        assert found["pageInfo"] == {
            "hasPreviousPage": expected.has_previous,
            "hasNextPage": expected.has_next,
        }

    check()


@pytest.mark.parametrize("name", LISTS)
def test_page_info_says_exactly_whether_the_list_has_more(
    bulk_data: BulkData, fetch: Callable[..., Any], name: str
) -> None:
    if name == "access log":
        record_accesses(bulk_data)
    cursors = [edge["cursor"] for edge in fetch(LISTS[name], first=100)["edges"]]
    assert len(cursors) >= COUNT
    assert_pages(lambda **page: fetch(LISTS[name], **page), cursors, list(range(len(cursors))))


def record_accesses(bulk_data: BulkData) -> None:
    """Let a doctor read the patient record of Dora ``COUNT`` times."""
    patient, user = become_patient(bulk_data.dora), bulk_data.appointments[0].patient.user
    for _ in range(COUNT):
        AccessRecord.objects.create(
            actor=user, patients=[patient.pk], action=AccessAction.READ, fields=[]
        )


@pytest.fixture
def accounts(probe: Api) -> Callable[..., Any]:
    """A function that returns a page of the probe's list."""
    document = DOCUMENT.replace("LIST", f"accounts{PAGE})")
    return lambda **page: probe(document, page)["data"]["accounts"]


@pytest.mark.parametrize("deleted", [{0}, {COUNT - 1}, {3, 4}, set(range(COUNT))])
def test_page_info_does_not_count_a_deleted_row_of_a_cursor(
    accounts: Callable[..., Any], deleted: set[int]
) -> None:
    users = User.objects.bulk_create(
        User(email=f"{n}@example.org", first_name=f"{n}", last_name="Person") for n in range(COUNT)
    )
    cursors = [edge["cursor"] for edge in accounts(first=100)["edges"]]
    User.objects.filter(pk__in=[users[n].pk for n in deleted]).delete()
    assert_pages(accounts, cursors, [n for n in range(COUNT) if n not in deleted])


@pytest.mark.parametrize("name", LISTS)
def test_page_with_a_cursor_takes_no_further_query(
    bulk_data: BulkData,
    fetch: Callable[..., Any],
    django_assert_num_queries: DjangoAssertNumQueries,
    name: str,
) -> None:
    record_accesses(bulk_data)
    with CaptureQueriesContext(connection) as without_cursor:
        cursor = fetch(LISTS[name], first=3)["edges"][1]["cursor"]
    for page in ({"first": 3, "after": cursor}, {"last": 3, "before": cursor}):
        with django_assert_num_queries(len(without_cursor)):
            fetch(LISTS[name], **page)
