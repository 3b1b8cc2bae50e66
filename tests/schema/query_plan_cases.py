"""The filters, orders and fields whose query plans are checked.

A new filter or order of a list must be added to FILTERS or ORDERS; a test compares them with
the schema. Names in capitals ("FIRST DAY") are replaced by values of the caller.
"""

from strawberry_django import Ordering

PAGE = "edges { node { id date doctor { user { lastName } } patient { user { lastName } } } }"
NAMES = "edges { node { id user { lastName } } }"
PAGES = {"appointments": PAGE, "doctors": NAMES, "patients": NAMES}
# The value for each filter of the schema's lists.
FILTERS = {
    "Query.appointments.filters.date.exact": '"FIRST DAY"',
    "Query.appointments.filters.date.gt": '"FIRST DAY"',
    "Query.appointments.filters.date.gte": '"FIRST DAY"',
    "Query.appointments.filters.date.lt": '"LAST DAY"',
    "Query.appointments.filters.date.lte": '"LAST DAY"',
    "Query.appointments.filters.status.exact": "PENDING",
    "Query.appointments.filters.status.inList": "[PENDING, CONFIRMED]",
    "Query.appointments.filters.doctorId": '"DOCTOR"',
    "Query.appointments.filters.patientId": '"PATIENT"',
    "Query.doctors.filters.search": '"f specialty"',
    "Query.doctors.filters.specialty.exact": '"Specialty 1"',
    "Query.doctors.filters.specialty.iExact": '"specialty 1"',
    "Query.doctors.filters.specialty.inList": '["Specialty 1", "Specialty 2"]',
    "Query.doctors.filters.availableOn": '"2026-03-05"',
    "Query.patients.filters.search": '"f"',
    "Query.patients.filters.dateOfBirth": '"BIRTH"',
    "Query.patients.filters.phoneNumber": '"PHONE"',
}
# Whether a page in this order is read from an index. Doctors are few, so they are sorted.
ORDERS = {
    "Query.appointments.ordering.date": True,
    "Query.appointments.ordering.time": True,
    "Query.appointments.ordering.createdAt": True,
    "Query.doctors.ordering.specialty": False,
    "Query.doctors.ordering.experienceYears": False,
    "Query.doctors.ordering.lastName": False,
    "Query.doctors.ordering.firstName": False,
}
DIRECTIONS = [direction.name for direction in Ordering]
UNSORTED = {
    "as they come": "",
    "from a day on": 'filters: { date: { gte: "FIRST DAY" } }',
    "before a day": 'filters: { date: { lt: "LAST DAY" } }',
    "by day and time": "ordering: [{ date: ASC }, { time: ASC }]",
    "the latest first": "ordering: [{ date: DESC }, { time: DESC }]",
}
OTHERS = {
    "a history": "appointments(first: 20) { edges { node { history { status changedAt } } } }",
    "all counted": "appointments(first: 20) { totalCount }",
    "the records of appointments": (
        "appointments(first: 20) { edges { node { "
        "reasonForVisit patient { dateOfBirth user { lastName } } } } }"
    ),
    "the last appointments": f"appointments(last: 20) {{ {PAGE} }}",
    "the appointment types": "appointmentTypes { name maxPerDay }",
    "the doctors": f"doctors(first: 20) {{ totalCount {NAMES} }}",
    "the doctors' schedules": (
        "doctors(first: 20) { edges { node { "
        "appointmentTypes { name } specialHours { date hours { startTime } } } } }"
    ),
    "the doctors' slots": "doctors(first: 20) { edges { node { availableSlots { date } } } }",
    "the earliest slots": 'nextAvailable(specialty: "specialty 1") { slot { date } }',
    "the earliest slots of a type": 'nextAvailable(appointmentTypeId: "TYPE") { slot { date } }',
    "the patients": f"patients(first: 20) {{ totalCount {NAMES} }}",
    "the record's readers": "me { accessLog(first: 20) { edges { node { at } } } }",
    "the specialties": "specialties",
    "open slots": "me { doctor { availableSlots(days: 14) { date time } } }",
}
ONE = {
    "a doctor": 'doctor(id: "DOCTOR") { id workingHours { weekday } }',
    "an appointment type": 'node(id: "TYPE") { ... on AppointmentType { name } }',
    "a patient": 'patient(id: "PATIENT") { id address }',
    "an appointment": 'appointment(id: "APPOINTMENT") { id history { status } }',
    "a doctor as a person": 'node(id: "DOCTOR AS A PERSON") { ... on Person { lastName } }',
    "a patient as a person": 'node(id: "PATIENT AS A PERSON") { ... on Person { lastName } }',
}
