"""The models of the clinic."""

from clinic.models.access_record import AccessAction, AccessRecord
from clinic.models.appointment import Appointment
from clinic.models.appointment_change import AppointmentChange
from clinic.models.appointment_type import AppointmentType, BookableBy, Confirmation, OfferedType
from clinic.models.assistant import Assistant
from clinic.models.busy_tick import BusyTick
from clinic.models.date_exceptions import Closure, SpecialHours, SpecialInterval
from clinic.models.doctor import Doctor
from clinic.models.guardian import Guardian, Relationship
from clinic.models.merged_patient import MergedPatient
from clinic.models.notification import Notification
from clinic.models.patient import Patient
from clinic.models.schedule import TimeOff, Weekday, WorkingHours
from clinic.models.service_lock import ServiceLock
from clinic.models.stored_time_zone import StoredTimeZone
from clinic.rules import OPEN_STATUSES, Status

__all__ = [
    "OPEN_STATUSES",
    "AccessAction",
    "AccessRecord",
    "Appointment",
    "AppointmentChange",
    "AppointmentType",
    "Assistant",
    "BookableBy",
    "BusyTick",
    "Closure",
    "Confirmation",
    "Doctor",
    "Guardian",
    "MergedPatient",
    "Notification",
    "OfferedType",
    "Patient",
    "Relationship",
    "ServiceLock",
    "SpecialHours",
    "SpecialInterval",
    "Status",
    "StoredTimeZone",
    "TimeOff",
    "Weekday",
    "WorkingHours",
]
