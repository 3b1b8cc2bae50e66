"""Who can see which field: the completeness table of the schema.

Every new field, filter and sort order must be added here; ``test_visibility.py`` compares the table
with the schema and requests each field as every caller.

Ann is a patient with an appointment with the doctor Dora, which is not cancelled. Ben is a patient
without appointments, Emil a doctor without appointments, and Sam is staff. Unauthenticated
callers send no token.
"""

UNAUTHENTICATED, ANN, BEN, DORA, EMIL, SAM = "unauthenticated", "ann", "ben", "dora", "emil", "sam"

SIGNED_IN = {ANN, BEN, DORA, EMIL, SAM}
PARTIES = {ANN, DORA}
DOCTOR_ONLY = {DORA}
PATIENT_ONLY = {ANN}


def each(fields: str, callers: set[str]) -> dict[str, set[str]]:
    return dict.fromkeys(fields.split(), callers)


# The callers who see a value in each field, by type and object.
NODES: dict[str, dict[str, set[str]]] = {
    "Patient:ann": each(
        "id user dateOfBirth address emergencyContactName emergencyContactPhone", PARTIES
    ),
    "Appointment:appointment": {
        **each("id doctor patient date time durationMinutes startsAt endsAt status", PARTIES),
        **each("reasonForVisit cancellationReason createdAt updatedAt history", PARTIES),
    },
    "Doctor:dora": {
        **each("id user specialty experienceYears slotMinutes", SIGNED_IN),
        **each("workingHours availableSlots", SIGNED_IN),
        "phoneNumber": PARTIES,
        "approved": DOCTOR_ONLY,
        "timeOff": DOCTOR_ONLY,
    },
    "Person:ann": each("id firstName lastName email avatarUrl", PARTIES),
    "Person:dora": {
        **each("id firstName lastName avatarUrl", SIGNED_IN),
        "email": PARTIES,
    },
    "TimeOff:dora": each("id startsAt endsAt reason conflicts", DOCTOR_ONLY),
    "User:ann": {
        **each("id email firstName lastName gender avatarUrl", PATIENT_ONLY),
        **each("isPatient patient accessLog calendarUrl", PATIENT_ONLY),
        **each("isDoctor otpEnabled", set()),  # false for Ann
        "doctor": set(),
    },
    "AccessRecord:ann": each("id at actor action fields", PATIENT_ONLY),
}

# What Dora sees without access to Ann's record: after a cancellation or the end of the access,
# and without approval. The other fields of these types are empty for her.
NAMED_ONLY = {
    "Patient:ann": {"id", "user"},
    "Appointment:appointment": {
        *("id", "doctor", "patient", "date", "time", "durationMinutes", "startsAt", "endsAt"),
        *("status", "createdAt", "updatedAt", "history"),
    },
    "Person:ann": {"id", "firstName", "lastName"},
}

# Types without an ID: visible to everyone who can see the object they are part of.
PARTS = {
    "AppointmentChange": "status date time changedAt changedBy",
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
PUBLIC = {"Clinic": "timeZone today leadTimeMinutes horizonDays"}
# Root fields that work without a token, and those that respond with UNAUTHENTICATED.
OPEN = {
    "clinic", "tokenAuth", "verifyToken", "refreshToken", "revokeToken", "register",
    "requestPasswordReset", "resetPassword",
}  # fmt: skip
CLOSED = {
    "me", "exportMyData", "doctors", "doctor", "specialties", "nextAvailable", "patients",
    "patient", "appointments", "appointment", "node", "updateAccount", "changePassword",
    "uploadAvatar", "removeAvatar", "upsertProfile", "setWorkingHours", "addTimeOff",
    "removeTimeOff", "createAppointment", "rescheduleAppointment", "confirmAppointment",
    "completeAppointment",
    "startOtpEnrolment", "confirmOtpEnrolment", "disableOtp",
    "resetCalendarUrl", "cancelAppointment", "appointmentChanged", "availabilityChanged",
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
