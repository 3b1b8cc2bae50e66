"""What our schema's trail notes of the workloads, for the peers to write down as well."""

VISIT_FIELDS = [
    f"Appointment.{name}"
    for name in ("date", "durationMinutes", "id", "reasonForVisit", "status", "time")
] + [
    "Patient.dateOfBirth",
    "Patient.id",
    "Patient.user.firstName",
    "Patient.user.id",
    "Patient.user.lastName",
]
READ_FIELDS = [*VISIT_FIELDS, "PageInfo.endCursor"]
WRITTEN_FIELDS = [
    *VISIT_FIELDS,
    *(
        f"CreateAppointmentInput.{name}"
        for name in ("date", "doctorId", "idempotencyKey", "reasonForVisit", "time")
    ),
    "Mutation.createAppointment",
]
