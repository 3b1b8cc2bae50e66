"""The staff admin: pages that change data through the same service functions as the API.

Working hours, special hours, time off, assistants and the appointment types that a doctor offers
are edited on the page of the doctor, guardians on the page of the patient, and an appointment's
history is shown on the appointment's page. ``BusyTick`` has no page: the rows follow from the
appointments, and editing them by hand could allow double bookings.
"""

from clinic.admin.access_records import AccessRecordAdmin
from clinic.admin.appointment_types import AppointmentTypeAdmin
from clinic.admin.appointments import AppointmentAdmin
from clinic.admin.closures import ClosureAdmin
from clinic.admin.doctors import DoctorAdmin
from clinic.admin.guardians import GuardianAdmin
from clinic.admin.invitations import AddressConflictAdmin
from clinic.admin.notifications import NotificationAdmin
from clinic.admin.patients import PatientAdmin
from clinic.admin.users import AccountAdmin

__all__ = [
    "AccessRecordAdmin",
    "AccountAdmin",
    "AddressConflictAdmin",
    "AppointmentAdmin",
    "AppointmentTypeAdmin",
    "ClosureAdmin",
    "DoctorAdmin",
    "GuardianAdmin",
    "NotificationAdmin",
    "PatientAdmin",
]
