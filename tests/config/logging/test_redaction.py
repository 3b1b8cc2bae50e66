"""Log records never contain the secret URL of a calendar."""

import json
import logging
from pathlib import Path

import pytest

from clinic.calendars import feed
from clinic.models import Patient
from tests.support.live_server import serving

SECRET = "17-k3y.c0ffee_c0ffee-c0ffee"


@pytest.mark.own_database
def test_server_log_redacts_calendar_token(
    tmp_path: Path,
) -> None:
    with serving(tmp_path) as server:
        answer = server.http.get(f"/calendar/{SECRET}.ics?x=1")
    [log] = tmp_path.glob("server-*.log")
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    assert answer.status_code == 404
    # Django's record about the 404 is not logged as well.
    assert {line["logger"] for line in lines} == {"cybermed.request"}
    route = "calendar/<str:token>.ics"
    assert [line["status"] for line in lines if line["route"] == route] == [404]
    assert SECRET not in log.read_text()


@pytest.mark.parametrize(
    "arguments",
    [("/calendar/%s.ics", SECRET), (f"/calendar/{SECRET}.ics",), ("%(r)s", {"r": SECRET})],
    ids=["path joined by the format", "path in the message", "not a path"],
)
def test_redacted_record_replaces_calendar_path(
    caplog: pytest.LogCaptureFixture, arguments: tuple[object, ...]
) -> None:
    logging.getLogger("example").warning(*arguments)
    expected = SECRET if arguments[0] == "%(r)s" else "/calendar/[redacted]"
    assert caplog.messages == [expected]


@pytest.mark.parametrize("page", ["verify-email", "reset-password", "invitation"])
def test_redacted_record_replaces_path_of_an_emailed_link(
    caplog: pytest.LogCaptureFixture, page: str
) -> None:
    logging.getLogger("example").warning("GET %s", f"/account/{page}/MQ/{SECRET}")
    assert caplog.messages == [f"GET /account/{page}/[redacted]"]


def test_redacted_record_replaces_path_in_gunicorn_access_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    # Gunicorn passes a mapping, which the logger formats.
    line = {"h": "127.0.0.1", "r": f"GET /calendar/{SECRET}.ics HTTP/1.1", "s": "200"}
    logging.getLogger("gunicorn.access").info('%(h)s "%(r)s" %(s)s', line)
    assert caplog.messages == ['127.0.0.1 "GET /calendar/[redacted] HTTP/1.1" 200']


@pytest.mark.django_db
def test_redacted_record_replaces_issued_calendar_token(
    ann: Patient, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("example").warning("requested /calendar/%s.ics", feed.token_of(ann.user))
    assert caplog.messages == ["requested /calendar/[redacted]"]
