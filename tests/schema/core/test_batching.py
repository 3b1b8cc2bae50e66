"""Doctors of ``nextAvailable``, loaded together by a query that is prepared for the selection."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import Doctor, Patient
from tests.support.api_client import Api
from tests.support.booking import NINE
from tests.support.global_ids import id_of
from tests.support.graphql_responses import root_value

pytestmark = pytest.mark.django_db

DOCTORS = """query Next($specialty: Boolean! = false, $hours: Boolean! = false) {
  nextAvailable(first: 10) { doctor {
    id specialty @include(if: $specialty)
    ... @include(if: $hours) { workingHours { weekday } }
  } }
}"""


def doctors(api: Api, caller: Patient, **conditions: bool) -> list[dict[str, object]]:
    found = root_value(api(DOCTORS, conditions, user=caller.user))
    return sorted((each["doctor"] for each in found), key=lambda doctor: str(doctor["id"]))


def test_next_available_again_selects_what_each_condition_includes(
    api: Api, ann: Patient, dora: Doctor
) -> None:
    plain, named = {"id": id_of(dora)}, {"id": id_of(dora), "specialty": dora.specialty}
    for _ in range(2):
        assert doctors(api, ann) == [plain]
        assert doctors(api, ann, specialty=True) == [named]


def test_next_available_loads_the_columns_of_the_selection(
    api: Api, ann: Patient, dora: Doctor
) -> None:
    loaded = []
    for specialty in (False, True, False, True):
        with CaptureQueriesContext(connection) as captured:
            doctors(api, ann, specialty=specialty)
        # The last statement, but for the audit's, loads the doctors.
        [*_, of_doctors] = [each["sql"] for each in captured if each["sql"].startswith("SELECT")]
        loaded.append("specialty" in of_doctors)
    assert loaded == [False, True, False, True]


def test_next_available_again_returns_other_doctors_and_changed_rows(
    api: Api, ann: Patient, dora: Doctor, emil: Doctor
) -> None:
    assert [each["id"] for each in doctors(api, ann)] == sorted([id_of(dora), id_of(emil)])
    Doctor.objects.filter(pk=emil.pk).update(approved=False)
    Doctor.objects.filter(pk=dora.pk).update(specialty="Surgery")
    assert doctors(api, ann, specialty=True) == [{"id": id_of(dora), "specialty": "Surgery"}]


def test_next_available_again_returns_changed_related_lists(
    api: Api, ann: Patient, dora: Doctor
) -> None:
    days = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]
    for _ in range(2):
        assert doctors(api, ann, hours=True) == [with_hours(dora, days)]
    dora.working_hours.create(weekday=6, start_time=NINE, end_time=NINE.replace(hour=10))
    assert doctors(api, ann, hours=True) == [with_hours(dora, [*days, "SUNDAY"])]


def with_hours(doctor: Doctor, days: list[str]) -> dict[str, object]:
    return {"id": id_of(doctor), "workingHours": [{"weekday": day} for day in days]}
