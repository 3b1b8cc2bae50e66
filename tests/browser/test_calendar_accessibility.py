"""The calendar and its dialogs are accessible, in both themes and in each view."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import Finding, axe_script, findings
from tests.browser.calendar_page import appointment, server, sign_in, url_of
from tests.browser.conftest import Browse
from tests.browser.test_accessibility import COLOR_RULES, switch_theme
from tests.support.live_server import Server

__all__ = ["axe_script", "server"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


# What axe finds in the elements of the calendar library: the rule, the element, and why it stays.
LIBRARYS_OWN = {
    ("aria-allowed-role", r'<article class="ec-event'): (
        "The library draws appointments as articles with the role of a button."
    ),
    ("aria-required-children", r'class="ec( |-body")'): (
        "The library names the grid a table, whose cells are in no rows. The frame that the keys"
        " move says the doctor, the time and the appointment instead."
    ),
    ("aria-required-parent", r'class="ec-'): "The cells of the same table.",
}


def is_listed(finding: Finding) -> bool:
    return any(
        finding.rule == rule and re.search(element, finding.html) for rule, element in LIBRARYS_OWN
    )


def show_view(page: Page, view: str) -> None:
    page.get_by_role("button", name=view, exact=True).click()
    expect(page.locator(f"#calendar[data-loaded='{view.lower()} 2026-03-03']")).to_be_visible()


def open_panel(page: Page) -> None:
    appointment(page, "Ben Example").click()
    expect(page.get_by_role("dialog")).to_contain_text("ben@example.org")
    page.get_by_role("button", name="Cancel …").click()


def open_move(page: Page) -> None:
    page.get_by_role("button", name="Move …").click()
    expect(page.get_by_role("dialog", name="Move the appointment")).to_be_visible()


def open_booking(page: Page) -> None:
    page.get_by_role("button", name="Book …").click()
    page.get_by_text("New patient").click()
    page.get_by_label("Patient: name").fill("ann")
    expect(page.get_by_role("option", name="Ann Example")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_the_calendar(
    browse: Browse, server: Server, axe_script: str, theme: str
) -> None:
    rules = COLOR_RULES if theme == "dark" else []
    found: dict[str, list[Finding]] = {}

    def check(page: Page, state: str) -> None:
        if rows := [row for row in findings(page, axe_script, rules) if not is_listed(row)]:
            found[state] = rows

    # axe sets styles of elements that it measures, which the policy of the pages forbids.
    with browse(url_of(server), bypass_csp=True) as page:
        sign_in(page, "Rita")
        switch_theme(page, theme)
        check(page, "day")
        page.locator("#calendar-doctors summary").click()
        check(page, "choice of doctors")
        page.locator("#calendar-doctors summary").click()
        page.keyboard.press("Escape")
        open_panel(page)
        check(page, "panel")
        open_move(page)
        check(page, "move")
        page.keyboard.press("Escape")
        open_booking(page)
        check(page, "booking")
        page.get_by_role("dialog").get_by_role("button", name="Close").click()
        for view in ("Week", "Month"):
            show_view(page, view)
            check(page, view)
        page.set_viewport_size({"width": 390, "height": 844})
        show_view(page, "Day")
        check(page, "narrow")
    assert found == {}
