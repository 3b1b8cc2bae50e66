"""GraphQL type of doctors, with its public and restricted fields."""

import datetime as dt
from typing import Annotated

import strawberry
import strawberry_django
from strawberry import auto, relay

from clinic import models
from clinic.booking import schedules
from schema.appointment_types.types import AppointmentType
from schema.core.batching import attach_batch, batch_of
from schema.core.context import Info
from schema.core.errors import CodedError, ErrorCode
from schema.core.slots import Slot
from schema.doctors.available_slots import FOR_PATIENT_ID, MAX_DAYS, SlotSearch, load_slots
from schema.doctors.filters import DoctorOrder
from schema.doctors.managed import VIEW_DOCTOR, is_managed, managed_doctors
from schema.doctors.schedule_types import SpecialHours, TimeOff, WorkingHours
from schema.people import Person, set_contact_shown
from users.models import User
from users.staff import can_act_as_staff


def load_time_off(doctors: list[models.Doctor], info: Info) -> dict[int, list[models.TimeOff]]:
    """Load the upcoming time off of those doctors whom the caller manages. Returns it by pk.

    A page of appointments can contain a doctor many times, which must not repeat the query.
    """
    managed = managed_doctors(info.context.user, doctors)
    time_off: dict[int, list[models.TimeOff]] = {pk: [] for pk in managed}
    for row in schedules.upcoming_time_off(managed, info.context.now) if managed else ():
        time_off[row.doctor_id].append(row)
    for rows in time_off.values():
        attach_batch(rows)
    return time_off


def load_appointment_types(
    doctors: list[models.Doctor], info: Info
) -> dict[int, list[models.AppointmentType]]:
    """Load the types that the doctors offer in one query. Returns them by pk."""
    user = info.context.user
    sees_all = can_act_as_staff(user, "clinic.view_appointmenttype")
    types: dict[int, list[models.AppointmentType]] = {doctor.pk: [] for doctor in doctors}
    managed = managed_doctors(user, doctors)
    for offered in models.OfferedType.objects.of_doctors(types):
        if sees_all or offered.appointment_type.active or offered.doctor_id in managed:
            types[offered.doctor_id].append(offered.appointment_type)
    return types


def load_special_hours(
    doctors: list[models.Doctor], info: Info
) -> dict[int, list[models.SpecialHours]]:
    """Load the special hours of the doctors from today on in two queries. Returns them by pk."""
    special: dict[int, list[models.SpecialHours]] = {doctor.pk: [] for doctor in doctors}
    rows = models.SpecialHours.objects.filter(doctor__in=list(special))
    for row in rows.from_day(info.context.now.date()):
        special[row.doctor_id].append(row)
    return special


def load_assistants(doctors: list[models.Doctor], info: Info) -> dict[int, list[User]]:
    """Load the assistants of the caller's own profile; for staff, of all. Returns them by pk."""
    user = info.context.user
    sees_all = can_act_as_staff(user, VIEW_DOCTOR)
    shown = [doctor.pk for doctor in doctors if sees_all or doctor.user_id == user.pk]
    assistants: dict[int, list[User]] = {pk: [] for pk in shown}
    own = {doctor.pk for doctor in doctors if doctor.user_id == user.pk}
    rows = models.Assistant.objects.filter(doctor__in=shown).with_people()
    for assistant in rows if shown else ():
        # The doctor needs the email addresses to send the list again without one of them.
        set_contact_shown(assistant.user, shown=assistant.doctor_id in own)
        assistants[assistant.doctor_id].append(assistant.user)
    return assistants


@strawberry_django.type(
    models.Doctor,
    ordering=DoctorOrder,
    description="A doctor's profile. Fields with restricted visibility are empty for users who are "
    "not allowed to see them.",
)
class Doctor(relay.Node):
    id: relay.NodeID[int]
    user: Person = strawberry_django.field(
        description="The doctor's name, picture and email address."
    )
    specialty: str = strawberry_django.field(description="Medical specialty.")
    experience_years: auto = strawberry_django.field(
        description="Years of professional experience, 0 to 80."
    )
    slot_minutes: auto = strawberry_django.field(
        description="Minutes from the start of one slot to that of the next, 5 to 480, a multiple "
        "of 5. Also the length of an appointment without a type."
    )
    working_hours: list[WorkingHours] = strawberry_django.field(
        description="Weekly working hours, ordered by weekday and start time. `specialHours`, time "
        "off and closures of the clinic replace them on single dates."
    )

    @strawberry_django.field(
        only=["user_id"],
        graphql_type=list[AppointmentType],
        description="Appointment types that the doctor offers, in the doctor's order. Searching "
        "and booking without a type use the first one that patients can book. Without types every "
        "appointment has the doctor's slot length. Inactive types are shown only to the doctor, "
        "to those who act for the doctor, and to staff.",
    )
    def appointment_types(
        self, root: strawberry.Parent[models.Doctor], info: Info
    ) -> list[models.AppointmentType]:
        return batch_of(root).load(info, load_appointment_types)[root.pk]

    @strawberry_django.field(
        only=["id"],
        graphql_type=list[SpecialHours],
        description="Dates from today on with other hours than `workingHours`, ordered by date.",
    )
    def special_hours(
        self, root: strawberry.Parent[models.Doctor], info: Info
    ) -> list[models.SpecialHours]:
        return batch_of(root).load(info, load_special_hours)[root.pk]

    @strawberry_django.field(
        only=["phone_number", "user_id"],
        description="Phone number in E.164 format. Visible to the doctor, to those who act for the "
        "doctor, to staff with the permission to view doctors, and to patients with an appointment "
        "of any status; empty for everyone else.",
    )
    def phone_number(self, root: strawberry.Parent[models.Doctor], info: Info) -> str:
        visible = root.user_id in info.context.contact_visibility.doctors
        return str(root.phone_number) if visible or is_managed(root, info) else ""

    @strawberry_django.field(
        only=["approved", "user_id"],
        description="Whether staff have approved the profile, so that patients can find and book "
        "the doctor. Visible to the doctor, to those who act for the doctor, and to staff with the "
        "permission to view doctors; false for everyone else.",
    )
    def approved(self, root: strawberry.Parent[models.Doctor], info: Info) -> bool:
        return root.approved and is_managed(root, info)

    @strawberry_django.field(
        only=["user_id"],
        graphql_type=list[TimeOff],
        description="Time-off periods that have not ended, ordered by start. Visible to the "
        "doctor, to those who act for the doctor, and to staff with the permission to view "
        "doctors; an empty list for everyone else.",
    )
    def time_off(self, root: strawberry.Parent[models.Doctor], info: Info) -> list[models.TimeOff]:
        return batch_of(root).load(info, load_time_off).get(root.pk, [])

    @strawberry_django.field(
        only=["user_id"],
        graphql_type=list[Person],
        description="Users who act for the doctor, ordered by name. Set them with "
        "`setAssistants`. Visible to the doctor and to staff with the permission to view doctors; "
        "an empty list for everyone else.",
    )
    def assistants(self, root: strawberry.Parent[models.Doctor], info: Info) -> list[User]:
        return batch_of(root).load(info, load_assistants).get(root.pk, [])

    @strawberry_django.field(
        only=["slot_minutes", "approved", "user_id", "user__is_active", "user__is_doctor"],
        select_related=["user"],
        description="Slots that you can book, ordered by date and time. Dates in the past or "
        "after the clinic's booking horizon have no slots. Empty if the doctor cannot be booked.",
    )
    def available_slots(
        self,
        root: strawberry.Parent[models.Doctor],
        info: Info,
        start: Annotated[
            dt.date | None,
            strawberry.argument(description="First date to search. Defaults to today."),
        ] = None,
        days: Annotated[
            int, strawberry.argument(description="Number of days to search from `start`, 1 to 92.")
        ] = 14,
        moving: Annotated[
            relay.GlobalID | None,
            strawberry.argument(
                description="Global ID of an appointment to reschedule. Returns slots with its "
                "duration and treats its current time as free. The list is empty if you cannot "
                "move the appointment, or if it is with another doctor."
            ),
        ] = None,
        appointment_type_id: Annotated[
            relay.GlobalID | None,
            strawberry.argument(
                description="Global ID of one of `appointmentTypes`: returns slots with its "
                "duration. Staff, the doctor and assistants, who book for patients, also get those "
                "of a type that patients cannot book, and without the limits that apply to "
                "patients. Defaults to the first type that patients can book; if the doctor offers "
                "only others, patients get no slots, and staff, the doctor and assistants get "
                "slots of `slotMinutes`. Ignored with `moving`."
            ),
        ] = None,
        patient_id: Annotated[
            relay.GlobalID | None,
            strawberry.argument(description=FOR_PATIENT_ID + " Ignored with `moving`."),
        ] = None,
    ) -> list[Slot]:
        if not 1 <= days <= MAX_DAYS:
            raise CodedError(ErrorCode.BAD_USER_INPUT, f"`days` must be between 1 and {MAX_DAYS}.")
        search = SlotSearch(start, days, moving, appointment_type_id, patient_id)
        slots = batch_of(root).load(info, load_slots, search=search)
        return [Slot(wall=slot) for slot in slots.get(root.pk, [])]
