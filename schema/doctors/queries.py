"""Queries that find doctors and their next slots."""

from typing import Annotated

import strawberry
import strawberry_django
from django.db.models import QuerySet
from strawberry import relay

from clinic import models
from clinic.booking.lookups import SearchedDoctor, find_bookable_doctors, find_visible_doctor
from schema.core.batching import RowBatch, load_by_keys
from schema.core.context import Info
from schema.core.filters import validate_search_text
from schema.core.global_ids import global_id_to_pk, optional_pk
from schema.core.pagination import CursorConnection, check_bounds
from schema.core.permissions import require_user
from schema.core.slots import Slot
from schema.doctors.available_slots import FOR_PATIENT_ID, earliest_slots
from schema.doctors.filters import DoctorFilter
from schema.doctors.types import Doctor


@strawberry.type(description="A doctor and the doctor's earliest available slot.")
class NextAvailable:
    doctor_pk: strawberry.Private[int]
    # The doctors of all results, which are loaded together.
    batch: strawberry.Private[RowBatch[SearchedDoctor]]
    slot: Slot = strawberry.field(description="Earliest slot of the doctor that you can book.")

    @strawberry.field(graphql_type=Doctor, description="The doctor.")
    def doctor(self, info: Info) -> models.Doctor:
        return self.batch.load(info, load_doctors)[self.doctor_pk]


def load_doctors(doctors: list[SearchedDoctor], info: Info) -> dict[int, models.Doctor]:
    """Load the doctors, with the selected fields, in one query. Returns them by pk."""
    loaded = load_by_keys(models.Doctor, [doctor.pk for doctor in doctors], info)
    return {doctor.pk: doctor for doctor in loaded}


@strawberry.type
class DoctorQuery:
    @strawberry_django.connection(
        CursorConnection[Doctor],
        description="Doctors who can be booked: approved by staff, with an active account and the "
        "doctor role.",
    )
    def doctors(
        self,
        info: Info,
        filters: Annotated[
            DoctorFilter | None,
            strawberry.argument(description="Filters to apply. Null applies none."),
        ] = None,
    ) -> QuerySet[models.Doctor]:
        require_user(info)
        doctors = models.Doctor.objects.bookable()
        if filters:
            doctors = filters.apply(doctors, info)
        return doctors.by_name()

    @strawberry_django.field(
        graphql_type=Doctor | None,
        description="A doctor who can be booked, your own doctor profile, or that of a doctor whom "
        "you assist; null if there is no such doctor.",
    )
    def doctor(
        self,
        info: Info,
        id: Annotated[relay.GlobalID, strawberry.argument(description="Global ID of the doctor.")],
    ) -> models.Doctor | None:
        return find_visible_doctor(require_user(info), global_id_to_pk(id, of=models.Doctor))

    @strawberry.field(
        description="Specialties of the doctors who can be booked, in alphabetical order. "
        "Spellings that differ only in what `TextLookup.iExact` ignores are one entry, in the "
        "commonest spelling."
    )
    def specialties(self, info: Info) -> list[str]:
        require_user(info)
        return models.Doctor.objects.bookable().specialties()

    @strawberry.field(
        description="For each doctor, the earliest slot that you can book, ordered by start. "
        "Doctors without a slot within the clinic's booking horizon are omitted."
    )
    def next_available(
        self,
        info: Info,
        specialty: Annotated[
            str | None,
            strawberry.argument(
                description="Only doctors of this specialty: its whole name, in any spelling that "
                "`TextLookup.iExact` takes for equal."
            ),
        ] = None,
        appointment_type_id: Annotated[
            relay.GlobalID | None,
            strawberry.argument(
                description="Global ID of an appointment type: only doctors who offer it, and "
                "slots with its duration. Staff, and doctors and assistants for their own "
                "schedules, also find types that patients cannot book. Defaults to the first type "
                "of each doctor that patients can book."
            ),
        ] = None,
        patient_id: Annotated[
            relay.GlobalID | None, strawberry.argument(description=FOR_PATIENT_ID)
        ] = None,
        first: Annotated[
            int, strawberry.argument(description="Maximum number of doctors, 0 to 100.")
        ] = 5,
    ) -> list[NextAvailable]:
        require_user(info)
        check_bounds(first=first)
        doctors = find_bookable_doctors(specialty and validate_search_text(specialty))
        type_ = optional_pk(appointment_type_id, of=models.AppointmentType)
        earliest = earliest_slots(doctors, info, type_, patient_id, first)
        info.context.charge_progress()
        batch = RowBatch(doctor for _slot, doctor in earliest)
        return [
            NextAvailable(doctor_pk=doctor.pk, batch=batch, slot=Slot(wall=slot))
            for slot, doctor in earliest
        ]
