"""The fields that our schema records in the audit log, which the peers record as well."""

APPOINTMENT_FIELDS = [
    f"Appointment.{name}"
    for name in ("date", "durationMinutes", "id", "reasonForVisit", "status", "time")
] + [
    "Patient.dateOfBirth",
    "Patient.id",
    "Patient.user.firstName",
    "Patient.user.id",
    "Patient.user.lastName",
]
READ_FIELDS = [*APPOINTMENT_FIELDS, "PageInfo.endCursor"]
WRITTEN_FIELDS = [
    *APPOINTMENT_FIELDS,
    *(
        f"CreateAppointmentInput.{name}"
        for name in ("date", "doctorId", "idempotencyKey", "reasonForVisit", "time")
    ),
    "Mutation.createAppointment",
]
