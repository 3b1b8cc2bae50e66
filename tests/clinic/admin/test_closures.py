import datetime as dt

import pytest
from pytest_django import DjangoAssertNumQueries
from time_machine import Traveller

from clinic import clock as clinic_clock
from clinic.booking import date_exceptions
from clinic.models import Appointment, Closure, Doctor, Patient
from tests.support.access_records import recorded_accesses
from tests.support.admin_client import AdminClient, AdminResponse, staff_with_permissions
from tests.support.booking import book_as_staff, cancel
from tests.support.words import has_word
from users.models import User

pytestmark = pytest.mark.django_db

ADD, LIST = "clinic/closure/add/", "clinic/closure/"
TUESDAY, WEDNESDAY = dt.date(2026, 3, 3), dt.date(2026, 3, 4)
SHOWN = [f"Appointment.{name}" for name in ("date", "doctor", "patient", "status", "time")]


def page_of(closure: Closure) -> str:
    return f"clinic/closure/{closure.pk}/change/"


def close(name: str, first: dt.date, last: dt.date) -> Closure:
    return date_exceptions.add_closure(
        name=name, first_day=first, last_day=last, now=clinic_clock.now()
    )


@pytest.fixture(autouse=True)
def monday(clock: Traveller) -> None:
    """Monday 2 March 2026, 08:00."""


@pytest.fixture
def appointment(sam: User, dora: Doctor, ann: Patient) -> Appointment:
    """Ann's appointment with Dora on Tuesday at 9:00."""
    return book_as_staff(sam, dora, ann, TUESDAY)


def test_closure_form_adds_a_closure(admin: AdminClient) -> None:
    values = {"name": "Staff outing", "first_day": "2026-03-03", "last_day": "2026-03-04"}
    response = admin.save(ADD, **values)
    closure = Closure.objects.get()
    added = "The closure “Staff outing (2026-03-03 - 2026-03-04)” was added successfully."
    assert response == AdminResponse([added], {})
    assert (closure.name, closure.first_day, closure.last_day) == (
        "Staff outing",
        TUESDAY,
        WEDNESDAY,
    )


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        ({"name": ""}, {"name": ["This field is required."]}),
        (
            {"last_day": "2026-03-02"},
            {"last_day": ["The last day must not be before the first day."]},
        ),
        (
            {"first_day": "2026-02-01", "last_day": "2026-02-02"},
            {"last_day": ["This time is in the past. Choose a later one."]},
        ),
        (
            {"last_day": "2028-03-03"},
            {"last_day": ["A closure can last at most 366 days. Add a second one for the rest."]},
        ),
    ],
)
def test_closure_form_reports_invalid_values_by_field(
    admin: AdminClient, values: dict[str, str], errors: dict[str, list[str]]
) -> None:
    valid = {"name": "Staff outing", "first_day": "2026-03-03", "last_day": "2026-03-03"}
    assert admin.save(ADD, **{**valid, **values}) == AdminResponse([], errors)
    assert not Closure.objects.exists()


def test_closure_form_warns_of_appointments_with_a_link_to_them(
    admin: AdminClient, sam: User, appointment: Appointment, dora: Doctor, ben: Patient
) -> None:
    book_as_staff(sam, dora, ben, WEDNESDAY)
    cancel(sam, book_as_staff(sam, dora, ben, TUESDAY, dt.time(11)), as_staff=True)
    values = {"name": "Staff outing", "first_day": "2026-03-01", "last_day": "2026-03-03"}
    warning, _added = admin.save(ADD, **values).messages
    url = (
        "/admin/clinic/appointment/?attention=closure&amp;date__gte=2026-03-02"
        "&amp;date__lte=2026-03-03"
    )
    assert warning == (
        "1 open appointment is on a day of this closure. It is not changed: reschedule or cancel "
        f'it, or leave it. <a href="{url}">Show it</a>'
    )
    listed = admin.open(url.removeprefix("/admin/").replace("&amp;", "&"))
    assert list(listed.context["cl"].result_list) == [appointment]
    appointment.refresh_from_db()
    assert appointment.status == "confirmed"


def test_closure_page_lists_open_appointments_with_links(
    admin: AdminClient, sam: User, appointment: Appointment, dora: Doctor, ben: Patient
) -> None:
    cancel(sam, book_as_staff(sam, dora, ben, TUESDAY, dt.time(11)), as_staff=True)
    page = admin.open(page_of(close("Staff outing", TUESDAY, WEDNESDAY))).content.decode()
    assert (
        f'<a href="/admin/clinic/appointment/{appointment.pk}/change/">Tue 2026-03-03 09:00'
        "</a>: Ann Example with Dora Example (Cardiology), confirmed</p>"
    ) in page
    assert "Open an appointment to reschedule or cancel it. Leave it as it is" in page
    assert not has_word(page, "Ben")


def test_closure_page_records_the_patients_it_shows(
    admin: AdminClient, appointment: Appointment
) -> None:
    closure = close("Staff outing", TUESDAY, WEDNESDAY)
    admin.open(page_of(closure))
    assert recorded_accesses() == [("Sam", "read", "admin", "Ann", SHOWN)]


def test_closure_page_shows_no_appointments_without_permission(
    olga: User, appointment: Appointment
) -> None:
    closure = close("Staff outing", TUESDAY, WEDNESDAY)
    admin = AdminClient(staff_with_permissions(olga, "view_closure"))
    assert not has_word(admin.open(page_of(closure)).content.decode(), "Ann")
    assert recorded_accesses() == []


def test_closure_page_without_appointments(admin: AdminClient) -> None:
    page = admin.open(page_of(close("Staff outing", TUESDAY, WEDNESDAY))).content.decode()
    assert "None." in page


def test_closure_is_not_editable(admin: AdminClient) -> None:
    closure = close("Staff outing", TUESDAY, WEDNESDAY)
    form = admin.open(page_of(closure)).context["adminform"].form
    assert list(form.fields) == []
    assert admin.client.post(f"/admin/{page_of(closure)}", {"name": "Other"}).status_code == 403


def test_closure_list_has_upcoming_closures_first_with_their_appointments(
    admin: AdminClient, sam: User, appointment: Appointment, dora: Doctor, ben: Patient
) -> None:
    book_as_staff(sam, dora, ben, WEDNESDAY)
    Closure.objects.create(name="Past", first_day=dt.date(2026, 2, 3), last_day=dt.date(2026, 2, 4))
    close("Later", dt.date(2026, 4, 3), dt.date(2026, 4, 3))
    close("Running", dt.date(2026, 2, 27), TUESDAY)
    close("Long", TUESDAY, dt.date(2026, 3, 9))
    rows = admin.open(LIST).context["cl"].result_list
    assert [(closure.name, closure.open_count) for closure in rows] == [
        ("Running", 1),
        ("Long", 2),
        ("Later", 0),
        ("Past", 0),
    ]


@pytest.mark.parametrize("number", [1, 20])
def test_closure_list_uses_a_constant_number_of_queries(
    admin: AdminClient,
    appointment: Appointment,
    number: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for day in range(number):
        date = TUESDAY + dt.timedelta(days=day)
        close(f"Day {day}", date, date)
    admin.open(LIST)
    with django_assert_num_queries(5):
        assert len(admin.open(LIST).context["cl"].result_list) == number


def test_closure_deletion_removes_it(admin: AdminClient) -> None:
    closure = close("Staff outing", TUESDAY, WEDNESDAY)
    response = admin.submit(f"clinic/closure/{closure.pk}/delete/", {"post": "yes"})
    assert response.messages == [
        "The closure “Staff outing (2026-03-03 - 2026-03-04)” was deleted successfully."
    ]
    assert not Closure.objects.exists()


def test_closure_action_removes_several(admin: AdminClient) -> None:
    closures = [close(name, TUESDAY, TUESDAY) for name in ("One", "Two", "Three")]
    response = admin.run_action(LIST, "delete_selected", *closures[:2], post="yes")
    assert response == AdminResponse(["Successfully deleted 2 closures."], {})
    assert list(Closure.objects.all()) == closures[2:]


def test_closure_pages_need_permissions(olga: User) -> None:
    closure = close("Staff outing", TUESDAY, WEDNESDAY)
    admin = AdminClient(staff_with_permissions(olga, "view_closure"))
    admin.open(LIST)
    assert admin.client.get(f"/admin/{ADD}").status_code == 403
    assert admin.client.get(f"/admin/clinic/closure/{closure.pk}/delete/").status_code == 403
