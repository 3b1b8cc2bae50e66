"""The printed day and week: their PDF, as Chromium prints it, and the button that prints."""

import datetime as dt
import io
import re
import unicodedata
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from clinic.models import Appointment, Doctor, Patient
from tests.browser.conftest import Browse, picture
from tests.browser.test_admin import sign_in
from tests.support.booking import TUESDAY, book_as_staff
from tests.support.fixtures.people import make_patient
from users.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

A4 = (595, 842)  # points
PRINTED = "Printed Mon 2026-03-02 08:00"
COLORS = """() => [document.body, document.querySelector(".paper td")].map(each => {
    const {backgroundColor, color} = getComputedStyle(each);
    return [backgroundColor, color];
})"""
NAMES = ["Ada", "Bea", "Cora", "Dana", "Elsa", "Frida", "Gerda", "Hanna"]
NAMES += ["Ida", "Jana", "Karla", "Lea", "Mona", "Nele", "Olga", "Paula"]


def printed(page: Page) -> tuple[tuple[int, int], list[str]]:
    """Return the size of the first page, and the text of each page with single spaces."""
    # Printed backgrounds would show that the paper is dark.
    pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    reader = PdfReader(io.BytesIO(pdf))
    box = reader.pages[0].mediabox
    # NFKC: fonts have ligatures, such as that of f and i.
    texts = [unicodedata.normalize("NFKC", sheet.extract_text()) for sheet in reader.pages]
    return (round(box.width), round(box.height)), [" ".join(text.split()) for text in texts]


@pytest.fixture
def full_week(sam: User, dora: Doctor, ann: Patient) -> list[Patient]:
    """The patients of Dora's whole week, whose days are booked out: 16 on each of five days."""
    patients = [make_patient(name) for name in NAMES]
    for number, patient in enumerate(patients):
        phone = f"+4930231250{number:02}"
        Patient.objects.filter(pk=patient.pk).update(phone_number=phone)
    for day in range(5):
        for number, patient in enumerate(patients):
            date = TUESDAY + dt.timedelta(days=6 + day)
            time = dt.time(9 + number // 2, number % 2 * 30)
            book_as_staff(sam, dora, patient, date, time)
    return patients


def lines_of_day() -> str:
    """Return the text of the lines of a booked-out day."""
    return " ".join(
        f"{9 + number // 2:02}:{number % 2 * 30:02}, 30 min {name} Example 1990-05-17 "
        f"+49 30 231250{number:02} Confirmed"
        for number, name in enumerate(NAMES)
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_full_day_is_one_sheet_with_telephone_numbers_and_nothing_else(
    browse: Browse, full_week: list[Patient], theme: str
) -> None:
    with browse() as page:
        sign_in(page)
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        page.goto("/admin/clinic/appointment/")
        page.get_by_role("link", name="Print a day").click()
        page.get_by_label("Date").fill("9.3.2026")
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_role("heading", name="Dora Example")).to_be_visible()
        if theme == "light":
            picture(page, "admin-print-day-light")
        size, texts = printed(page)
    assert size == A4
    head = "Mon 2026-03-09 Dora Example Time Patient Born Phone number Type and reason Status"
    assert texts == [f"{head} {lines_of_day()} {PRINTED}"]


def test_full_week_is_one_sheet_across(
    browse: Browse, dora: Doctor, full_week: list[Patient]
) -> None:
    with browse() as page:
        sign_in(page)
        page.goto(f"/admin/clinic/appointment/print/week/?doctor={dora.pk}&date=2026-03-11")
        expect(page.get_by_role("heading", name="Fri 2026-03-13")).to_be_visible()
        picture(page, "admin-print-week")
        size, texts = printed(page)
    [text] = texts
    assert size == (A4[1], A4[0])
    assert text.startswith("Dora Example, week of Mon 2026-03-09 Mon 2026-03-09 09:00 Ada Example")
    assert len(re.findall(r"\d\d:\d\d \w+ Example \+49 30 231250\d\d", text)) == 80
    assert len(re.findall(r"16:30 Paula Example \+49 30 23125015", text)) == 5


def test_paper_is_white_while_the_screen_is_dark(browse: Browse, full_week: list[Patient]) -> None:
    with browse() as page:
        sign_in(page)
        page.emulate_media(color_scheme="dark")
        page.goto("/admin/clinic/appointment/print/day/?date=2026-03-09")
        on_screen = page.evaluate(COLORS)
        page.emulate_media(media="print", color_scheme="dark")
        on_paper = page.evaluate(COLORS)
    white, black, none = "rgb(255, 255, 255)", "rgb(0, 0, 0)", "rgba(0, 0, 0, 0)"
    assert on_screen[0] == ["rgb(18, 18, 18)", "rgb(238, 238, 238)"]
    assert on_paper == [[white, black], [none, black]]


def test_button_opens_the_dialog_of_the_browser(browse: Browse, full_week: list[Patient]) -> None:
    with browse() as page:
        sign_in(page)
        page.add_init_script("window.print = () => { window.printed = true; };")
        page.goto("/admin/clinic/appointment/print/day/?date=2026-03-09")
        page.get_by_role("button", name="Print", exact=True).click()
        assert page.evaluate("window.printed") is True


def test_list_is_downloaded_as_a_file(
    browse: Browse, tmp_path: Path, full_week: list[Patient]
) -> None:
    with browse() as page:
        sign_in(page)
        page.goto("/admin/clinic/appointment/?q=ada")
        with page.expect_download() as download:
            page.get_by_role("link", name="Download as CSV").click()
        file = tmp_path / download.value.suggested_filename
        download.value.save_as(file)
    assert file.name == "appointments-2026-03-02.csv"
    header, *rows = file.read_text(encoding="utf-8-sig").splitlines()
    assert header.startswith('"Date","Time","Minutes"')
    assert [row[:20] for row in rows] == [
        f'"2026-03-{day:02}","09:00"'[:20] for day in (13, 12, 11, 10, 9)
    ]
    assert Appointment.objects.count() == 80
