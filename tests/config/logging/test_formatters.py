"""The development console: one line per request, and the traceback of an unexpected error."""

import json
import logging
import re
import sys
import time
from email import message_from_bytes
from pathlib import Path

import pytest

from config.logging.formatters import JsonFormatter, LineFormatter
from tests.support.live_accounts import Actor
from tests.support.live_server import serving

pytestmark = pytest.mark.own_database
VARYING = re.compile(r"\d\d:\d\d:\d\d (?=INFO|WARNING)|[\d.]+ (?=ms$)|\[[0-9a-f]{32}\] ")


def test_line_formatter_logs_each_request_and_email_in_one_line(tmp_path: Path) -> None:
    emails = tmp_path / "emails"
    with serving(tmp_path, DEBUG="1", LOG_FORMAT="", EMAIL_URL=f"filemail:///{emails}") as server:
        patient = Actor(server, "PATIENT").email
        server.http.get("/nothing/17?secret=1")
        server.http.get("/calendar/17-secret.ics")
        server.api("RequestPasswordReset", {"email": patient})
    [log] = tmp_path.glob("server-*.log")
    lines = [line for line in log.read_text().splitlines() if not line.startswith("INFO: ")]
    [file] = emails.glob("*.eml")
    email = message_from_bytes(file.read_bytes())
    # The server is ready after one or more requests for /healthz.
    assert [VARYING.sub("", line) for line in lines if "/healthz" not in line] == [
        "INFO POST /graphql/ Register 200 ms",
        "INFO POST /graphql/ TokenAuth 200 ms",
        "INFO POST /graphql/ UpsertProfile 200 ms",
        "WARNING GET /nothing/17 404 ms",
        "WARNING GET /calendar/[redacted] 404 ms",
        f"INFO cybermed.email Email to {patient}: {email['Subject']} ({file})",
        "INFO POST /graphql/ RequestPasswordReset 200 ms",
    ]
    assert email["To"] == patient


def test_line_formatter_appends_traceback() -> None:
    record = logging.makeLogRecord({"name": "schema", "levelname": "ERROR", "msg": "Unexpected"})
    record.correlation_id = "c0ffee"
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        record.exc_info = sys.exc_info()
    first, *traceback = LineFormatter().format(record).splitlines()
    assert first.endswith(" ERROR schema [c0ffee] Unexpected")
    assert traceback[0] == "Traceback (most recent call last):"
    assert traceback[-1] == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo"])
def test_json_formatter_logs_the_time_in_utc(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        line = JsonFormatter().format(
            logging.makeLogRecord({"created": 1772434800.1234, "msg": "request"})
        )
    finally:
        monkeypatch.undo()
        time.tzset()
    assert json.loads(line)["at"] == "2026-03-02T07:00:00.123+00:00"
