"""Fields in the tables of a page have names for screen readers."""

import re
from typing import Any

import pytest

from clinic.models import Doctor, Patient
from tests.support.admin_client import AdminClient
from tests.support.fixtures.people import offer_type

pytestmark = pytest.mark.django_db

# Of the first row of a table, whether it is that of an object or an empty one.
FIELD = re.compile(r'<(?:input|select|textarea)\b[^>]*\bname="(\w+-0-\w+)"[^>]*>')
NAME = re.compile(r'aria-label="([^"]*)"')


def names_of_fields(page: Any) -> dict[str, str]:
    """Return the accessible name of each visible field of the first rows."""
    return {
        match[1]: name[1] if (name := NAME.search(match[0])) else ""
        for match in FIELD.finditer(page.content.decode())
        if 'type="hidden"' not in match[0]
    }


def test_fields_of_a_doctors_tables_have_names(admin: AdminClient, dora: Doctor) -> None:
    offer_type(dora)
    names = names_of_fields(admin.open(f"clinic/doctor/{dora.pk}/change/"))
    assert names == {
        "offered_types-0-position": "Position",
        "offered_types-0-appointment_type": "Appointment type",
        "offered_types-0-DELETE": "Delete",
        "working_hours-0-weekday": "Weekday",
        "working_hours-0-start_time": "Start time",
        "working_hours-0-end_time": "End time",
        "working_hours-0-DELETE": "Delete",
        "special_hours-0-date": "Date",
        "special_hours-0-hours": "Hours",
        "time_off-0-starts_at_0": "Starts at: date",
        "time_off-0-starts_at_1": "Starts at: time",
        "time_off-0-ends_at_0": "Ends at: date",
        "time_off-0-ends_at_1": "Ends at: time",
        "time_off-0-reason": "Reason",
        "assistants-0-user": "User",
    }


def test_fields_of_a_patients_tables_have_names(admin: AdminClient, ann: Patient) -> None:
    names = names_of_fields(admin.open(f"clinic/patient/{ann.pk}/change/"))
    assert names == {"guardians-0-user": "User", "guardians-0-relationship": "Relationship"}
