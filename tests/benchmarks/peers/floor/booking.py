"""W1: a patient books an open slot."""

import datetime as dt
import json
import os
from typing import Any

import psycopg

from clinic.booking.requests import BookingRequest
from clinic.slots import first_tick
from tests.benchmarks.peers.audit_fields import WRITTEN_FIELDS
from tests.benchmarks.peers.floor.calendars import (
    HORIZON_DAYS,
    ZONE,
    Search,
    period,
    statement,
)
from tests.benchmarks.peers.floor.searches import doctor_of
from tests.benchmarks.peers.floor.session import Row, Session

MAX_OPEN_APPOINTMENTS = int(os.environ.get("MAX_OPEN_APPOINTMENTS", "5"))

LOCK = """
SELECT id FROM users_user
WHERE id = %(caller)s OR id = (SELECT user_id FROM clinic_doctor WHERE id = %(doctor)s)
ORDER BY id FOR NO KEY UPDATE
"""
# The doctor's day, the caller's day, the caller as a patient, an earlier request with the same key,
# and the number of appointments that the patient and the account have open.
CONTEXT = statement(
    "d.id = %(doctor)s",
    """(SELECT jsonb_build_object(
        'id', p.id, 'date_of_birth', p.date_of_birth,
        'first_name', u.first_name, 'last_name', u.last_name,
        'is_allowed', u.is_active AND u.is_patient AND u.email_verified_at IS NOT NULL,
        'replayed', (SELECT request_hash FROM clinic_appointment
            WHERE booked_by_id = u.id AND idempotency_key = %(key)s),
        'open', (SELECT ARRAY[count(*) FILTER (WHERE patient_id = p.id),
                count(*) FILTER (WHERE booked_by_id = u.id)] FROM clinic_appointment
            WHERE (patient_id = p.id OR booked_by_id = u.id)
                AND (date > %(today)s OR date = %(today)s AND time > %(time_of_day)s)
                AND status IN ('pending', 'confirmed') AND booked_by_patient))
    FROM clinic_patient p JOIN users_user u ON u.id = p.user_id WHERE u.id = %(caller)s)""",
)
# All rows of a booking. The ticks are sorted, so that concurrent bookings queue.
WRITE = """
WITH booked AS (
    INSERT INTO clinic_appointment (doctor_id, patient_id, date, time, duration_minutes,
        reason_for_visit, status, cancellation_reason, idempotency_key, request_hash, created_at,
        updated_at, booked_by_id, booked_by_patient, buffer_before_minutes, buffer_after_minutes,
        cancellation_notice_minutes, appointment_type_id, pending_since)
    VALUES (%(doctor)s, %(patient)s, %(date)s, %(time)s, %(duration)s, %(reason)s, %(status)s, '',
        %(key)s, %(hash)s, %(now)s, %(now)s, %(caller)s, true, %(before)s, %(after)s, %(notice)s,
        %(type)s, %(pending_since)s)
    RETURNING id
), occupied AS (
    INSERT INTO clinic_busytick (appointment_id, person_id, tick)
    SELECT booked.id, person, tick FROM booked, unnest(%(people)s, %(ticks)s) AS t (person, tick)
), change AS (
    INSERT INTO clinic_appointmentchange (appointment_id, status, date, time, duration_minutes,
        doctor_id, appointment_type_id, outside_availability, reason, changed_at, changed_by_id)
    SELECT id, %(status)s, %(date)s, %(time)s, %(duration)s, %(doctor)s, %(type)s, false, '',
        %(now)s, %(caller)s FROM booked
    RETURNING id
), task AS (
    INSERT INTO django_tasks_database_dbtaskresult (id, status, args_kwargs, priority, task_path,
        queue_name, backend_name, run_after, enqueued_at, exception_class_path, traceback,
        worker_ids)
    SELECT gen_random_uuid(), 'READY', jsonb_build_object('args', jsonb_build_array(id),
        'kwargs', '{}'::jsonb), 0, 'clinic.notifications.tasks.notify_parties', 'default',
        'default', '9999-01-01', %(now)s, '', '', '[]' FROM change
)
INSERT INTO clinic_accessrecord
    (at, actor_id, patients, action, operation, fields, address, request_id)
VALUES (%(now)s, %(caller)s, jsonb_build_array(%(patient)s), 'change', 'book', %(fields)s,
    '127.0.0.1', '')
RETURNING (SELECT id FROM booked)
"""
FIELDS = json.dumps(sorted(WRITTEN_FIELDS))


def book(session: Session, parameters: dict[str, Any]) -> tuple[str, Any]:
    now = dt.datetime.now(ZONE)
    date = dt.date.fromisoformat(parameters["date"])
    time = dt.time.fromisoformat(parameters["time"])
    request = BookingRequest(
        date=date,
        time=time,
        doctor_id=parameters["doctor_id"],
        reason_for_visit=parameters["reason_for_visit"],
        idempotency_key=parameters["idempotency_key"],
    )
    if not now.toordinal() <= date.toordinal() <= now.toordinal() + HORIZON_DAYS:
        return "400 Bad Request", {"date": "outside the booking window"}
    try:
        with session.connection.transaction():
            return _book(session, request, now)
    except psycopg.errors.UniqueViolation:
        return "409 Conflict", {"detail": "taken"}


def _book(session: Session, request: BookingRequest, now: dt.datetime) -> tuple[str, Any]:
    day, minute = request.date.toordinal(), request.time.hour * 60 + request.time.minute
    parameters: dict[str, Any] = {"caller": session.user, "doctor": request.doctor_id}
    session.rows(LOCK, parameters)
    parameters |= {"key": request.stored_key, "today": now.date(), "time_of_day": now.time()}
    *doctors, of_caller = session.rows(CONTEXT, parameters | period(day, day))
    patient = of_caller[20]
    if not doctors or not patient or not patient["is_allowed"]:
        return "404 Not Found", {}
    if patient["replayed"] or _has_too_many(patient["open"]):
        return "409 Conflict", {"detail": "booked before, or too many"}
    [row] = doctors
    if (day, minute) not in Search(of_caller, day, day, now).open_slots(row):
        return "409 Conflict", {"detail": "not an open slot"}
    status = "confirmed" if row[15] else "pending"
    parameters |= _values(row, request, now, session.user)
    parameters |= {"patient": patient["id"], "status": status, "fields": FIELDS}
    parameters["pending_since"] = now if status == "pending" else None
    [[pk]] = session.rows(WRITE, parameters)
    names = {"first_name": patient["first_name"], "last_name": patient["last_name"]}
    return "201 Created", {
        "id": pk,
        "date": request.date.isoformat(),
        "time": request.time.isoformat(),
        "duration_minutes": row[3],
        "status": status,
        "reason_for_visit": request.reason_for_visit,
        "doctor": doctor_of(row),
        "patient": {
            "id": patient["id"],
            "date_of_birth": patient["date_of_birth"],
            "user": {"id": session.user, **names},
        },
    }


def _has_too_many(counts: list[int]) -> bool:
    of_patient, of_account = counts
    limit = MAX_OPEN_APPOINTMENTS
    return bool(limit) and (of_patient >= limit or of_account >= 3 * limit)


def _values(row: Row, request: BookingRequest, now: dt.datetime, caller: int) -> dict[str, Any]:
    """Return the parameters of WRITE that follow from the doctor and the request."""
    start = first_tick(request.date) + (request.time.hour * 60 + request.time.minute) // 5
    stop, (before, after) = start + row[3] // 5, row[4:6]
    ticks = sorted(
        [(caller, tick) for tick in range(start, stop)]
        + [(row[1], tick) for tick in range(start - before, stop + after)]
    )
    return {
        "date": request.date,
        "time": request.time,
        "duration": row[3],
        "reason": request.reason_for_visit,
        "hash": request.fingerprint,
        "now": now,
        "type": row[16],
        "before": row[17],
        "after": row[18],
        "notice": row[19],
        "people": [person for person, _ in ticks],
        "ticks": [tick for _, tick in ticks],
    }
