"""The calendar's page itself: the lists for the day, the links to paper, and the legend."""

import re
from typing import Any

import pytest
from django.utils.html import strip_tags

from clinic.models import Doctor, Patient
from tests.clinic.admin.calendar.conftest import CALENDAR, CalendarClient
from tests.support.admin_client import staff_with_permissions
from tests.support.booking import book_as_patient
from tests.support.fixtures.people import make_user

pytestmark = pytest.mark.django_db

PRINT_LINK = re.compile(r'<a id="calendar-print-\w+" href="([^"]+)"([^>]*)>([^<]+)</a>')
PRINT_LINKS = [
    ("/admin/clinic/appointment/print/day/?date=2026-03-02", "", "Print the day"),
    # The page sets the doctor and the date, and shows the link beside a week.
    ("/admin/clinic/appointment/print/week/", " hidden", "Print the week"),
]


def page_of(client: CalendarClient) -> str:
    response: Any = client.client.get(CALENDAR)
    assert response.status_code == 200
    return str(response.content.decode())


def texts_of(page: str, start: str, end: str) -> list[str]:
    """Return the texts of the list items between two pieces of HTML."""
    part = page.split(start)[1].split(end, maxsplit=1)[0]
    items = re.findall(r"<li[^>]*>(.*?)</li>", part, re.DOTALL)
    return [" ".join(strip_tags(item).split()) for item in items]


def test_page_has_the_lists_for_the_day_and_links_to_paper(
    clerk: CalendarClient, dora: Doctor, ann: Patient
) -> None:
    book_as_patient(ann, dora)
    page = page_of(clerk)
    assert texts_of(page, '<nav class="day-lists"', "</nav>") == [
        "0 Waiting room",
        "1 Requests to confirm",
        "0 Requests that lapse today",
        "0 During time off or a closure",
    ]
    assert PRINT_LINK.findall(page) == PRINT_LINKS


def test_staff_who_cannot_print_have_no_links_to_paper(
    doctor_client: CalendarClient, clerk: CalendarClient
) -> None:
    viewer = CalendarClient(staff_with_permissions(make_user("Vera"), "view_appointment"))
    assert PRINT_LINK.findall(page_of(viewer)) == PRINT_LINKS
    page = page_of(doctor_client)
    assert (PRINT_LINK.findall(page), 'class="day-lists"' in page) == ([], False)
    # The links are left out because the pages would be rejected.
    for url, _hidden, _text in PRINT_LINKS:
        assert doctor_client.client.get(url).status_code == 403


def test_legend_explains_every_sign(clerk: CalendarClient) -> None:
    page = page_of(clerk)
    assert texts_of(page, '<ul class="calendar-legend"', "</ul>") == [
        *("? Pending", "✓ Confirmed", "➜ Arrived", "■ Completed", "✕ No-show"),
        *("⊘ Cancelled", "Outside hours", "Time off", "Closed", "Buffer"),
    ]
