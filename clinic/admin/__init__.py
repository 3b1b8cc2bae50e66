"""The staff admin: pages that change data through the same service functions as the API.

Working hours and time off are edited on the page of their doctor, and an appointment's history
is shown on the appointment's page. ``BusyTick`` has no page: the rows follow from the
appointments, and editing them by hand could allow double bookings.
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
