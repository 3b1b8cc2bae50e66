"""Export of the personal data stored about a user (GDPR, Articles 15 and 20)."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.contrib.admin.models import LogEntry
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, QuerySet
from django_otp.plugins.otp_totp.models import TOTPDevice
from phonenumber_field.phonenumber import PhoneNumber

from clinic.models import (
    AccessRecord,
    Appointment,
    AppointmentChange,
    Assistant,
    Doctor,
    Guardian,
    Notification,
    Patient,
    SpecialHours,
    SpecialInterval,
    TimeOff,
    WorkingHours,
)
from clinic.models.patient import find_own_patient
from clinic.privacy.admin_log import log_entries_about
from clinic.privacy.export_fields import EXPORTED, HISTORY_PATIENT_ONLY, PATIENT_ONLY
from users.models import AccountNotification, EmailLink, RefreshToken, User

# Appointments whose rows are in memory at the same time, besides the export itself.
CHUNK = 1_000
# Types that JSON has; the encoder converts all others.
JSON_TYPES = (str, int, float, list, dict, type(None))
ENCODER = DjangoJSONEncoder()


def number_of_appointments(user: User) -> int:
    """Return how many appointments the export contains, which decide how long it takes."""
    own = Appointment.objects.of(user).count()
    if not user.acts_for_patients:
        return own
    return own + Appointment.objects.filter(patient__guardians__user=user).count()


def dependants_in_export(user: User) -> list[int]:
    """Return the primary keys of the other patients whose records the export contains."""
    return list(user.dependants.order_by("pk").values_list("patient", flat=True))


def export_user(user: User) -> dict[str, Any]:
    """Return the data as plain JSON values: dates and times in ISO 8601, instants in UTC.

    An appointment's data belong to its patient: the doctor's export contains neither the
    patient nor the reasons, and the patient's export contains only the doctor's name
    (Article 15(4)). "dependants" are records of other persons, which ``user`` can read as their
    guardian. Passwords and tokens are stored as hashes only and are not exported.

    The keys, such as "letters" for notifications and "desk_log" for the admin log, are
    part of the API: clients read them, so they keep the names of earlier releases.
    """
    doctor, patient = Doctor.objects.for_user(user), find_own_patient(user)
    accesses_by_user = AccessRecord.objects.filter(actor=user).order_by("pk")
    return {
        "account": _values(user, EXPORTED[User]) | {"avatar": user.avatar.name or None},
        "sign_ins": _list(user.refresh_tokens.order_by("pk"), EXPORTED[RefreshToken]),
        "second_factor": _list(
            TOTPDevice.objects.filter(user=user).order_by("pk"), EXPORTED[TOTPDevice]
        ),
        "account_notifications": _list(user.notifications.all(), EXPORTED[AccountNotification]),
        "email_links": _list(user.email_links.order_by("pk"), EXPORTED[EmailLink]),
        "doctor": doctor and _doctor(doctor),
        "patient": patient and _patient(patient, user),
        "dependants": [_dependant(guardian) for guardian in _dependants_of(user)],
        "assisted_doctors": [
            _values(assistant, EXPORTED[Assistant]) | {"doctor": str(assistant.doctor.user)}
            for assistant in user.assisted_doctors.select_related("doctor__user").order_by("pk")
        ],
        "desk_log": _log_entries(log_entries_about(user)),
        "desk_log_by_you": _log_entries(LogEntry.objects.filter(user=user)),
        "accesses_by_you": [
            _access(access) | {"address": access.address}
            for access in accesses_by_user.select_related("on_behalf_of").iterator()
        ],
    }


def _dependants_of(user: User) -> "QuerySet[Guardian]":
    people = ("user", "patient__user", "patient__registering_doctor__user")
    return user.dependants.select_related(*people).order_by("pk")


def _dependant(guardian: Guardian) -> dict[str, Any]:
    """Return what the guardian can read of another person's record."""
    patient = guardian.patient
    return _values(guardian, EXPORTED[Guardian]) | {
        "name": str(patient.user),
        "email": patient.user.email,
        "gender": patient.user.gender,
        "patient": _patient(patient, guardian.user),
    }


def _access(access: AccessRecord) -> dict[str, Any]:
    on_behalf_of = access.on_behalf_of and str(access.on_behalf_of)
    return _values(access, EXPORTED[AccessRecord]) | {"on_behalf_of": on_behalf_of}


def _doctor(doctor: Doctor) -> dict[str, Any]:
    working_hours = doctor.working_hours.order_by("weekday", "start_time")
    return _values(doctor, EXPORTED[Doctor]) | {
        "working_hours": _list(working_hours, EXPORTED[WorkingHours]),
        "time_off": _list(doctor.time_off.order_by("starts_at"), EXPORTED[TimeOff]),
        "special_hours": [
            _values(special, EXPORTED[SpecialHours])
            | {"hours": _list(special.intervals.all(), EXPORTED[SpecialInterval])}
            for special in doctor.special_hours.all()
        ],
        "appointment_types": list(
            doctor.offered_types.values_list("appointment_type__name", flat=True)
        ),
        "assistants": [
            _values(assistant, EXPORTED[Assistant]) | {"assistant": str(assistant.user)}
            for assistant in doctor.assistants.select_related("user").order_by("pk")
        ],
        "appointments": [
            exported
            for _, exported in _appointments(
                doctor.appointments.all(), doctor.user, of_patient=False
            )
        ],
    }


def _patient(patient: Patient, reader: User) -> dict[str, Any]:
    """Return the record of a patient for ``reader``: the patient, or a guardian."""
    doctors = Doctor.objects.filter(appointments__patient=patient).distinct().select_related("user")
    names = {doctor.pk: str(doctor.user) for doctor in doctors}
    accesses = AccessRecord.objects.about([patient.pk]).order_by("pk")
    accesses = accesses.select_related("actor", "on_behalf_of")
    registering_doctor = patient.registering_doctor and str(patient.registering_doctor.user)
    return _values(patient, EXPORTED[Patient]) | {
        "registering_doctor": registering_doctor,
        "guardians": [
            _values(guardian, EXPORTED[Guardian]) | {"guardian": str(guardian.user)}
            for guardian in patient.guardians.select_related("user").order_by("pk")
        ],
        "appointments": [
            exported | _plain(row, PATIENT_ONLY) | {"doctor": names[row["doctor_id"]]}
            for row, exported in _appointments(patient.appointments.all(), reader, of_patient=True)
        ],
        "accesses": [
            _access(access) | {"actor": str(access.actor)} for access in accesses.iterator()
        ],
    }


def _appointments(
    appointments: "QuerySet[Appointment]", user: User, *, of_patient: bool
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield each appointment's columns, and the data that patient and doctor both receive.

    ``user`` is the person of the export, who reads them as the patient or a guardian if
    ``of_patient``, otherwise as the doctor. Takes three queries for each ``CHUNK`` appointments.
    """
    columns = (
        *("pk", "doctor_id", "patient__user_id", "booked_by_id", "appointment_type__name"),
        *EXPORTED[Appointment],
        *PATIENT_ONLY,
    )
    rows = appointments.order_by("date", "time", "pk").values(*columns).iterator(CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        pks = [row["pk"] for row in chunk]
        changes = _by_appointment(
            AppointmentChange.objects.all(),
            pks,
            *("changed_by_id", "on_behalf_of_id", "appointment_type__name"),
            *HISTORY_PATIENT_ONLY,
        )
        notifications = _by_appointment(Notification.objects.order_by("pk"), pks, "recipient_id")
        for row in chunk:
            yield (
                row,
                _plain(row, EXPORTED[Appointment])
                | {
                    "appointment_type": row["appointment_type__name"],
                    "booked_by_you": row["booked_by_id"] == user.pk,
                    "history": [
                        _change(change, row, user, of_patient=of_patient)
                        for change in changes[row["pk"]]
                    ],
                    "letters": [
                        _plain(notification, EXPORTED[Notification])
                        | {"to_you": notification["recipient_id"] == user.pk}
                        for notification in notifications[row["pk"]]
                    ],
                },
            )


def _change(
    change: dict[str, Any], appointment: dict[str, Any], user: User, *, of_patient: bool
) -> dict[str, Any]:
    """Return one row of the appointment's history; the other arguments as in _appointments()."""
    return (
        _plain(change, EXPORTED[AppointmentChange])
        | _plain(change, HISTORY_PATIENT_ONLY if of_patient else ())
        | {
            "appointment_type": change["appointment_type__name"],
            "by_you": change["changed_by_id"] == user.pk,
            "on_behalf_of": _represented(change, appointment),
        }
    )


def _represented(change: dict[str, Any], appointment: dict[str, Any]) -> str | None:
    """Return on which side a guardian or an assistant made a change; None for anybody else."""
    if change["on_behalf_of_id"] is None:
        return None
    is_patient = change["on_behalf_of_id"] == appointment["patient__user_id"]
    return "patient" if is_patient else "doctor"


def _by_appointment(
    rows: "QuerySet[Any]", appointments: list[int], *more: str
) -> dict[int, list[dict[str, Any]]]:
    """Load the rows of these appointments in one query, with the exported and ``more`` columns."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    columns = ("appointment_id", *more, *EXPORTED[rows.model])
    for row in rows.filter(appointment__in=appointments).values(*columns):
        found[row["appointment_id"]].append(row)
    return found


def _log_entries(entries: "QuerySet[LogEntry]") -> list[dict[str, Any]]:
    """Return log entries without ``object_repr``, which names both parties of an appointment."""
    return [
        {
            "at": _json(entry.action_time),
            "of": str(entry.content_type),
            "what": entry.get_change_message(),
        }
        for entry in entries.select_related("content_type").order_by("pk")
    ]


def _list(objects: "QuerySet[Any]", fields: tuple[str, ...]) -> list[dict[str, Any]]:
    return [_plain(row, fields) for row in objects.values(*fields).iterator()]


def _values(instance: Model, fields: tuple[str, ...]) -> dict[str, Any]:
    return {field: _json(getattr(instance, field)) for field in fields}


def _plain(row: dict[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    return {field: _json(row[field]) for field in fields}


def _json(value: Any) -> Any:
    if isinstance(value, PhoneNumber):
        return str(value)
    return value if isinstance(value, JSON_TYPES) else ENCODER.default(value)
