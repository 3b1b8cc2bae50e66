"""Root subscription type."""

import datetime as dt
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from copy import copy
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Annotated, Any, TypeVar, cast

import strawberry
from channels.db import database_sync_to_async
from strawberry import relay

from clinic import models
from clinic.models.appointment_access import VIEW_APPOINTMENT
from clinic.models.patient import VIEW_PATIENT
from clinic.privacy.visibility import ContactVisibility, contact_visibility_for
from schema.appointments.types import Appointment
from schema.core.batching import attach_batch
from schema.core.context import WebSocketContext
from schema.core.global_ids import get_by_global_id
from schema.core.record_access import prepare
from schema.doctors.availability_change import AvailabilityChange
from schema.transport.publisher import STAFF_GROUP, doctor_group, user_group
from schema.transport.shared_loads import shared_loads
from users.models import User
from users.staff import can_act_as_staff, staff_ids

SocketInfo = strawberry.Info[WebSocketContext, None]
Person = TypeVar("Person", models.Doctor, models.Patient)


@strawberry.type(
    description="Root subscription. Real-time events over a WebSocket with the "
    "graphql-transport-ws protocol. Send the access token as `Authorization` in the payload of "
    "the `connection_init` message."
)
class Subscription:
    @strawberry.subscription(
        description="Sends one of your appointments, with its new state, whenever it is booked or "
        "changed: rescheduled, amended, reassigned to you as its doctor, confirmed, completed, "
        "cancelled or reopened, or if an arrival or a no-show is recorded. Your appointments are "
        "those of everybody for whom you act, as a guardian or an assistant, too. Staff with the "
        "permission to view appointments receive all; those who get it later must subscribe again. "
        "An appointment that is reassigned to another doctor is not sent to its former one, and "
        "none is sent any more once you cannot see it."
    )
    async def appointment_changed(self, info: SocketInfo) -> AsyncGenerator[Appointment, None]:
        socket = info.context.socket
        group = await _appointment_group(socket.user)
        async with aclosing(socket.subscribe_to_group(group)) as messages:
            async for message in messages:
                event = await _event_for(info.context, message)
                if event:
                    info.context.load_contact_visibility = event.load_contact_visibility
                    yield cast("Appointment", event.copy_appointment())

    @strawberry.subscription(
        description="Sends an event whenever the available slots of a doctor change. Completes "
        "immediately if you cannot see the doctor."
    )
    async def availability_changed(
        self,
        info: SocketInfo,
        doctor_id: Annotated[
            relay.GlobalID, strawberry.argument(description="Global ID of the doctor.")
        ],
    ) -> AsyncGenerator[AvailabilityChange, None]:
        socket = info.context.socket
        visible = await _visible_doctor(socket.user, doctor_id)
        if visible is None:
            return
        load = partial(_load_doctor, visible.pk)
        async with aclosing(socket.subscribe_to_group(doctor_group(visible.pk))) as messages:
            async for message in messages:
                doctor = await shared_loads.load(message["event"], load)
                if doctor and (doctor.is_bookable or await _is_visible(doctor, socket.user)):
                    day = message["date"] and dt.date.fromisoformat(message["date"])
                    yield AvailabilityChange(doctor_id=doctor_id, date=day)


@database_sync_to_async
def _appointment_group(user: User) -> str:
    """Return the group with the appointments that ``user`` can see; each is checked when sent."""
    return STAFF_GROUP if can_act_as_staff(user, VIEW_APPOINTMENT) else user_group(user.pk)


@database_sync_to_async
def _is_visible(doctor: models.Doctor, user: User) -> bool:
    return doctor.is_visible_to(user)


@dataclass
class AppointmentEvent:
    """What an event shows to ``reader``, shared by the reader's subscriptions."""

    appointment: models.Appointment
    reader: User

    def copy_appointment(self) -> models.Appointment:
        """Return a copy with a batch of its own, which holds the results of one operation."""
        appointment = copy(self.appointment)
        appointment.doctor = _copy_person(appointment.doctor)
        appointment.patient = _copy_person(appointment.patient)
        attach_batch([appointment])
        return appointment

    def load_contact_visibility(self) -> ContactVisibility:
        return self._contact_visibility

    @cached_property
    def _contact_visibility(self) -> ContactVisibility:
        return contact_visibility_for(self.reader)


@dataclass(frozen=True)
class StaffEvent:
    """What an event shows to all staff who can see every appointment and every patient's record."""

    appointment: models.Appointment
    readers: frozenset[int]  # the primary keys of these accounts


def _copy_person(person: Person) -> Person:
    copied = copy(person)
    copied.user = copy(person.user)
    return copied


async def _event_for(
    context: WebSocketContext, message: Mapping[str, Any]
) -> AppointmentEvent | None:
    """Return what a message shows to the caller; None if the caller cannot see the appointment.

    Loaded once for most staff: hundreds of them can wait for each event.
    """
    event, pk, user = message["event"], message["appointment"], context.socket.user
    if user.is_staff:
        shared = await shared_loads.load((event, "staff"), partial(_load_staff_event, pk))
        if shared and user.pk in shared.readers:
            return AppointmentEvent(shared.appointment, user)
    return await shared_loads.load((event, user.pk), partial(_load_event, context, pk))


@database_sync_to_async
def _load_staff_event(pk: int) -> StaffEvent | None:
    appointment = models.Appointment.objects.with_people().filter(pk=pk).get_or_none()
    if appointment is None:
        return None
    appointment.record_readable = True
    return StaffEvent(appointment, staff_ids(VIEW_APPOINTMENT) & staff_ids(VIEW_PATIENT))


@database_sync_to_async
def _load_event(context: WebSocketContext, pk: int) -> AppointmentEvent | None:
    """Load the appointment in its present state; None if the caller cannot see it."""
    visible = models.Appointment.objects.visible_to(context.user).with_people()
    appointment = visible.filter(pk=pk).get_or_none()
    if appointment is None:
        return None
    prepare(appointment, context)
    return AppointmentEvent(appointment, context.user)


@database_sync_to_async
def _load_doctor(pk: int) -> models.Doctor | None:
    return models.Doctor.objects.select_related("user").filter(pk=pk).get_or_none()


@database_sync_to_async
def _visible_doctor(user: User, doctor_id: relay.GlobalID) -> models.Doctor | None:
    return get_by_global_id(models.Doctor.objects.visible_to(user), doctor_id)
