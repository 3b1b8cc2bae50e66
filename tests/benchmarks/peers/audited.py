"""What our schema's trail notes of the workloads, for the peers to write down as well."""

READ_FIELDS = [
    f"Appointment.{name}"
    for name in ("date", "durationMinutes", "id", "reasonForVisit", "status", "time")
] + [
    "Patient.dateOfBirth",
    "Patient.id",
    "Patient.user.firstName",
    "Patient.user.id",
    "Patient.user.lastName",
]
WRITTEN_FIELDS = READ_FIELDS
