"""Patient data in the output of a live server: logs, errors, headers, emails, tables, files.

One scenario uses the server as a patient whose record has leak markers. ``test_logs.py`` tests
single requests.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from tests.security.leak_markers import BIRTH_DATE, EMAIL, MARKERS, markers_in
from tests.security.leak_recorder import LeakRecorder
from tests.security.leak_scenario import DOCTOR, run_scenario
from tests.support.fixtures.smtp_server import AnyPort, MailServer
from tests.support.live_server import serving
from tests.support.processes import manage

pytestmark = pytest.mark.own_database


@pytest.fixture(scope="module", autouse=True)
def clock() -> None:
    """Replace the fixed clock: the server is another process and uses the real time."""


@pytest.fixture(scope="module")
def recorder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LeakRecorder]:
    """The recorded output of the whole scenario."""
    folder, mail_server = tmp_path_factory.mktemp("leaks"), MailServer()
    controller = AnyPort(mail_server)
    controller.start()
    try:
        with serving(
            folder,
            DJANGO_SETTINGS_MODULE="tests.security.leak_settings",
            EMAIL_URL=f"smtp://{controller.hostname}:{controller.port}",
            LOG_LEVEL="DEBUG",
            MEDIA_ROOT=str(folder / "media"),
            PASSWORD_RESET_URL="https://front.example/{token}",
            RATE_LIMIT_ENABLED="1",
        ) as server:
            manage(server.environment, "createcachetable")
            recorder = LeakRecorder(server, folder, mail_server)
            run_scenario(recorder)
            [log] = folder.glob("server-*.log")
            recorder.output["log"] += log.read_bytes()
            yield recorder
            recorder.admin.close()
    finally:
        controller.stop()


@pytest.mark.parametrize("kind", ["log", "errors", "headers", "sockets"])
def test_output_has_no_patient_data(recorder: LeakRecorder, kind: str) -> None:
    assert recorder.output[kind]
    assert markers_in(recorder.output[kind]) == set()


def test_scenario_covers_events_and_error_codes(recorder: LeakRecorder) -> None:
    """The control of the test above: what could leak data did happen."""
    codes = set(re.findall(r'"code": ?"([A-Z_]+)"', recorder.output["errors"].decode()))
    assert b"appointmentChanged" in recorder.output["sockets"]
    assert codes == {
        "BAD_USER_INPUT",
        "FORBIDDEN",
        "GRAPHQL_VALIDATION_FAILED",
        "INTERNAL_SERVER_ERROR",
        "INVALID_CREDENTIALS",
        "OUTSIDE_AVAILABILITY",
        "RATE_LIMITED",
        "SLOT_TAKEN",
        "TOKEN_INVALID",
        "UNAUTHENTICATED",
    }


def test_log_has_no_token_or_secret_url(recorder: LeakRecorder) -> None:
    log = recorder.output["log"].decode()
    assert len(recorder.secrets) == 8
    assert [secret for secret in recorder.secrets if secret in log] == []


def test_emails_have_no_medical_data(recorder: LeakRecorder) -> None:
    """No subject contains patient data, and, as nobody verified the addresses, no email a name."""
    emails = [(to, message) for [to], message in recorder.mail_server.received]
    subjects = " ".join(str(message["Subject"]) for _, message in emails)
    markers = {
        to: markers_in(b"".join(bytes(message) for other, message in emails if other == to))
        for to, _ in emails
    }
    assert markers_in(subjects.encode()) == set()
    assert markers == {DOCTOR: set(), EMAIL: {"email"}}


def test_database_has_patient_data_only_in_its_tables(recorder: LeakRecorder) -> None:
    assert recorder.markers_by_table() == {
        "clinic_appointment": {"cancellation", "reason"},
        "clinic_appointmentchange": {"cancellation", "reopening"},
        "clinic_patient": {"address", "birth date", "contact", "phone"},
        "clinic_timeoff": {"note"},
        "users_user": {"email", "first", "last"},
        # The address to which a new password was reported.
        "users_accountnotification": {"email"},
        # The admin log names the object of each change.
        "django_admin_log": {"first", "last"},
    }


def test_avatar_file_names_have_no_patient_data(recorder: LeakRecorder) -> None:
    files = [str(path) for path in (recorder.folder / "media").rglob("*.webp")]
    assert len(files) == 2
    assert markers_in(" ".join(files).encode()) == set()


@pytest.mark.parametrize("marker", [EMAIL, MARKERS["reason"], BIRTH_DATE])
def test_markers_in_finds_encoded_markers(marker: str) -> None:
    """The control: a leak is found in any encoding."""
    encoded = [
        marker,
        marker.upper(),
        json.dumps({"a": marker}),
        quote(marker),
        b64encode(f"User:{marker} and more".encode()).decode(),
    ]
    assert [len(markers_in(f"text: {text}.".encode())) for text in encoded] == [1] * 5
    assert markers_in(b"no marker") == set()
