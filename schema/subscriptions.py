"""Root subscription type."""

import datetime as dt
from collections.abc import AsyncGenerator
from typing import Annotated, cast

import strawberry
from channels.db import database_sync_to_async
from strawberry import relay

from clinic import models
from schema.appointments.types import Appointment
from schema.core.context import WebSocketContext
from schema.core.global_ids import get_by_global_id
from schema.core.record_access import prepare
from schema.doctors.availability_change import AvailabilityChange
from schema.transport.publisher import doctor_group, user_group
from users.models import User

SocketInfo = strawberry.Info[WebSocketContext, None]


@strawberry.type(
    description="Root subscription. Real-time events over a WebSocket with the "
    "graphql-transport-ws protocol. Send the access token as `Authorization` in the payload of "
    "the `connection_init` message."
)
class Subscription:
    @strawberry.subscription(
        description="Sends one of your appointments, with its new state, whenever it is booked, "
        "rescheduled, confirmed, completed or cancelled."
    )
    async def appointment_changed(self, info: SocketInfo) -> AsyncGenerator[Appointment, None]:
        socket = info.context.socket
        async for message in socket.subscribe_to_group(user_group(socket.user.pk)):
            appointment = await _visible_appointment(info.context, message["appointment"])
            if appointment:
                yield cast("Appointment", appointment)

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
        doctor = await _visible_doctor(socket.user, doctor_id)
        if doctor is None:
            return
        async for message in socket.subscribe_to_group(doctor_group(doctor.pk)):
            if await _visible_doctor(socket.user, doctor_id):
                day = message["date"] and dt.date.fromisoformat(message["date"])
                yield AvailabilityChange(doctor_id=doctor_id, date=day)


@database_sync_to_async
def _visible_appointment(context: WebSocketContext, pk: int) -> models.Appointment | None:
    visible = models.Appointment.objects.visible_to(context.user).with_people()
    appointment = visible.filter(pk=pk).get_or_none()
    if appointment:
        prepare(appointment, context)
    return appointment


@database_sync_to_async
def _visible_doctor(user: User, doctor_id: relay.GlobalID) -> models.Doctor | None:
    return get_by_global_id(models.Doctor.objects.visible_to(user), doctor_id)
