"""GraphiQL, the page for developers: our own files only, under the strict policy."""

import datetime as dt
import json
from pathlib import Path

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from clinic import clock

STORY = Path(__file__).with_name("graphiql_default.graphql")
VARIABLES = {
    "account": {
        "email": "pat@example.org",
        "password": "correct horse battery staple",
        "firstName": "Pat",
        "lastName": "Example",
        "role": "PATIENT",
    },
    "profile": {"patient": {"dateOfBirth": "1990-05-17"}},
    "email": "pat@example.org",
    "password": "correct horse battery staple",
}
HEADERS = {"Authorization": "JWT "}


# Its menus write <style> elements; scripts stay our own files.
@csp_update({"style-src": [SELF, UNSAFE_INLINE]})
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "schema/graphiql.html", {"opening": opening()})


def opening() -> dict[str, str]:
    """What a visitor finds who has no tab of their own yet."""
    return {
        "query": STORY.read_text(encoding="utf-8"),
        "variables": json.dumps({"appointment": _appointment(), **VARIABLES}, indent=2),
        "headers": json.dumps(HEADERS, indent=2),
    }


def _appointment() -> dict[str, str]:
    tomorrow = clock.today() + dt.timedelta(days=1)
    return {"doctorId": "the doctor's id", "date": tomorrow.isoformat(), "time": "10:00"}
