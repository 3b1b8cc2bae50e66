"""What the clinic stores."""

from clinic.models.access import AccessAction, AccessRecord
from clinic.models.appointment import OPEN_STATUSES, Appointment, Status
from clinic.models.busy import BusyTick
from clinic.models.history import AppointmentChange
from clinic.models.notice import Notice
from clinic.models.people import Doctor, Patient
from clinic.models.schedule import TimeOff, Weekday, WorkingHours

__all__ = [
    "OPEN_STATUSES",
    "AccessAction",
    "AccessRecord",
    "Appointment",
    "AppointmentChange",
    "BusyTick",
    "Doctor",
    "Notice",
    "Patient",
    "Status",
    "TimeOff",
    "Weekday",
    "WorkingHours",
]
