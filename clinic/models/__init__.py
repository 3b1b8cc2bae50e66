"""What the clinic stores."""

from clinic.models.access import AccessAction, AccessRecord
from clinic.models.appointment import Appointment, AppointmentChange, Status
from clinic.models.busy import BusyTick
from clinic.models.people import Doctor, Patient
from clinic.models.schedule import TimeOff, Weekday, WorkingHours

__all__ = [
    "AccessAction",
    "AccessRecord",
    "Appointment",
    "AppointmentChange",
    "BusyTick",
    "Doctor",
    "Patient",
    "Status",
    "TimeOff",
    "Weekday",
    "WorkingHours",
]
