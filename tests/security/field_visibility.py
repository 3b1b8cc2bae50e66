"""Who may see which field: the table that every field of the schema must stand in.

The cast: Ann is Dora's patient and has an appointment to her. Ben is a patient of nobody,
Emil a doctor without appointments, Sam works at the desk, and a stranger has no token.
"""

STRANGER, ANN, BEN, DORA, EMIL, SAM = "stranger", "ann", "ben", "dora", "emil", "sam"
CALLERS = (STRANGER, ANN, BEN, DORA, EMIL, SAM)

SIGNED_IN = {ANN, BEN, DORA, EMIL, SAM}
BOTH_SIDES = {ANN, DORA}
HERSELF = {DORA}
PATIENT_HERSELF = {ANN}


def each(fields: str, callers: set[str]) -> dict[str, set[str]]:
    return dict.fromkeys(fields.split(), callers)


# By type and subject ("Person" is two people here), who sees each field filled.
NODES: dict[str, dict[str, set[str]]] = {
    "Patient:ann": each(
        "id user dateOfBirth address emergencyContactName emergencyContactPhone", BOTH_SIDES
    ),
    "Appointment:appointment": {
        **each("id doctor patient date time durationMinutes startsAt endsAt status", BOTH_SIDES),
        **each("reasonForVisit cancellationReason createdAt updatedAt history", BOTH_SIDES),
    },
    "Doctor:dora": {
        **each("id user specialty experienceYears slotMinutes", SIGNED_IN),
        **each("workingHours availableSlots", SIGNED_IN),
        "phoneNumber": BOTH_SIDES,
        "approved": HERSELF,
        "timeOff": HERSELF,
    },
    "Person:ann": each("id firstName lastName email avatarUrl", BOTH_SIDES),
    "Person:dora": {
        **each("id firstName lastName avatarUrl", SIGNED_IN),
        "email": BOTH_SIDES,
    },
    "TimeOff:dora": each("id startsAt endsAt reason conflicts", HERSELF),
    "User:ann": {
        **each("id email firstName lastName gender avatarUrl", PATIENT_HERSELF),
        **each("isPatient patient accessLog calendarUrl", PATIENT_HERSELF),
        "isDoctor": set(),  # false, of Ann
        "doctor": set(),
    },
    "AccessRecord:ann": each("id at actor action fields", PATIENT_HERSELF),
}

# Without an id, and read by whoever reads what they are part of; they say no more of it.
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
# What is answered to the one who asked, about what they sent or hold themselves.
ANSWERS = {
    "ObtainJSONWebToken": "token payload refreshToken refreshExpiresIn user",
    "Refresh": "token payload refreshToken refreshExpiresIn",
    "Revoke": "revoked",
    "Verify": "payload",
    "OperationInfo": "messages",
    "OperationMessage": "kind message field code",
    "SlotUnavailable": "code message nextAvailable",
    "AvailabilityChange": "doctorId date",
}
# Read by anybody.
PUBLIC = {"Clinic": "timeZone today leadTimeMinutes horizonDays"}
# Root fields that a stranger may use; each other one refuses them.
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
    "resetCalendarUrl", "cancelAppointment", "appointmentChanged", "availabilityChanged",
}  # fmt: skip

# What lists can be narrowed and sorted by, and the field that shows it to whoever lists.
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
    """Every field of an object type that the tables above name."""
    named = {
        f"{subject.partition(':')[0]}.{field}" for subject in NODES for field in NODES[subject]
    }
    for table in (PARTS, ANSWERS, PUBLIC):
        named |= {f"{type_}.{field}" for type_, fields in table.items() for field in fields.split()}
    return named
