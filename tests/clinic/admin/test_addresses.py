"""What somebody mistyped or made up in an address of the desk is no failure of the server."""

import pytest

from clinic.models import Doctor
from tests.desk import Desk

pytestmark = pytest.mark.django_db

NO_NUMBER_OR_ROW = ["x", "", "-1", "999999", "9" * 20, "²"]


@pytest.mark.parametrize("value", NO_NUMBER_OR_ROW)
@pytest.mark.parametrize(
    ("form", "field"),
    [
        ("clinic/appointment/add/", "doctor"),
        ("clinic/appointment/add/", "patient"),
        ("clinic/doctor/add/", "user"),
        ("clinic/patient/add/", "user"),
    ],
)
def test_a_form_asked_for_with_nobody_chosen_has_nobody_chosen(
    desk: Desk, form: str, field: str, value: str
) -> None:
    page = desk.open(f"{form}?{field}={value}")
    assert page.context["adminform"].form.initial.get(field) is None


def test_a_form_asked_for_with_somebody_has_them_chosen(desk: Desk, dora: Doctor) -> None:
    page = desk.open(f"clinic/appointment/add/?doctor={dora.pk}&time=10:00&colour=red")
    chosen = page.context["adminform"].form.initial
    assert (chosen["doctor"], chosen["time"]) == (str(dora.pk), "10:00")


@pytest.mark.parametrize(
    "address",
    [
        "clinic/appointment/?created_at__year=99999",
        "clinic/appointment/?date__year=99999",
        "clinic/appointment/?id__in=x",
        "clinic/accessrecord/?at__year=99999",
        "clinic/doctor/?experience_years=x",
        "clinic/notice/?date__year=99999",
        "clinic/patient/?date_of_birth__year=abc",
        "users/user/?date_joined__year=99999",
    ],
)
def test_a_filter_that_nothing_can_be_looked_for_by_leads_to_the_whole_list(
    desk: Desk, address: str
) -> None:
    page = desk.client.get(f"/admin/{address}")
    assert (page.status_code, page["Location"]) == (302, f"/admin/{address.partition('?')[0]}?e=1")
