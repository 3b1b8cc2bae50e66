"""The models of the clinic."""

from clinic.models.access_record import AccessAction, AccessRecord
from clinic.models.appointment import Appointment
from clinic.models.appointment_change import AppointmentChange
from clinic.models.busy_tick import BusyTick
from clinic.models.doctor import Doctor
from clinic.models.notification import Notification
from clinic.models.patient import Patient
from clinic.models.schedule import TimeOff, Weekday, WorkingHours
from clinic.rules import OPEN_STATUSES, Status

__all__ = [
    "OPEN_STATUSES",
    "AccessAction",
    "AccessRecord",
    "Appointment",
    "AppointmentChange",
    "BusyTick",
    "Doctor",
    "Notification",
    "Patient",
    "Status",
    "TimeOff",
    "Weekday",
    "WorkingHours",
]
