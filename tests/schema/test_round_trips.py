"""Generated names, addresses and telephone numbers, from registration to mail and calendar.

What a person typed, in whichever spelling, comes back in its stored form everywhere.
"""

import datetime as dt
import unicodedata
from typing import Literal

import idna
import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from clinic.models import Doctor, Patient
from tests.support.api_client import Api, sign_in
from tests.support.booking import book_as_patient
from tests.support.emails import calendar_of, mailbox, part
from tests.support.fixtures.people import PASSWORD
from tests.support.fixtures.smtp_server import MailServer
from tests.support.graphql_responses import root_value
from tests.support.scale import HYPOTHESIS, SCALE
from tests.support.spellings import NAMES, searches
from tests.support.task_worker import run_due_tasks
from users.models import User

pytestmark = pytest.mark.django_db

LOCAL_PARTS = st.from_regex(r"[A-Za-z0-9]{1,8}([.+_-][A-Za-z0-9]{1,8}){0,2}", fullmatch=True)
LABELS = st.sampled_from(["praxis", "straße", "münchen", "οδος", "клиника", "診療所", "a-b", "x1"])
TYPED_FORMS: st.SearchStrategy[Literal["NFC", "NFD"]] = st.sampled_from(["NFC", "NFD"])
NATIONAL_NUMBERS = st.from_regex(r"30[1-9][0-9]{5}", fullmatch=True)
SEPARATORS = st.sampled_from(["", " ", "-", "/", ".", "\u00a0"])


@st.composite
def people(draw: st.DrawFn) -> dict[str, str]:
    """Generate the input of a doctor, and under ``stored_*`` what must be stored."""
    first, last = draw(NAMES), draw(NAMES)
    form = draw(TYPED_FORMS)
    local, label = draw(LOCAL_PARTS), draw(LABELS)
    typed_label = unicodedata.normalize(form, draw(st.sampled_from([label, label.title()])))
    number = draw(NATIONAL_NUMBERS)
    prefix = draw(st.sampled_from(["+49", "0049", "0", "+49 (0)"]))
    return {
        "first": unicodedata.normalize(form, first),
        "last": unicodedata.normalize(form, f" {last}"),
        "email": f"{local}@{typed_label}.Example.org",
        "phone": prefix + draw(SEPARATORS).join((number[:2], number[2:])),
        "stored_first": unicodedata.normalize("NFC", first),
        "stored_last": unicodedata.normalize("NFC", last),
        "stored_email": f"{local.lower()}@{idna.encode(label).decode()}.example.org",
        "stored_phone": f"+49{number}",
    }


def register(api: Api, person: dict[str, str]) -> Doctor:
    names = {"firstName": person["first"], "lastName": person["last"], "role": "DOCTOR"}
    account = {"email": person["email"], "password": PASSWORD}
    answer = root_value(api("Register", {"input": {**account, **names}}))
    assert answer == {
        "__typename": "User",
        "id": answer["id"],
        "email": person["stored_email"],
        "firstName": person["stored_first"],
        "lastName": person["stored_last"],
        "isDoctor": True,
        "isPatient": False,
        "gender": "UNDISCLOSED",
    }
    tokens = sign_in(api, person["email"], PASSWORD)["data"]["tokenAuth"]
    profile = {"specialty": "Surgery", "phoneNumber": person["phone"], "experienceYears": 1}
    saved = root_value(api("UpsertProfile", {"input": {"doctor": profile}}, token=tokens["token"]))
    assert (saved["phoneNumber"], saved["user"]) == (
        person["stored_phone"],
        {"firstName": person["stored_first"], "lastName": person["stored_last"]},
    )
    Doctor.objects.update(approved=True)
    # Emails to other addresses contain no names.
    User.objects.update(email_verified_at=timezone.now())
    return Doctor.objects.select_related("user").get()


@settings(
    HYPOTHESIS,
    max_examples=SCALE.clinics // 4,
    suppress_health_check=[
        *(HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large)
    ],
)
@given(person=people(), data=st.data())
def test_typed_name_address_and_number_come_back_in_stored_form_everywhere(
    api: Api, ann: Patient, mail_server: MailServer, person: dict[str, str], data: st.DataObject
) -> None:
    cache.clear()  # the rate limits
    mail_server.received.clear()
    with transaction.atomic():
        check_round_trip(api, ann, mail_server, person, data)
        transaction.set_rollback(True)


def check_round_trip(
    api: Api, ann: Patient, mail_server: MailServer, person: dict[str, str], data: st.DataObject
) -> None:
    doctor = register(api, person)
    full_name = f"{person['stored_first']} {person['stored_last']}"

    search = data.draw(searches(person["stored_first"], person["stored_last"]))
    found = api("SearchDoctors", {"search": search}, user=ann.user)["data"]["doctors"]["edges"]
    names = {"firstName": person["stored_first"], "lastName": person["stored_last"]}
    assert [edge["node"]["user"] for edge in found] == [names]

    book_as_patient(ann, doctor)
    run_due_tasks()
    [to_doctor] = mailbox(mail_server, person["stored_email"])
    [to_patient] = mailbox(mail_server, ann.user.email)
    assert to_doctor["To"] == person["stored_email"]
    assert full_name in part(to_patient, "text/plain")
    [invited] = calendar_of(to_doctor).events
    assert invited["ATTENDEE"] == f"mailto:{person['stored_email']}"
    assert invited["ATTENDEE"].params["CN"] == full_name

    url: str = api("Calendar", user=ann.user)["data"]["me"]["calendarUrl"]
    feed = Calendar.from_ical(Client().get(url.removeprefix("http://testserver")).content)
    assert isinstance(feed, Calendar)
    [event] = feed.events
    assert str(event["SUMMARY"]) == f"Not confirmed: Appointment with {full_name}"
    assert event.end - event.start == dt.timedelta(minutes=30)
