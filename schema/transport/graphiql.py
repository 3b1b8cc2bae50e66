"""GraphiQL, the page for developers: only our own static files, under a strict CSP."""

import datetime as dt
import json
import secrets
from pathlib import Path
from typing import Any

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from clinic import clock
from clinic.demo import accounts as demo
from users.models import User

DEFAULT_DOCUMENT = Path(__file__).with_name("graphiql_default.graphql")
PASSWORD = "correct horse battery staple"  # noqa: S105 - of an account that the reader creates
# By operation of the default document: the variables that the page copies from its answer.
# Variable and value are dotted paths.
COPIES = {
    "FindDoctors": {"specialty": "doctors.edges.0.node.specialty"},
    "FindSlot": {
        "booking.doctorId": "nextAvailable.0.doctor.id",
        "booking.date": "nextAvailable.0.slot.date",
        "booking.time": "nextAvailable.0.slot.time",
    },
    "BookAppointment": {"cancellation.id": "createAppointment.id"},
}


# Monaco and the menus add <style> elements. Scripts and workers are our own files only.
@csp_update({"style-src": [SELF, UNSAFE_INLINE]})
def page(request: HttpRequest) -> HttpResponse:
    """Render the page."""
    return render(request, "schema/graphiql.html", {"opening": opening()})


def opening() -> dict[str, Any]:
    """Return the initial data of the page's script.

    The contents of the first tab, the response values to copy into variables, and the demo
    accounts.
    """
    return {
        "query": DEFAULT_DOCUMENT.read_text(encoding="utf-8"),
        "variables": json.dumps(_variables(), indent=2),
        "headers": "{}",
        "copies": COPIES,
        "demo": _demo() if settings.DEBUG else None,
    }


def _variables() -> dict[str, object]:
    # A new email address each time, so that the default document can be run again and again.
    email = f"pat-{secrets.token_hex(4)}@example.org"
    account = {"email": email, "password": PASSWORD, "firstName": "Pat", "lastName": "Example"}
    tomorrow = clock.today() + dt.timedelta(days=1)
    return {
        "account": {**account, "role": "PATIENT"},
        "email": email,
        "password": PASSWORD,
        "profile": {"patient": {"dateOfBirth": "1990-05-17"}},
        "specialty": "",
        "booking": {
            "doctorId": "",
            "date": tomorrow.isoformat(),
            "time": "10:00",
            "reasonForVisit": "A cough",
        },
        "cancellation": {"id": "", "reason": "Only a test"},
    }


def _demo() -> dict[str, object]:
    """Return the demo accounts that are in this database, and their password."""
    emails = {demo.email_of(role): role for role in demo.ROLES}
    known = set(User.objects.filter(email__in=emails).values_list("email", flat=True))
    people = [{"role": role, "email": email} for email, role in emails.items() if email in known]
    return {"password": demo.PASSWORD, "people": people}
