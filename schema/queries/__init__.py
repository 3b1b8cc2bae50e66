"""What can be asked."""

import strawberry

from schema.queries.appointments import AppointmentQuery
from schema.queries.clinic import ClinicQuery
from schema.queries.doctors import DoctorQuery
from schema.queries.me import MeQuery
from schema.queries.node import NodeQuery
from schema.queries.patients import PatientQuery


@strawberry.type(description="What can be asked.")
class Query(ClinicQuery, MeQuery, DoctorQuery, PatientQuery, AppointmentQuery, NodeQuery):
    pass
