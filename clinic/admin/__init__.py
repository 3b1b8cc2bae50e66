"""The desk: what staff see and do, by the same verbs as everybody else.

A page for each noun. Working hours and time off are parts of a doctor's page, a
visit's history of the visit's. Busy ticks have none: they follow the visits, and
whoever edited them by hand could book a person twice.
"""

from clinic.admin.access_records import AccessRecordAdmin
from clinic.admin.appointments import AppointmentAdmin
from clinic.admin.doctors import DoctorAdmin
from clinic.admin.notifications import NotificationAdmin
from clinic.admin.patients import PatientAdmin
from clinic.admin.users import AccountAdmin

__all__ = [
    "AccessRecordAdmin",
    "AccountAdmin",
    "AppointmentAdmin",
    "DoctorAdmin",
    "NotificationAdmin",
    "PatientAdmin",
]
