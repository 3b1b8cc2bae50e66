"""Every use of a patient's record: all of the API and of the admin, also with errors."""

import datetime as dt
import json
import re
from urllib.parse import quote

from tests.security.leak_markers import BIRTH_DATE, EMAIL, MARKERS, PASSWORD, PHONE
from tests.security.leak_recorder import LeakRecorder
from tests.support.emails import mailbox, part
from tests.support.fixtures.people import PASSWORD as COMMON_PASSWORD
from tests.support.pictures import halves, saved
from tests.support.processes import manage

STAFF, DOCTOR, OTHER = (f"{name}@example.org" for name in ("staff", "doctor", "other"))
NEW_PASSWORD = f"{PASSWORD} again"
# Databases quote the row in the error message.
FAIL_WITH_ROW_IN_MESSAGE = f"""
CREATE TRIGGER fail_with_row BEFORE UPDATE ON clinic_patient WHEN NEW.address LIKE '%rejected%'
BEGIN SELECT RAISE(ABORT, 'UNIQUE constraint failed: {MARKERS["address"]}'); END"""


def run_scenario(recorder: LeakRecorder) -> None:
    """Use the server as the patient with the marked record, a doctor, another patient and staff."""
    recorder.execute(FAIL_WITH_ROW_IN_MESSAGE)
    patient = register_patient(recorder)
    profile = {"specialty": "X", "phoneNumber": "+4930123456", "experienceYears": 1}
    doctor = register(recorder, DOCTOR, "DOCTOR", profile)
    other = register(recorder, OTHER, "PATIENT", {"dateOfBirth": "1990-05-17"})
    with recorder.subscribed(doctor):
        appointment = change_appointment(recorder, patient, doctor, other)
    read_record(recorder, patient, other, appointment)
    send_invalid_requests(recorder, patient)
    use_admin(recorder)
    reset_password(recorder)
    for _ in range(6):
        recorder.send_invalid("TokenAuth", email=EMAIL, password=PASSWORD)


def register(recorder: LeakRecorder, email: str, role: str, profile: dict[str, object]) -> str:
    """Return the access token of a new account with a profile."""
    name = {"firstName": "Kim", "lastName": "Example"}
    account = {"email": email, "password": COMMON_PASSWORD, "role": role, **name}
    recorder.send("Register", input=account)
    token = recorder.sign_in(email, COMMON_PASSWORD)
    recorder.send("UpsertProfile", token, input={role.lower(): profile})
    return token


def register_patient(recorder: LeakRecorder) -> str:
    """Return the access token of the patient whose record has the markers."""
    send_invalid = recorder.send_invalid
    name = {"firstName": MARKERS["first"], "lastName": MARKERS["last"]}
    account = {"email": EMAIL, "password": PASSWORD, "role": "PATIENT", **name}
    send_invalid("Register", input={**account, "password": MARKERS["email"]})
    send_invalid("Register", input={**account, "email": f"{MARKERS['email']} at home"})
    recorder.send("Register", input=account)
    send_invalid("Register", input=account)
    send_invalid("TokenAuth", email=EMAIL, password=f"{PASSWORD} not")
    token = recorder.sign_in(EMAIL, PASSWORD)
    profile = {
        "dateOfBirth": BIRTH_DATE,
        "address": MARKERS["address"],
        "emergencyContactName": MARKERS["contact"],
        "emergencyContactPhone": PHONE,
    }
    recorder.send("UpsertProfile", token, input={"patient": profile})
    for wrong in (
        {"address": MARKERS["address"] * 100},
        {"address": f"{MARKERS['address']} rejected"},
        {"emergencyContactPhone": f"{PHONE}{PHONE}"},
        {"dateOfBirth": f"{BIRTH_DATE}x"},
    ):
        send_invalid("UpsertProfile", token, input={"patient": {**profile, **wrong}})
    for content in (saved(halves(), "PNG"), MARKERS["file"].encode()):
        recorder.upload(token, f"{MARKERS['file']}.png", content)
    return token


def change_appointment(recorder: LeakRecorder, patient: str, doctor: str, other: str) -> str:
    """Book, reschedule, confirm, cancel, reopen and amend an appointment, and return its ID."""
    send, send_invalid = recorder.send, recorder.send_invalid
    today = dt.datetime.now(dt.UTC).date()
    day = (today + dt.timedelta(days=7 - today.weekday())).isoformat()
    doctor_id = send("Doctors", patient)["edges"][0]["node"]["id"]
    slot = {"doctorId": doctor_id, "date": day, "time": "09:00"}
    booking = {**slot, "reasonForVisit": MARKERS["reason"], "idempotencyKey": MARKERS["note"]}
    send_invalid("CreateAppointment", patient, input={**booking, "time": "03:00"})
    send_invalid("CreateAppointment", patient, input={**booking, "time": MARKERS["reason"]})
    appointment: str = send("CreateAppointment", patient, input=booking)["id"]
    send_invalid("CreateAppointment", other, input=slot)
    send_invalid("CreateAppointment", other, input={**slot, "idempotencyKey": MARKERS["note"]})
    send("ConfirmAppointment", doctor, input={"id": appointment})
    send("RescheduleAppointment", patient, input={"id": appointment, "date": day, "time": "10:00"})
    send_invalid("CompleteAppointment", doctor, input={"id": appointment})
    send("MyPatients", doctor, search=MARKERS["last"])
    send("MyAppointments", doctor)
    off = {"startsAt": f"{day}T15:00:00Z", "endsAt": f"{day}T16:00:00Z"}
    send("AddTimeOff", doctor, input={**off, "reason": MARKERS["note"]})
    cancellation = {"id": appointment, "reason": MARKERS["cancellation"]}
    send("CancelAppointment", doctor, input=cancellation)
    reopening = {"id": appointment, "reason": MARKERS["reopening"]}
    send_invalid("ReopenAppointment", patient, input=reopening)
    send_invalid(
        "ReopenAppointment", doctor, input={**reopening, "reason": reopening["reason"] * 200}
    )
    send("ReopenAppointment", doctor, input=reopening)
    amendment = {"id": appointment, "durationMinutes": 45, "reasonForVisit": MARKERS["reason"]}
    send_invalid("AmendAppointment", doctor, input={**amendment, "durationMinutes": 7})
    send_invalid("AmendAppointment", other, input=amendment)
    send("AmendAppointment", doctor, input=amendment)
    send("CancelAppointment", doctor, input=cancellation)
    return appointment


def read_record(recorder: LeakRecorder, patient: str, other: str, appointment: str) -> None:
    """Request the record as the patient, as another patient and without a token."""
    patient_id = recorder.send("Me", patient)["patient"]["id"]
    for token in (other, None):
        for name in ("AppointmentById", "AppointmentHistory", "AppointmentAsNode"):
            recorder.send_invalid(name, token, id=appointment)
        recorder.send_invalid("PatientById", token, id=patient_id)
        recorder.send_invalid("MyPatients", token, search=MARKERS["last"])
        recorder.send_invalid("ExportMyData", token)
        recorder.send_invalid("CancelAppointment", token, input={"id": appointment, "reason": "x"})
        recorder.send_invalid("PatientById", token, id=MARKERS["reason"])
    for name in ("ExportMyData", "AccessLog", "MyAppointments"):
        recorder.send(name, patient)


def send_invalid_requests(recorder: LeakRecorder, patient: str) -> None:
    """Send wrong credentials, malformed bodies and URLs with markers in them."""
    wrong = {"oldPassword": f"{PASSWORD} not", "newPassword": NEW_PASSWORD}
    recorder.send_invalid("ChangePassword", patient, input=wrong)
    recorder.send_invalid("RefreshToken", refreshToken=MARKERS["password"])
    recorder.send_invalid("VerifyToken", token=MARKERS["password"])
    marker = MARKERS["reason"].encode()
    for body in (marker, b'{"query": "%s' % marker, b'{"variables": {"a": "%s"}}' % marker):
        recorder.post_invalid(body)
    calendar = recorder.send("Calendar", patient)["calendarUrl"]
    recorder.secrets.append(calendar.rpartition("/")[2])
    variables = quote(json.dumps({"a": EMAIL}))
    for url in (
        f"/graphql/?query=query($a:Int){{clinic{{today}}}}&variables={variables}",
        f"/calendar/{MARKERS['reason']}.ics",
        f"/{MARKERS['reason']}/?q={EMAIL}",
        calendar,
    ):
        recorder.get(url)


def use_admin(recorder: LeakRecorder) -> None:
    """Search, view and change the patient as staff, and book appointments, with errors."""
    secret = {"DJANGO_SUPERUSER_PASSWORD": COMMON_PASSWORD}
    name = ("--first_name", "Sam", "--last_name", "Example", "--email", STAFF)
    environment = {**recorder.server.environment, **secret}
    manage(environment, "createsuperuser", "--noinput", "-v0", *name)
    recorder.get_admin_page("login/")
    for email, password in ((EMAIL, PASSWORD), (STAFF, PASSWORD), (STAFF, COMMON_PASSWORD)):
        recorder.post_admin_form("login/", username=email, password=password)
    [(appointment, doctor, patient)] = recorder.execute(
        "SELECT id, doctor_id, patient_id FROM clinic_appointment"
    )
    [(account,)] = recorder.execute(
        f"SELECT user_id FROM clinic_patient WHERE id = {patient}"  # noqa: S608 - a number
    )
    for kind in ("users/user", "clinic/patient", "clinic/appointment"):
        assert MARKERS["last"] in recorder.get_admin_page(f"{kind}/?q={MARKERS['last']}")
    field = "app_label=clinic&model_name=appointment&field_name=patient"
    recorder.get_admin_page(f"autocomplete/?{field}&term={MARKERS['last']}")
    for page in ("change", "history", "delete"):
        recorder.get_admin_page(f"users/user/{account}/{page}/")
        recorder.get_admin_page(f"clinic/patient/{patient}/{page}/")
    recorder.get_admin_page(f"clinic/appointment/{appointment}/change/")
    names = {"first_name": MARKERS["first"], "last_name": MARKERS["last"], "gender": "female"}
    contact = {"address": MARKERS["address"], "emergency_contact_name": MARKERS["contact"]}
    contact |= {"guardians-TOTAL_FORMS": "0", "guardians-INITIAL_FORMS": "0"}
    for date, status in ((f"{BIRTH_DATE}x", 200), (BIRTH_DATE, 302)):
        form = {**names, **contact, "date_of_birth": date, "emergency_contact_phone": PHONE}
        assert recorder.post_admin_form(f"clinic/patient/{patient}/change/", **form) == status
    booking = {"doctor": doctor, "patient": patient, "date": "2001-01-01", "time": "09:00"}
    booking["reason_for_visit"] = MARKERS["reason"]
    assert recorder.post_admin_form("clinic/appointment/add/", **booking) == 200
    action = {"action": "cancel", "_selected_action": appointment}
    action["reason"] = MARKERS["cancellation"]
    assert recorder.post_admin_form("clinic/appointment/", **action) == 200
    assert recorder.post_admin_form("clinic/appointment/", **action, confirmed="1") == 302
    recorder.get_admin_page("clinic/accessrecord/")


def reset_password(recorder: LeakRecorder) -> None:
    """Request two emails, of which the mail server rejects the first, and use the link twice."""
    recorder.send("RequestPasswordReset", email=EMAIL)
    recorder.mail_server.rejected = {EMAIL}
    recorder.run_tasks()
    recorder.mail_server.rejected = set()
    recorder.send("RequestPasswordReset", email=EMAIL)
    recorder.run_tasks()
    *_, email = mailbox(recorder.mail_server, EMAIL)
    [token] = re.findall(r"front\.example/(\S+)", part(email, "text/plain"))
    recorder.secrets.append(token)
    for _ in range(2):
        recorder.send_invalid("ResetPassword", input={"token": token, "newPassword": NEW_PASSWORD})
