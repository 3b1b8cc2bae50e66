"""What is told as it happens, over a WebSocket."""

import asyncio
import datetime as dt
import os
from collections.abc import AsyncGenerator
from functools import cache
from threading import Thread
from typing import Annotated, cast

import strawberry
from asgiref.sync import SyncToAsync
from channels.db import database_sync_to_async
from channels.layers import InMemoryChannelLayer, get_channel_layer
from strawberry import relay

from clinic import models
from clinic.events import AppointmentChanged, AvailabilityChanged, Event
from schema.appointments.types import Appointment
from schema.core.global_ids import named
from schema.doctors.availability_change import AvailabilityChange
from schema.transport.consumer import SocketContext
from users.common.querysets import only
from users.models import User

PATIENCE_SECONDS = 10

SocketInfo = strawberry.Info[SocketContext, None]


def person_topic(user_id: int) -> str:
    return f"person.{user_id}"


def doctor_topic(doctor_id: int) -> str:
    return f"doctor.{doctor_id}"


def publish(events: list[Event]) -> None:
    """Put committed events on the channel layer: ids and times, nothing personal."""
    loop = _loop_of_sockets()
    if loop is None and isinstance(get_channel_layer(), InMemoryChannelLayer):
        return  # Nobody listens in this process, and others could not hear it.
    messages = [message for event in events for message in _messages(event)]
    sent = asyncio.run_coroutine_threadsafe(_send(messages), loop or _kept_loop(os.getpid()))
    # A loop that ends just now never answers.
    sent.result(PATIENCE_SECONDS)


def _loop_of_sockets() -> asyncio.AbstractEventLoop | None:
    """The event loop that this process' sockets are served by; None if it serves none."""
    loop: asyncio.AbstractEventLoop | None = getattr(
        SyncToAsync.threadlocal, "main_event_loop", None
    )
    # A thread remembers a loop that it once worked for, also when it has ended.
    return loop if loop and loop.is_running() else None


@cache
def _kept_loop(_process: int) -> asyncio.AbstractEventLoop:
    """Not ``async_to_sync``, which makes a thread, a loop and a connection to Redis each time."""
    # Of each process its own: the thread that runs it is not there after a fork.
    loop = asyncio.new_event_loop()
    Thread(target=loop.run_forever, name="publisher", daemon=True).start()
    return loop


def _messages(event: Event) -> list[tuple[str, dict[str, object]]]:
    match event:
        case AppointmentChanged(appointment, people):
            return [(person_topic(person), {"appointment": appointment}) for person in people]
        case AvailabilityChanged(doctor, date):
            day = date and date.isoformat()
            return [(doctor_topic(doctor), {"doctor": doctor, "date": day})]


async def _send(messages: list[tuple[str, dict[str, object]]]) -> None:
    layer = get_channel_layer()
    assert layer, "CHANNEL_LAYERS names one"  # noqa: S101 - for the type checker
    for topic, message in messages:
        await layer.group_send(topic, {"type": topic, **message})


@strawberry.type(description="What is told as it happens, over a WebSocket (graphql-transport-ws).")
class Subscription:
    @strawberry.subscription(
        description="Your visits, each as it stands after it was booked, moved, confirmed, "
        "completed or cancelled."
    )
    async def appointment_changed(self, info: SocketInfo) -> AsyncGenerator[Appointment, None]:
        socket = info.context.socket
        async for message in socket.follow(person_topic(socket.user.pk)):
            visit = await _visible_visit(socket.user, message["appointment"])
            if visit:
                yield cast("Appointment", visit)

    @strawberry.subscription(
        description="That a doctor's open slots changed. Says nothing of a doctor whom you could "
        "not look up."
    )
    async def availability_changed(
        self,
        info: SocketInfo,
        doctor_id: Annotated[relay.GlobalID, strawberry.argument(description="Whose slots.")],
    ) -> AsyncGenerator[AvailabilityChange, None]:
        socket = info.context.socket
        doctor = await _visible_doctor(socket.user, doctor_id)
        if doctor is None:
            return
        async for message in socket.follow(doctor_topic(doctor.pk)):
            if await _visible_doctor(socket.user, doctor_id):
                day = message["date"] and dt.date.fromisoformat(message["date"])
                yield AvailabilityChange(doctor_id=doctor_id, date=day)


@database_sync_to_async
def _visible_visit(user: User, pk: int) -> models.Appointment | None:
    return only(models.Appointment.objects.visible_to(user).with_people().filter(pk=pk))


@database_sync_to_async
def _visible_doctor(user: User, doctor_id: relay.GlobalID) -> models.Doctor | None:
    return named(models.Doctor.objects.visible_to(user), doctor_id)
