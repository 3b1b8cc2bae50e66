"""GraphiQL in a browser that can reach no other host, in production and in development."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from playwright.sync_api import Locator, Page, expect
from pytest_django import Settings

from clinic.demo.accounts import PASSWORD, ROLES, email_of
from clinic.models import Appointment, Doctor
from tests.browser.conftest import Browse, picture
from tests.support.booking import history_of
from tests.support.live_accounts import Actor
from tests.support.live_server import serving

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

EDITOR_TEXT = """name => __MONACO.editor.getModels()
    .find(({uri}) => uri.path.endsWith(name)).getValue()"""
SHOW_LINE = """([name, text]) => {
    const editor = __MONACO.editor.getEditors()
        .find(each => each.getModel().uri.path.endsWith(name));
    const [{range}] = editor.getModel().findMatches(text);
    editor.revealLineInCenter(range.startLineNumber + 3, 1);
}"""


@pytest.fixture
def demo(settings: Settings) -> None:
    """The demo clinic on a server in development."""
    settings.DEBUG = True
    call_command("seed_demo", verbosity=0)


def open_graphiql(page: Page) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto("/graphql/")
    expect(status(page)).to_have_text("Not signed in.")
    # GraphiQL lists the operations for its Run button a moment after the page is shown.
    expect(page.get_by_role("region", name="Operation Editor")).to_contain_text("Clinic")


def status(page: Page) -> Locator:
    return page.get_by_role("banner").get_by_role("status")


def text_of(page: Page, editor: str) -> str:
    """Return the whole text of an editor, lines that are out of sight included."""
    text: str = page.evaluate(EDITOR_TEXT, editor)
    return text


def press_run(page: Page) -> None:
    page.get_by_role("button", name=re.compile("Execute query")).click()


def answer(page: Page, field: str) -> Any:
    """Wait until the result contains ``field``, and return it."""
    result = page.get_by_role("region", name="Result Window")
    expect(result.get_by_text(f'"{field}"')).to_be_visible()
    return json.loads(text_of(page, "response.json"))


def run(page: Page, operation: str, field: str) -> Any:
    """Run an operation of the default document, and return the value of its root field."""
    press_run(page)
    page.get_by_role("menuitem", name=operation, exact=True).click()
    return answer(page, field)["data"][field]


def new_tab(page: Page, document: str, operation: str) -> None:
    """Open a GraphiQL tab with ``document``, and wait until GraphiQL has parsed it."""
    page.get_by_role("button", name="New tab").click()
    page.get_by_role("region", name="Operation Editor").locator(".view-lines").click()
    page.keyboard.insert_text(document)
    expect(page.get_by_role("tab", name=operation)).to_be_visible()


def type_headers(page: Page, headers: dict[str, str]) -> None:
    page.get_by_role("button", name="Headers", exact=True).click()
    page.get_by_role("region", name="Headers").locator(".view-lines:visible").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(json.dumps(headers))
    # The editor adds closing quotes and brackets of its own behind the cursor.
    page.keyboard.press("Control+Shift+End")
    page.keyboard.press("Delete")


def wait_until_stored(page: Page) -> None:
    """Wait until GraphiQL, which does this half a second later, has stored the headers."""
    # Playwright's own wait_for_function needs eval, which the page's policy forbids.
    for _attempt in range(100):
        if "JWT ey" in page.evaluate("sessionStorage.getItem('graphiql:tabState') ?? ''"):
            return
        page.wait_for_timeout(100)
    pytest.fail("GraphiQL stored no token.")


def sign_in_by_click(page: Page, role: str) -> None:
    page.get_by_role("group", name="Sign in as").get_by_role("button", name=role).click()
    expect(status(page)).to_contain_text(f"({email_of(role)})")


def test_graphiql_runs_a_typed_query(browse: Browse) -> None:
    with browse() as page:
        open_graphiql(page)
        new_tab(page, "query Today { clinic { timeZone today } }", "Today")
        press_run(page)
        assert answer(page, "clinic") == {
            "data": {"clinic": {"timeZone": "Europe/Berlin", "today": "2026-03-02"}},
            "extensions": {"cost": 3},
        }


@pytest.mark.usefixtures("demo")
def test_workers_validate_and_complete_under_the_policy(browse: Browse) -> None:
    with browse() as page:
        open_graphiql(page)
        editor = page.get_by_role("region", name="Operation Editor")
        expect(editor.locator(".squiggly-error")).to_have_count(0)
        new_tab(page, "query Broken { clinic { nothing } }", "Broken")
        expect(editor.locator(".squiggly-error")).to_be_visible()
        page.keyboard.press("Control+A")
        page.keyboard.type("{ clinic { time")
        page.keyboard.press("Control+Space")
        expect(page.get_by_role("option", name="timeZone")).to_be_visible()
        type_headers(page, {})
        page.keyboard.press("Control+A")
        page.keyboard.insert_text("[,]")
        headers = page.get_by_role("region", name="Headers")
        expect(headers.locator(".squiggly-error:visible").first).to_be_visible()


def test_default_document_runs_from_top_to_bottom_in_production(
    browse: Browse, dora: Doctor
) -> None:
    with browse() as page:
        open_graphiql(page)
        assert run(page, "Clinic", "clinic")["today"] == "2026-03-02"
        email = run(page, "Register", "register")["email"]
        run(page, "SignIn", "tokenAuth")
        expect(status(page)).to_contain_text(f"Signed in as Pat Example ({email}).")
        assert run(page, "SaveProfile", "upsertProfile")["dateOfBirth"] == "1990-05-17"
        run(page, "FindDoctors", "doctors")
        expect(status(page)).to_contain_text("Copied into Variables: specialty.")
        (slot,) = run(page, "FindSlot", "nextAvailable")
        expect(status(page)).to_contain_text("booking.doctorId")
        booked = run(page, "BookAppointment", "createAppointment")
        (edge,) = run(page, "MyAppointments", "appointments")["edges"]
        cancelled = run(page, "CancelAppointment", "cancelAppointment")
    appointment = Appointment.objects.get()
    assert booked == {
        "__typename": "Appointment",
        "id": edge["node"]["id"],
        "date": slot["slot"]["date"],
        "time": slot["slot"]["time"],
        "status": "PENDING",
    }
    assert cancelled["status"] == "CANCELLED"
    assert (appointment.doctor, appointment.patient.user.email) == (dora, email)
    assert [status for status, _when, _who in history_of(appointment)] == ["pending", "cancelled"]


def test_page_offers_no_demo_accounts_in_production(browse: Browse) -> None:
    call_command("seed_demo", "--i-know-the-password-is-public", verbosity=0)
    with browse() as page:
        open_graphiql(page)
        expect(page.get_by_role("group", name="Sign in as")).to_have_count(0)
        assert PASSWORD not in page.content()
        assert email_of("staff") not in page.content()


@pytest.mark.usefixtures("demo")
def test_graphiql_signs_in_as_each_demo_account_with_one_click(browse: Browse) -> None:
    with browse() as page:
        open_graphiql(page)
        for role in ROLES:
            sign_in_by_click(page, role)
        new_tab(page, "query Me { me { email } }", "Me")
        sign_in_by_click(page, "doctor")
        press_run(page)
        assert answer(page, "me")["data"] == {"me": {"email": "doctor@example.org"}}


@pytest.mark.usefixtures("demo")
def test_demo_patient_books_and_reads_the_documentation(browse: Browse) -> None:
    with browse() as page:
        open_graphiql(page)
        sign_in_by_click(page, "patient")
        run(page, "FindDoctors", "doctors")
        run(page, "FindSlot", "nextAvailable")
        page.get_by_role("button", name="Show Documentation Explorer").click()
        page.get_by_role("link", name="Mutation", exact=True).click()
        page.get_by_role("link", name="createAppointment", exact=True).click()
        expect(page.get_by_role("link", name="CreateAppointmentInput")).to_be_visible()
        booked = run(page, "BookAppointment", "createAppointment")
        page.evaluate(SHOW_LINE, ["operation.graphql", "mutation BookAppointment"])
        page.evaluate(SHOW_LINE, ["variables.json", "booking"])
        page.mouse.move(0, 0)
        picture(page, "graphiql")
    assert booked["status"] == "PENDING"


@pytest.mark.usefixtures("demo")
def test_token_survives_a_reload_and_stays_in_its_browser_tab(browse: Browse) -> None:
    with browse() as page:
        open_graphiql(page)
        sign_in_by_click(page, "patient")
        wait_until_stored(page)
        page.reload()
        expect(status(page)).to_contain_text("(patient@example.org)")
        assert "JWT ey" in text_of(page, "request-headers.json")
        assert "JWT ey" not in page.evaluate("JSON.stringify(localStorage)")
        other_tab = page.context.new_page()
        open_graphiql(other_tab)
        expect(other_tab.get_by_role("tab", name="Clinic")).to_be_visible()


@pytest.mark.usefixtures("demo")
def test_typed_token_survives_a_reload(browse: Browse) -> None:
    with browse() as page:
        open_graphiql(page)
        sign_in_by_click(page, "doctor")
        headers = json.loads(text_of(page, "request-headers.json"))
        page.get_by_role("button", name="Sign out").click()
        expect(status(page)).to_have_text("Not signed in.")
        type_headers(page, headers)
        expect(status(page)).to_contain_text("(doctor@example.org)")
        wait_until_stored(page)
        page.reload()
        expect(status(page)).to_contain_text("(doctor@example.org)")


@pytest.mark.usefixtures("demo")
def test_expired_or_invalid_token_is_reported(
    browse: Browse, clock: time_machine.Traveller
) -> None:
    with browse() as page:
        open_graphiql(page)
        sign_in_by_click(page, "patient")
        clock.shift(60 * 60)
        press_run(page)
        page.get_by_role("menuitem", name="MyAppointments", exact=True).click()
        alert = page.get_by_role("banner").get_by_role("alert")
        expect(alert).to_have_text("The access token has expired. Sign in again.")
        sign_in_by_click(page, "patient")
        expect(alert).to_have_count(0)
        type_headers(page, {"Authorization": "JWT nonsense"})
        expect(alert).to_have_text("The access token in Headers is not valid. Sign in again.")


def test_subscription_shows_live_updates(browse: Browse, tmp_path: Path) -> None:
    with serving(tmp_path, DEBUG="1") as server:
        doctor = Actor(server, "DOCTOR")
        with browse(f"http://{server.address}") as page:
            open_graphiql(page)
            subscription = (
                f'subscription Days {{ availabilityChanged(doctorId: "{doctor.id}") {{ date }} }}'
            )
            new_tab(page, subscription, "Days")
            type_headers(page, {"Authorization": f"JWT {doctor.token}"})
            expect(status(page)).to_contain_text("Signed in as")
            press_run(page)
            result = page.get_by_role("region", name="Result Window")
            update = result.get_by_text('"2099-01-05"')
            day = {"startsAt": "2099-01-05T10:00:00Z", "endsAt": "2099-01-05T11:00:00Z"}
            # Nothing reports that a subscription has started: repeat until an update arrives.
            for _attempt in range(100):
                off = doctor.send("AddTimeOff", input=day)
                doctor.send("RemoveTimeOff", input={"id": off["id"]})
                if update.is_visible():
                    break
            expect(update).to_be_visible()
            assert json.loads(text_of(page, "response.json")) == {
                "data": {"availabilityChanged": {"date": "2099-01-05"}}
            }


def test_browse_reports_requests_to_other_hosts_and_policy_violations(browse: Browse) -> None:
    # The check is made when the window closes, so the whole block is what raises.
    with pytest.raises(AssertionError, match=r"requested https://elsewhere\.example/"):  # noqa: SIM117, PT012
        with browse() as page:
            page.goto("about:blank")
            page.evaluate("fetch('https://elsewhere.example/').catch(() => {})")
    with pytest.raises(AssertionError, match="Content Security Policy"):  # noqa: SIM117, PT012
        with browse() as page:
            page.goto("/graphql/")
            page.evaluate("fetch('https://elsewhere.example/').catch(() => {})")
