"""Admin URLs and forms with mistyped or forged values do not cause server errors."""

import re
from html import unescape

import pytest

from clinic.booking.catalogue import save_appointment_type
from clinic.models import Appointment, Doctor, Patient
from tests.support.admin_client import AdminClient
from tests.support.booking import book_as_patient
from tests.support.task_worker import run_due_tasks

pytestmark = pytest.mark.django_db

INVALID_PKS = ["x", "", "-1", "999999", "9" * 20, "²"]


CHOICES = [
    ("clinic/appointment/add/", "doctor"),
    ("clinic/appointment/add/", "patient"),
    ("clinic/doctor/add/", "user"),
    ("clinic/patient/add/", "user"),
]


@pytest.mark.parametrize("value", INVALID_PKS)
@pytest.mark.parametrize(("form", "field"), CHOICES)
def test_add_form_ignores_invalid_initial_values(
    admin: AdminClient, form: str, field: str, value: str
) -> None:
    page = admin.open(f"{form}?{field}={value}")
    assert page.context["adminform"].form.initial.get(field) is None


@pytest.mark.parametrize("value", INVALID_PKS)
@pytest.mark.parametrize(("form", "field"), CHOICES)
def test_add_form_reports_invalid_choices(
    admin: AdminClient, form: str, field: str, value: str
) -> None:
    error = "This field is required."
    if value:
        error = "Select a valid choice. That choice is not one of the available choices."
    elif (form, field) == ("clinic/patient/add/", "user"):
        field = "first_name"  # required instead of an account
    assert admin.save(form, **{field: value}).errors[field] == [error]


def test_add_form_uses_valid_initial_values(admin: AdminClient, dora: Doctor) -> None:
    page = admin.open(f"clinic/appointment/add/?doctor={dora.pk}&time=10:00&unknown=value")
    initial = page.context["adminform"].form.initial
    assert (initial["doctor"], initial["time"]) == (str(dora.pk), "10:00")


@pytest.mark.parametrize(
    "url",
    [
        "clinic/appointment/?date__year=99999",
        "clinic/appointment/?date__year=9999",
        "clinic/appointment/?date__year=9999&date__month=12&date__day=31",
        "clinic/appointment/?date__month=3&date__day=x",
        "clinic/appointment/?date__gte=x",
        "clinic/appointment/?date__lte=2026-02-30",
        "clinic/appointment/?id__in=x",
        "clinic/accessrecord/?at__gte=x",
        "clinic/doctor/?approved__exact=x",
        "users/user/?date_joined__lt=99999-01-01",
    ],
)
def test_changelist_redirects_invalid_filter_values_to_the_whole_list(
    admin: AdminClient, url: str
) -> None:
    page = admin.client.get(f"/admin/{url}")
    assert (page.status_code, page["Location"]) == (302, f"/admin/{url.partition('?')[0]}?e=1")


@pytest.mark.parametrize(
    "url",
    [
        # Fields that the list does not show. Repeated filtering would disclose their values.
        "clinic/patient/?address__startswith=Secret",
        "clinic/patient/?date_of_birth__year=1990",
        "clinic/patient/?user__password__startswith=a",
        "clinic/appointment/?request_hash__startswith=a",
        "clinic/appointment/?created_at__year=2026",
        "clinic/appointment/?patient__address__startswith=Secret",
        "clinic/notification/?appointment__reason_for_visit__contains=a",
        "users/user/?calendar_key__startswith=a",
        "users/user/?password__startswith=a",
        "users/user/?is_superuser=1",
        # Other lookups of fields that the list filters by.
        "clinic/appointment/?date__gt=2026-03-03",
        "clinic/appointment/?date__gte=2026-03-03&date__gte=2026-03-04",
        "clinic/appointment/?status__in=pending",
        "clinic/doctor/?specialty__startswith=C",
        "clinic/doctor/?user__is_active__in=1",
        "clinic/appointment/?status__exact=pending&status__exact=confirmed",
        # Lookups that some databases do not support.
        "clinic/patient/?address__regex=(",
        "clinic/accessrecord/?patients__regex=(",
        "clinic/accessrecord/?patients__contained_by=1",
        "clinic/accessrecord/?fields__contains=1",
        "clinic/patient/?unknown=value",
    ],
)
def test_changelist_rejects_lookups_that_it_does_not_offer(admin: AdminClient, url: str) -> None:
    assert admin.client.get(f"/admin/{url}").status_code == 400
    # Actions run on the filtered list.
    assert admin.client.post(f"/admin/{url}", {"action": "x"}).status_code == 400


LISTS = [
    *(
        f"clinic/{model}/"
        for model in (
            *("accessrecord", "appointment", "appointmenttype", "doctor", "notification"),
            "patient",
        )
    ),
    "users/user/",
]


@pytest.fixture
def appointment(dora: Doctor, ann: Patient) -> Appointment:
    """Ann's appointment with Dora, the notifications about it, and an appointment type."""
    save_appointment_type(name="A", duration_minutes=15)
    booked = book_as_patient(ann, dora)
    run_due_tasks()
    return booked


@pytest.mark.parametrize("path", LISTS)
def test_changelist_accepts_all_its_own_links(
    admin: AdminClient, appointment: Appointment, emil: Doctor, path: str
) -> None:
    for extra in ("", "_facets=True&", "_popup=1&_to_field=id&", "q=a&o=-1&"):
        page = admin.open(f"{path}?{extra}").content.decode()
        links = {unescape(link) for link in re.findall(r'href="(\?[^"]*)"', page)}
        assert len(links) > 3, links
        for link in links:
            admin.open(f"{path}{link}")


@pytest.mark.parametrize("lookup", ["pk__exact", "pk__in", "id__exact", "id__in"])
def test_changelist_filters_by_primary_key(
    admin: AdminClient, dora: Doctor, emil: Doctor, lookup: str
) -> None:
    assert list(admin.open(f"clinic/doctor/?{lookup}={emil.pk}").context["cl"].result_list) == [
        emil
    ]


def test_changelist_filters_by_date_hierarchy(
    admin: AdminClient, dora: Doctor, ann: Patient
) -> None:
    appointment = book_as_patient(ann, dora)
    for query in ("date__year=2026", "date__year=2026&date__month=3&date__day=3", "date__day=3"):
        assert list(admin.open(f"clinic/appointment/?{query}").context["cl"].result_list) == [
            appointment
        ]


AUTOCOMPLETE = "autocomplete/?app_label=clinic&model_name={}&field_name={}&term={}"
TOO_LONG = ["a+" * 30_000, "a" * 60_000, "a+" * 301]


@pytest.mark.parametrize("term", TOO_LONG, ids=["many words", "one word", "slightly too long"])
@pytest.mark.parametrize("path", LISTS)
def test_changelist_finds_nothing_for_too_long_searches(
    admin: AdminClient, appointment: Appointment, path: str, term: str
) -> None:
    assert list(admin.open(f"{path}?q={term}").context["cl"].result_list) == []


@pytest.mark.parametrize("term", TOO_LONG, ids=["many words", "one word", "slightly too long"])
@pytest.mark.parametrize(
    ("model", "field"), [("appointment", "patient"), ("appointment", "doctor"), ("patient", "user")]
)
def test_autocomplete_finds_nothing_for_too_long_searches(
    admin: AdminClient, dora: Doctor, ann: Patient, model: str, field: str, term: str
) -> None:
    found = admin.open(AUTOCOMPLETE.format(model, field, term)).json()
    assert found == {"results": [], "pagination": {"more": False}}


@pytest.mark.parametrize("path", LISTS)
def test_changelist_runs_searches_of_the_maximum_length(
    admin: AdminClient, appointment: Appointment, path: str
) -> None:
    admin.open("clinic/patient/")
    assert len(admin.open(f"{path}?q={'a+' * 299}a").context["cl"].result_list) > 0


@pytest.mark.parametrize("pk", ["x", "", "9" * 30])
@pytest.mark.parametrize(
    ("path", "action"),
    [
        ("clinic/appointment/", "confirm"),
        ("clinic/appointmenttype/", "delete_selected"),
        ("clinic/closure/", "delete_selected"),
        ("clinic/doctor/", "approve"),
        ("clinic/notification/", "send_again"),
        ("clinic/patient/", "delete_selected"),
        ("users/user/", "end_sessions"),
    ],
)
def test_action_rejects_invalid_primary_keys(
    admin: AdminClient, path: str, action: str, pk: str
) -> None:
    form = {"action": action, "_selected_action": [pk]}
    assert admin.client.post(f"/admin/{path}", form).status_code == 400
