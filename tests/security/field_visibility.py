"""Who can see which field: the completeness table of the schema.

Every new field, filter and sort order must be added here; ``test_visibility.py`` compares the table
with the schema and requests each field as every caller of ``matrix_callers.py``.
"""

from tests.security.matrix_callers import (
    ANN,
    ASA,
    CARL,
    DORA,
    GINA,
    MONA,
    RITA,
    SAM,
    SIGNED_IN,
    UNAUTHENTICATED,
)

PATIENT_ONLY = {ANN}
# Those who act for the patient, and for the doctor.
OF_PATIENT, OF_DOCTOR = {ANN, GINA}, {DORA, ASA}
PARTIES = OF_PATIENT | OF_DOCTOR
STAFF = {RITA, MONA, SAM}
AND_STAFF = PARTIES | STAFF
# A doctor without access sees the name of the patient in the list of the own appointments.
KNOWING_NAME = AND_STAFF | {CARL}


def each(fields: str, callers: set[str]) -> dict[str, set[str]]:
    return dict.fromkeys(fields.split(), callers)


# The callers who see a value in each field, by type and object.
NODES: dict[str, dict[str, set[str]]] = {
    "Patient:ann": {
        **each("id user accessLog", KNOWING_NAME),  # the log can be empty
        **each("dateOfBirth phoneNumber address", AND_STAFF),
        **each("emergencyContactName emergencyContactPhone guardians", AND_STAFF),
    },
    "Appointment:appointment": {
        **each("id doctor patient date time durationMinutes startsAt endsAt status", AND_STAFF),
        **each("reasonForVisit cancellationReason createdAt updatedAt history", AND_STAFF),
        **each("appointmentType arrivedAt bookedBy changeableUntil", AND_STAFF),
    },
    "Doctor:dora": {
        **each("id user specialty experienceYears slotMinutes", SIGNED_IN),
        **each("workingHours availableSlots appointmentTypes specialHours", SIGNED_IN),
        "phoneNumber": AND_STAFF,
        **each("approved timeOff", OF_DOCTOR | STAFF),
        "assistants": {DORA, *STAFF},
    },
    "Person:ann": {
        **each("id firstName lastName", KNOWING_NAME),
        **each("avatarUrl email", AND_STAFF),
    },
    "Person:dora": {
        **each("id firstName lastName avatarUrl", SIGNED_IN),
        "email": AND_STAFF,
    },
    "AppointmentType:check-up": each(
        "id name description durationMinutes bufferBeforeMinutes bufferAfterMinutes confirmation "
        "bookableBy leadTimeMinutes cancellationNoticeMinutes maxPerDay active",
        SIGNED_IN,
    ),
    "Closure:course": {
        **each("id name firstDay lastDay", {*SIGNED_IN, UNAUTHENTICATED}),
        "conflicts": STAFF,
    },
    "TimeOff:dora": each("id startsAt endsAt reason conflicts", OF_DOCTOR | STAFF),
    "User:ann": {
        **each("id email firstName lastName gender avatarUrl", PATIENT_ONLY),
        **each("isPatient patient accessLog calendarUrl", PATIENT_ONLY),
        **each("isDoctor isStaff otpEnabled assistedDoctors", set()),  # false or empty for Ann
        **each("emailVerified patients", PATIENT_ONLY),
        "doctor": set(),
    },
    "AccessRecord:ann": {
        **each("id at actor action fields", OF_PATIENT),
        "onBehalfOf": set(),  # a doctor's own access
    },
}

# What Dora sees without access to Ann's record: after a cancellation or the end of the access,
# and without approval. The other fields of these types are empty for her.
NAMED_ONLY = {
    "Patient:ann": {"id", "user", "accessLog"},
    "Appointment:appointment": {
        *("id", "doctor", "patient", "date", "time", "durationMinutes", "startsAt", "endsAt"),
        *("status", "createdAt", "updatedAt", "history"),
        *("appointmentType", "arrivedAt", "bookedBy", "changeableUntil"),
    },
    "Person:ann": {"id", "firstName", "lastName"},
}

# What ``Patient.guardians`` shows, which is a part of the patient's record.
GUARDIAN_FIELDS = {
    "Patient.guardians.relationship",
    *(f"Patient.guardians.person.{field}" for field in NODES["Person:ann"]),
}

# Types without an ID: visible to everyone who can see the object they are part of.
PARTS = {
    "Guardian": "person relationship",
    "AppointmentChange": (
        "status date time appointmentType changedAt changedBy onBehalfOf outsideAvailability"
    ),
    "SpecialHours": "date hours",
    "TimeRange": "startTime endTime",
    "WorkingHours": "weekday startTime endTime",
    "Slot": "date time durationMinutes startsAt endsAt",
    "NextAvailable": "slot doctor",
    "PageInfo": "hasNextPage hasPreviousPage startCursor endCursor",
    **{
        f"{name}CursorConnection": "pageInfo edges totalCount"
        for name in ("AccessRecord", "Appointment", "Doctor", "Patient")
    },
    **{
        f"{name}CursorEdge": "cursor node"
        for name in ("AccessRecord", "Appointment", "Doctor", "Patient")
    },
    "Node": "id",
}
# Types that are only returned to the caller whose own input or token they describe.
RESPONSES = {
    "ObtainJSONWebToken": "token payload refreshToken refreshExpiresIn user",
    "Refresh": "token payload refreshToken refreshExpiresIn",
    "Revoke": "revoked",
    "Verify": "payload",
    "OtpEnrolment": "secret uri",
    "OtpRecoveryCodes": "codes",
    "OperationInfo": "messages",
    "OperationMessage": "kind message field code",
    "SlotUnavailable": "code message nextAvailable",
    "AvailabilityChange": "doctorId date",
}
# Types that everyone can see.
PUBLIC = {
    "Clinic": "name phoneNumber address timeZone today leadTimeMinutes horizonDays closures "
    "maxOpenAppointments"
}
# Root fields that work without a token, and those that respond with UNAUTHENTICATED.
OPEN = {
    "clinic", "tokenAuth", "verifyToken", "refreshToken", "revokeToken", "register",
    "requestPasswordReset", "resetPassword", "verifyEmail",
}  # fmt: skip
CLOSED = {
    "me", "exportMyData", "doctors", "doctor", "specialties", "nextAvailable", "patients",
    "patient", "appointments", "appointment", "node", "updateAccount", "changePassword",
    "uploadAvatar", "removeAvatar", "upsertProfile", "setWorkingHours", "addTimeOff",
    "removeTimeOff", "createAppointment", "rescheduleAppointment", "confirmAppointment",
    "appointmentTypes", "saveAppointmentType", "setAppointmentTypes", "setSpecialHours",
    "removeSpecialHours", "addClosure", "removeClosure",
    "completeAppointment", "recordArrival", "recordNoShow", "reopenAppointment",
    "amendAppointment", "reassignAppointment",
    "requestEmailVerification", "requestEmailChange", "invitePatient",
    "startOtpEnrolment", "confirmOtpEnrolment", "disableOtp",
    "addDependant", "removeDependant", "setAssistants", "registerPatient", "resetCalendarUrl",
    "cancelAppointment", "appointmentChanged", "availabilityChanged",
}  # fmt: skip

# Filters and sort orders, and the fields of the list that show their values.
COMPARED = {
    "DoctorFilter.search": "Person.firstName Person.lastName Doctor.specialty",
    "DoctorFilter.specialty": "Doctor.specialty",
    "DoctorFilter.availableOn": "Doctor.availableSlots",
    "DoctorOrder.specialty": "Doctor.specialty",
    "DoctorOrder.experienceYears": "Doctor.experienceYears",
    "DoctorOrder.lastName": "Person.lastName",
    "DoctorOrder.firstName": "Person.firstName",
    "PatientFilter.search": "Person.firstName Person.lastName",
    "PatientFilter.dateOfBirth": "Patient.dateOfBirth",
    "PatientFilter.phoneNumber": "Patient.phoneNumber",
    "AppointmentFilter.date": "Appointment.date",
    "AppointmentFilter.status": "Appointment.status",
    "AppointmentFilter.doctorId": "Doctor.id",
    "AppointmentFilter.patientId": "Patient.id",
    "AppointmentOrder.date": "Appointment.date",
    "AppointmentOrder.time": "Appointment.time",
    "AppointmentOrder.createdAt": "Appointment.createdAt",
}


def classified() -> set[str]:
    """Return every field of an object type in the tables above."""
    named = {
        f"{subject.partition(':')[0]}.{field}" for subject in NODES for field in NODES[subject]
    }
    for table in (PARTS, RESPONSES, PUBLIC):
        named |= {f"{type_}.{field}" for type_, fields in table.items() for field in fields.split()}
    return named
