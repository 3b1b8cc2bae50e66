"""All pages of the admin are accessible: contrast, labels, names, motion, in both themes."""

import datetime as dt
import re

import pytest
from django.contrib.auth.models import Group
from django_tasks_db.models import DBTaskResult
from playwright.sync_api import Page, expect

from clinic import clock as clinic_clock
from clinic.booking import date_exceptions
from clinic.models import Doctor, Guardian, Notification, Patient
from tests.browser.admin_pages import all_pages
from tests.browser.axe import Finding, axe_script, findings
from tests.browser.conftest import Browse
from tests.browser.test_admin import sign_in
from tests.support.admin_client import AdminClient
from tests.support.booking import TEN, TUESDAY, add_time_off, book_as_patient, book_as_staff, write
from tests.support.fixtures.people import offer_type
from tests.support.staff import make_staff
from users.models import AddressConflict, User

__all__ = ["axe_script"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# What axe finds in Django's own templates and scripts: the rule, the element, and why it stays.
DJANGOS_OWN = {
    ("aria-input-field-name", r"select2-"): (
        "Select2, which Django uses for fields with suggestions, has no name while it is empty."
    ),
    ("aria-prohibited-attr", r"help-tooltip"): (
        "The boxes for groups and permissions have a label on an icon that is no control."
    ),
    (
        "empty-table-header",
        r'class="original"|^th:nth-child',
    ): "Tables of rows to edit have columns without a title.",
    ("label-title-only", r'id="searchbar"'): "The label of the search box is an image.",
}
DARKEN = "html => { html.dataset.theme = 'dark'; }"
# Otherwise colors are measured while they fade from one theme to the other.
AT_ONCE = "*, ::before, ::after { transition: none !important }"
COLOR_RULES = ["color-contrast", "link-in-text-block"]
# Pages in a further state, by the name of their URL.
QUERIES = {
    "clinic_appointment_changelist": [
        *("?list=waiting", "?list=lapsing", "?attention=any", "?q=nobody", "?patient=1"),
    ],
    "clinic_appointment_day": ["?doctor={doctor}&date=2026-03-03", "?doctor={doctor}&date=soon"],
    "clinic_appointment_print_day": ["?date=2026-03-03", "?date=soon"],
    "clinic_appointment_print_week": ["?doctor={doctor}&date=2026-03-03"],
    "clinic_patient_merge": ["?other={other}"],
    "clinic_notification_changelist": ["?state=failed"],
}


@pytest.fixture
def pages(sam: User, dora: Doctor, ann: Patient, ben: Patient) -> list[str]:
    """All pages, in a clinic with an object of each model."""
    offer_type(dora)
    Guardian.objects.create(patient=ben, user=ann.user, relationship="parent")
    arrived = book_as_staff(sam, dora, ann, clinic_clock.today(), dt.time(16))
    write(arrived, arrived_at=clinic_clock.now())
    request = book_as_patient(ann, dora, time=TEN, reason_for_visit="A long story. " * 10)
    book_as_staff(sam, dora, ben, TUESDAY + dt.timedelta(days=1))
    Notification.objects.create(
        appointment=request,
        recipient=ann.user,
        kind="moved",
        status=request.status,
        date=request.date,
        time=request.time,
        sequence=9,
        failures=1,
        last_failure="Mailbox full",
    )
    starts_at = dt.datetime(2026, 3, 4, tzinfo=clinic_clock.zone())
    add_time_off(dora, starts_at=starts_at, ends_at=starts_at + dt.timedelta(days=1))
    closed = dt.date(2026, 3, 20)
    date_exceptions.add_closure(
        name="Staff outing", first_day=closed, last_day=closed, now=clinic_clock.now()
    )
    AddressConflict.objects.create(user=ben.user, holder=ann.user, invited_by=sam)
    make_staff("Rita", "Reception")
    assert Group.objects.exists()
    assert DBTaskResult.objects.exists()
    AdminClient(sam).open("clinic/patient/")  # leaves an access record
    values = {"doctor": dora.pk, "other": ann.pk}
    queries = {name: [query.format(**values) for query in row] for name, row in QUERIES.items()}
    return all_pages(sam, queries)


def _is_listed(finding: Finding) -> bool:
    return any(
        finding.rule == rule and re.search(element, f"{finding.selector} {finding.html}")
        for rule, element in DJANGOS_OWN
    )


def switch_theme(page: Page, theme: str) -> None:
    """Press the admin's own switch until it shows the theme."""
    for _press in range(3):
        if page.locator("html").get_attribute("data-theme") == theme:
            return
        page.get_by_role("button", name=re.compile("Toggle theme")).first.click()
    expect(page.locator("html")).to_have_attribute("data-theme", theme)


def test_axe_finds_nothing_on_any_page_beyond_djangos_own(
    browse: Browse, axe_script: str, pages: list[str]
) -> None:
    found: dict[str, list[Finding]] = {}
    # axe sets styles of elements that it measures, which the policy of the pages forbids.
    with browse(bypass_csp=True) as page:
        sign_in(page)
        switch_theme(page, "light")
        for path in pages:
            page.goto(f"/admin/{path}")
            page.add_style_tag(content=AT_ONCE)
            rows = findings(page, axe_script)
            # What does not depend on colors is the same in both themes.
            page.locator("html").evaluate(DARKEN)
            rows += findings(page, axe_script, COLOR_RULES)
            if unlisted := [row for row in rows if not _is_listed(row)]:
                found[path] = unlisted
    assert found == {}


def test_theme_of_a_page_is_an_attribute_of_its_root(browse: Browse, sam: User) -> None:
    """What the switch of the admin does is what the test above does to show the dark theme."""
    color = "getComputedStyle(document.body).backgroundColor"
    with browse() as page:
        sign_in(page)
        switch_theme(page, "dark")
        dark = page.evaluate(color)
        switch_theme(page, "light")
        light = page.evaluate(color)
        page.locator("html").evaluate(DARKEN)
        assert page.evaluate(color) == dark != light


def test_axe_finds_what_is_not_accessible(browse: Browse, axe_script: str, sam: User) -> None:
    """The negative control: a page that is broken on purpose."""
    with browse(bypass_csp=True) as page:
        sign_in(page)
        page.locator("#content").evaluate(
            'content => { content.innerHTML = \'<img src="data:,"><input>'
            '<p style="color: #ccc; background: #fff">pale</p>\'; }'
        )
        everything = {finding.rule for finding in findings(page, axe_script)}
        colors = {finding.rule for finding in findings(page, axe_script, COLOR_RULES)}
    assert {"color-contrast", "image-alt", "label"} <= everything
    assert colors == {"color-contrast"}


def test_nothing_moves_for_people_who_prefer_that(browse: Browse, sam: User, dora: Doctor) -> None:
    moving = """() => [...document.querySelectorAll("*")].filter(each => {
        const {animationDuration, transitionDuration} = getComputedStyle(each);
        return [animationDuration, transitionDuration].join().split(",")
            .some(duration => parseFloat(duration) > 0.001);
    }).length"""
    paths = [
        "records/",
        "clinic/appointment/",
        "clinic/appointment/add/",
        f"clinic/doctor/{dora.pk}/change/",
    ]
    with browse() as page:
        sign_in(page)
        before = page.evaluate(moving)
        page.emulate_media(reduced_motion="reduce")
        counts = []
        for path in paths:
            page.goto(f"/admin/{path}")
            counts.append(page.evaluate(moving))
    assert before > 0
    assert counts == [0] * len(paths)
