"""Which model fields the export of personal data contains, and why the others are left out.

``tests/clinic/privacy/test_export.py`` fails for a field that is in none of these tables.
"""

from collections.abc import Mapping
from typing import Final

from django.contrib.admin.models import LogEntry
from django.db.models import Model
from django_otp.plugins.otp_totp.models import TOTPDevice

from clinic.models import (
    AccessRecord,
    Appointment,
    AppointmentChange,
    Assistant,
    BusyTick,
    Doctor,
    Guardian,
    MergedPatient,
    Notification,
    OfferedType,
    Patient,
    SpecialHours,
    SpecialInterval,
    TimeOff,
    WorkingHours,
)
from users.models import AccountNotification, EmailLink, RefreshToken, User

# Fields exported under their own name. The keys of the export are read by clients.
EXPORTED: Final[Mapping[type[Model], tuple[str, ...]]] = {
    User: (
        *("email", "first_name", "last_name", "gender", "is_doctor", "is_patient", "is_staff"),
        *("date_joined", "last_login", "email_verified_at", "email_entered_by_staff"),
    ),
    Doctor: ("specialty", "phone_number", "experience_years", "slot_minutes", "approved"),
    Patient: (
        *("date_of_birth", "phone_number", "address", "emergency_contact_name"),
        *("emergency_contact_phone", "registered_on"),
    ),
    Appointment: (
        *("date", "time", "duration_minutes", "status", "created_at", "updated_at"),
        *("buffer_before_minutes", "buffer_after_minutes", "cancellation_notice_minutes"),
        *("pending_since", "arrived_at", "booked_by_patient"),
    ),
    AppointmentChange: (
        *("status", "date", "time", "duration_minutes", "outside_availability", "changed_at"),
    ),
    Notification: (
        *("kind", "status", "date", "time", "created_at", "held_at", "sent_at", "dropped_at"),
        "failures",
    ),
    Guardian: ("relationship", "created_at", "age_notified_at"),
    Assistant: ("created_at",),
    WorkingHours: ("weekday", "start_time", "end_time"),
    TimeOff: ("starts_at", "ends_at", "reason"),
    SpecialHours: ("date",),
    SpecialInterval: ("start_time", "end_time"),
    RefreshToken: ("session_started_at", "created_at", "expires_at", "used_at", "revoked_at"),
    TOTPDevice: ("confirmed", "created_at", "last_used_at"),
    AccountNotification: ("change", "email", "created_at", "sent_at"),
    EmailLink: ("purpose", "address", "created_at", "expires_at"),
    AccessRecord: ("at", "action", "operation", "fields"),
}

# Fields of an appointment and of its history that are exported to its patient only.
PATIENT_ONLY: Final = ("reason_for_visit", "cancellation_reason")
HISTORY_PATIENT_ONLY: Final = ("reason",)

# Fields exported in another form: "Model.field", and the key under which it is found.
EXPORTED_AS: Final[Mapping[str, str]] = {
    "User.avatar": "avatar",
    "Appointment.doctor": "doctor",
    "Appointment.appointment_type": "appointment_type",
    "OfferedType.appointment_type": "appointment_types",
    "Appointment.booked_by": "booked_by_you",
    "AppointmentChange.appointment_type": "appointment_type",
    "AppointmentChange.changed_by": "by_you",
    "AppointmentChange.on_behalf_of": "on_behalf_of",
    "Patient.registering_doctor": "registering_doctor",
    "Guardian.user": "guardian",
    "Guardian.patient": "name",
    "Assistant.user": "assistant",
    "Assistant.doctor": "doctor",
    "Notification.recipient": "to_you",
    "AccessRecord.actor": "actor",
    "AccessRecord.on_behalf_of": "on_behalf_of",
    "AccessRecord.address": "address",
    "LogEntry.action_time": "at",
    "LogEntry.content_type": "of",
    "LogEntry.change_message": "what",
}

_MODELS: Final[tuple[type[Model], ...]] = (
    *EXPORTED,
    BusyTick,
    LogEntry,
    MergedPatient,
    OfferedType,
)
_PRIMARY_KEY = "Primary key without meaning outside the database."
_OWNER = "The person of this export, or the exported object that contains this one."
_FOLDED = "The exported text without case and accents, for searching."
_DERIVED = "Computed from the date, time, duration and status of an exported appointment."

_MERGED = "Connects the audit log of a former record with the person of this export."
_SECOND_FACTOR = "A secret of the second factor, or the state of its computation."
_THROTTLE = ("throttling_failure_timestamp", "throttling_failure_count")
_SECOND_FACTOR_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "TOTPDevice": (
        *("user", "name", "key", "step", "t0", "digits", "tolerance", "drift", "last_t"),
        *_THROTTLE,
    ),
    "StaticDevice": ("id", "user", "name", "confirmed", "created_at", "last_used_at", *_THROTTLE),
    "StaticToken": ("id", "device", "token"),
}

# Fields that are not exported: "Model.field", and the reason.
LEFT_OUT: Final[Mapping[str, str]] = {
    **{f"{model.__name__}.id": _PRIMARY_KEY for model in _MODELS},
    "User.password": "Only a hash is stored, and publishing it would help an attacker.",
    "User.is_active": "Always true: a disabled account cannot sign in to export its data.",
    "User.is_superuser": "A technical permission, not information about the person.",
    "User.groups": "A technical permission, not information about the person.",
    "User.user_permissions": "A technical permission, not information about the person.",
    "User.avatar_small": "A smaller copy of the exported avatar.",
    "User.email_needs_review": "Computed from the exported email address.",
    "User.first_name_folded": _FOLDED,
    "User.last_name_folded": _FOLDED,
    "User.acts_for_patients": "Whether there are dependants, which are exported.",
    "User.acts_for_doctors": "Whether there are assisted doctors, who are exported.",
    "User.calendar_key": "A secret: part of the calendar URL, which ``me.calendarUrl`` returns.",
    "RefreshToken.user": _OWNER,
    "RefreshToken.family": "A technical id that connects the tokens of one session.",
    "RefreshToken.token_hash": "Only a hash is stored, and publishing it would help an attacker.",
    "Doctor.user": _OWNER,
    "Doctor.specialty_key": _FOLDED,
    "Doctor.specialty_folded": _FOLDED,
    "Patient.user": _OWNER,
    "WorkingHours.doctor": _OWNER,
    "TimeOff.doctor": _OWNER,
    "Appointment.patient": "The person of this export, a dependant who is named there, or data of "
    "another person.",
    "Appointment.idempotency_key": "A random value that the client sends to make a retry safe.",
    "Appointment.request_hash": "Computed from the request, to detect a retry.",
    "Appointment.live": _DERIVED,
    "AppointmentChange.appointment": _OWNER,
    "AppointmentChange.doctor": "The doctor of the exported appointment, or of an earlier state.",
    "SpecialHours.doctor": _OWNER,
    "SpecialInterval.special_hours": _OWNER,
    "OfferedType.doctor": _OWNER,
    "OfferedType.position": "The order of the exported appointment types.",
    "BusyTick.person": _OWNER,
    "BusyTick.appointment": _DERIVED,
    "BusyTick.tick": _DERIVED,
    **{
        f"MergedPatient.{field}": _MERGED
        for field in ("merged_id", "merged_user", "patient", "merged_at", "merged_by")
    },
    "Notification.appointment": _OWNER,
    "Notification.sequence": "The position of the reported change in the exported history.",
    "Notification.sending_since": "State of the task queue while an email is being sent.",
    "Notification.last_failure": "A technical error code of the mail server.",
    "AccessRecord.patients": "The export contains the records about this patient; other ids "
    "are data of other persons.",
    "AccessRecord.request_id": "A technical id that connects the record with the server's log.",
    **{
        f"{model}.{field}": _SECOND_FACTOR
        for model, fields in _SECOND_FACTOR_FIELDS.items()
        for field in fields
    },
    "AccountNotification.user": _OWNER,
    "EmailLink.user": _OWNER,
    "EmailLink.invited_by": "The account of a doctor or a member of staff.",
    **{
        f"AddressConflict.{field}": "A note for staff, about two people who may be one."
        for field in ("id", "user", "holder", "invited_by", "created_at")
    },
    "EmailLink.token_hash": "Only a hash is stored, and publishing it would help an attacker.",
    "AccountNotification.last_failure": "A technical error code of the mail server.",
    "LogEntry.user": "Either the person of this export, or a member of staff.",
    "LogEntry.object_id": _PRIMARY_KEY,
    "LogEntry.object_repr": "Can name another person: an appointment's is that of both parties.",
    "LogEntry.action_flag": "The exported change message describes the action.",
}
