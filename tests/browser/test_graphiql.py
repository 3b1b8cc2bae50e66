"""GraphiQL as a clinic's developers meet it: in production, and with no way to another host."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from clinic.models import Appointment, Doctor
from tests.browser.conftest import Browse, picture
from tests.support.booking import history_of
from tests.support.live_accounts import Actor
from tests.support.live_server import serving

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def open_graphiql(page: Page) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto("/graphql/")
    # In production strangers are not shown the schema, which it asks for by itself.
    expect(result(page)).to_contain_text("Sign in first.")


def result(page: Page) -> Locator:
    return page.get_by_role("region", name="Result Window")


def shown(editor: Locator) -> str:
    """The text of an editor; of a long one, its beginning."""
    lines = editor.locator(".CodeMirror-code .CodeMirror-line").all_inner_texts()
    return "\n".join(lines).replace("\xa0", " ")


def new_tab(page: Page) -> None:
    """Open an empty tab, with the cursor in its editor."""
    page.get_by_role("button", name="Add tab").click()
    page.get_by_role("region", name="Query Editor").locator(".CodeMirror").click()
    page.keyboard.press("Control+A")


def wait_until_read(page: Page, operation: str) -> None:
    """GraphiQL reads what was typed a moment later; not before does it run it."""
    expect(page.get_by_role("tab", name=operation)).to_be_visible()


def press_run(page: Page) -> None:
    page.get_by_role("button", name="Execute query").click()


def answer(page: Page, field: str) -> str:
    """What is shown once there is an answer with ``field``."""
    expect(result(page).get_by_text(f'"{field}"')).to_be_visible()
    return shown(result(page))


def run(page: Page, operation: str, field: str) -> str:
    """Choose one of the story's operations, run it, and read the answer."""
    press_run(page)
    page.get_by_role("menuitem", name=operation, exact=True).click()
    return answer(page, field)


def fill_in(page: Page, tool: str, line: str, content: str) -> None:
    """Write ``content`` in place of a line in one of the editors below the query."""
    page.get_by_role("button", name=tool, exact=True).click()
    page.get_by_role("region", name=tool).get_by_text(line).click()
    page.keyboard.press("Home")
    page.keyboard.press("Shift+End")
    page.keyboard.insert_text(content)


def test_a_query_is_typed_run_and_answered(browse: Browse) -> None:
    with browse() as page:
        open_graphiql(page)
        new_tab(page)
        page.keyboard.type("query Today { clinic { timeZone today } }")
        wait_until_read(page, "Today")
        press_run(page)
        assert json.loads(answer(page, "clinic")) == {
            "data": {"clinic": {"timeZone": "Europe/Berlin", "today": "2026-03-02"}},
            "extensions": {"cost": 3},
        }


def test_the_tab_that_it_opens_with_leads_a_stranger_to_a_appointment(
    browse: Browse, dora: Doctor
) -> None:
    with browse() as page:
        open_graphiql(page)
        run(page, "OpenAnAccount", "register")
        signed_in = json.loads(run(page, "SignIn", "tokenAuth"))
        token = signed_in["data"]["tokenAuth"]["token"]
        fill_in(page, "Headers", '"Authorization"', f'"Authorization": "JWT {token}"')

        run(page, "FillInTheProfile", "upsertProfile")
        found = run(page, "FindASlot", "doctors")
        (doctor_id,) = re.findall(r'"node": \{\s*"id": "(\w+=*)"', found)
        fill_in(page, "Variables", '"doctorId"', f'"doctorId": "{doctor_id}",')

        page.get_by_role("button", name="Re-fetch GraphQL schema").click()
        page.get_by_role("button", name="Show Documentation Explorer").click()
        page.get_by_role("link", name="Mutation", exact=True).click()
        page.get_by_role("link", name="createAppointment", exact=True).click()
        expect(page.get_by_text("Book an appointment. From a patient")).to_be_visible()

        booked = json.loads(run(page, "Book", "createAppointment"))
        page.get_by_role("region", name="Query Editor").hover()
        page.mouse.wheel(0, 900)
        picture(page, "graphiql")
    appointment = Appointment.objects.get()
    assert booked["data"]["createAppointment"].pop("id")
    assert booked["data"] == {
        "createAppointment": {
            "__typename": "Appointment",
            "date": "2026-03-03",
            "time": "10:00:00",
            "status": "PENDING",
        }
    }
    assert (appointment.doctor, appointment.patient.user.email) == (dora, "pat@example.org")
    assert history_of(appointment) == [("pending", "2026-03-03 10:00", "Pat")]


def test_live_updates_are_shown_as_they_come(browse: Browse, tmp_path: Path) -> None:
    with serving(tmp_path, DEBUG="1") as server:
        doctor = Actor(server, "DOCTOR")
        with browse(f"http://{server.address}") as page:
            page.goto("/graphql/")
            new_tab(page)
            page.keyboard.insert_text(
                f'subscription Days {{ availabilityChanged(doctorId: "{doctor.id}") {{ date }} }}'
            )
            wait_until_read(page, "Days")
            fill_in(page, "Headers", '"Authorization"', f'"Authorization": "JWT {doctor.token}"')
            press_run(page)
            news = result(page).get_by_text('"2099-01-05"')
            day = {"startsAt": "2099-01-05T10:00:00Z", "endsAt": "2099-01-05T11:00:00Z"}
            # Nothing tells when a subscription stands: act until it is heard of.
            for _try in range(100):
                off = doctor.send("AddTimeOff", input=day)
                doctor.send("RemoveTimeOff", input={"id": off["id"]})
                if news.is_visible():
                    break
            expect(news).to_be_visible()
            assert json.loads(shown(result(page))) == {
                "data": {"availabilityChanged": {"date": "2099-01-05"}}
            }


def test_a_page_that_asks_another_host_or_breaks_its_policy_is_noticed(browse: Browse) -> None:
    # It is noticed when the window closes, so the whole of it is what raises.
    with pytest.raises(AssertionError, match=r"asked for https://elsewhere\.example/"):  # noqa: SIM117, PT012
        with browse() as page:
            page.goto("about:blank")
            page.evaluate("fetch('https://elsewhere.example/').catch(() => {})")
    with pytest.raises(AssertionError, match="Content Security Policy"):  # noqa: SIM117, PT012
        with browse() as page:
            page.goto("/graphql/")
            page.evaluate("fetch('https://elsewhere.example/').catch(() => {})")
