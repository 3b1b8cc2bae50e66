"""The address of a calendar is a secret, and no log keeps it."""

import json
import logging
from pathlib import Path

import pytest

from clinic.calendars import feed
from clinic.models import Patient
from tests.support.live_server import serving

SECRET = "17-k3y.c0ffee_c0ffee-c0ffee"


@pytest.mark.own_database
def test_the_deployed_server_logs_that_a_calendar_was_asked_for_and_not_which(
    tmp_path: Path,
) -> None:
    with serving(tmp_path) as server:
        answer = server.http.get(f"/calendar/{SECRET}.ics?x=1")
    [log] = tmp_path.glob("server-*.log")
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    assert answer.status_code == 404
    # Django's line about what was not found, and our own about every request.
    route = "calendar/<str:token>.ics"
    assert [line["message"] for line in lines if line["logger"] == "django.request"] == [
        f"Not Found: {route}"
    ]
    requests = [line for line in lines if line["logger"] == "cybermed.request"]
    assert [line["status"] for line in requests if line["route"] == route] == [404]
    assert SECRET not in log.read_text()


@pytest.mark.parametrize(
    "arguments",
    [("/calendar/%s.ics", SECRET), (f"/calendar/{SECRET}.ics",), ("%(r)s", {"r": SECRET})],
    ids=["joined by the format", "in the message", "elsewhere"],
)
def test_only_the_path_is_redacted_however_the_line_is_made(
    caplog: pytest.LogCaptureFixture, arguments: tuple[object, ...]
) -> None:
    logging.getLogger("anyone").warning(*arguments)
    expected = SECRET if arguments[0] == "%(r)s" else "/calendar/[redacted]"
    assert caplog.messages == [expected]


def test_a_gunicorn_access_line_is_redacted(caplog: pytest.LogCaptureFixture) -> None:
    # Gunicorn passes a mapping and lets the logger put it into its format.
    line = {"h": "127.0.0.1", "r": f"GET /calendar/{SECRET}.ics HTTP/1.1", "s": "200"}
    logging.getLogger("gunicorn.access").info('%(h)s "%(r)s" %(s)s', line)
    assert caplog.messages == ['127.0.0.1 "GET /calendar/[redacted] HTTP/1.1" 200']


@pytest.mark.django_db
def test_a_real_token_is_no_less_redacted_than_a_made_up_one(
    ann: Patient, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("anyone").warning("asked for /calendar/%s.ics", feed.token_of(ann.user))
    assert caplog.messages == ["asked for /calendar/[redacted]"]
