"""Strawberry, strawberry-django's optimizer and django-graphql-jwt without our changes."""

import datetime as dt
from functools import cached_property
from typing import Any, cast

import strawberry
import strawberry_django
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from graphql_jwt.utils import get_http_authorization, get_payload
from strawberry import auto, relay
from strawberry.django.context import StrawberryDjangoContext
from strawberry.django.views import GraphQLView
from strawberry_django.optimizer import DjangoOptimizerExtension
from strawberry_django.relay import DjangoCursorConnection

from clinic import clock, models
from clinic import slots as clinic_slots
from clinic.booking import availability
from clinic.booking.criteria import criteria_for_booking
from clinic.models import AccessAction
from clinic.privacy import audit
from clinic.privacy.audit import Access
from tests.benchmarks.peers.audit_fields import READ_FIELDS
from tests.benchmarks.peers.sessions import session_user
from users import models as accounts


class Context(StrawberryDjangoContext):
    @cached_property
    def user(self) -> accounts.User:
        token = get_http_authorization(self.request)
        claims = get_payload(token) if token else {}
        user = claims and session_user(claims["sid"], email=claims["email"])
        if not user:
            raise PermissionDenied
        return user


class View(GraphQLView[Context, None]):
    def get_context(self, request: HttpRequest, response: HttpResponse) -> Context:
        return Context(request=request, response=response)


def user_of(info: strawberry.Info[Context, None]) -> accounts.User:
    return info.context.user


@strawberry_django.type(accounts.User)
class User(relay.Node):
    email: str
    first_name: str
    last_name: str
    gender: auto
    is_doctor: auto
    is_patient: auto


@strawberry_django.type(accounts.User)
class Person(relay.Node):
    first_name: str
    last_name: str


@strawberry.type
class Slot:
    date: dt.date
    time: dt.time
    duration_minutes: int
    starts_at: dt.datetime
    ends_at: dt.datetime


def convert_slot(slot: clinic_slots.Slot) -> Slot:
    zone = clock.zone()
    return Slot(
        date=slot.date,
        time=slot.time,
        duration_minutes=slot.duration_minutes,
        starts_at=slot.starts_at(zone),
        ends_at=slot.ends_at(zone),
    )


@strawberry_django.type(models.Doctor)
class Doctor(relay.Node):
    specialty: str
    user: Person

    @strawberry_django.field(
        only=["slot_minutes", "approved", "user__is_active", "user__is_doctor"],
        select_related=["user"],
    )
    def available_slots(
        self, root: strawberry.Parent[models.Doctor], info: strawberry.Info, days: int = 14
    ) -> list[Slot]:
        now = clock.now()
        criteria = criteria_for_booking(user_of(info), now)
        bookable = [root] if root.is_bookable else []
        found = availability.open_slots(bookable, criteria, now.date(), days)
        return [convert_slot(slot) for slot in found.get(root.pk, [])]


@strawberry_django.type(models.Patient)
class Patient(relay.Node):
    date_of_birth: auto
    user: Person


@strawberry_django.type(models.Appointment)
class Appointment(relay.Node):
    date: auto
    time: auto
    duration_minutes: auto
    status: auto
    reason_for_visit: auto
    doctor: Doctor
    patient: Patient


@strawberry.type
class AuditedConnection(DjangoCursorConnection[relay.NodeType]):
    @classmethod
    def resolve_connection(cls, nodes: Any, *, info: Any, **kwargs: Any) -> Any:
        page: Any = super().resolve_connection(nodes, info=info, **kwargs)
        access = Access(AccessAction.READ, frozenset(READ_FIELDS))
        accesses = dict.fromkeys((edge.node.patient_id for edge in page.edges), access)
        audit.record(info.context.request, accesses, actor=user_of(info), operation="appointments")
        return page


@strawberry.type
class NextAvailable:
    doctor: Doctor
    slot: Slot


@strawberry.type
class Query:
    @strawberry_django.connection(AuditedConnection[Appointment])
    def appointments(self, info: strawberry.Info) -> QuerySet[models.Appointment]:
        return models.Appointment.objects.visible_to(user_of(info)).order_by("date", "time", "pk")

    @strawberry_django.field(graphql_type=User)
    def me(self, info: strawberry.Info) -> accounts.User:
        return user_of(info)

    @strawberry_django.field(graphql_type=Doctor | None)
    def doctor(self, info: strawberry.Info, id: relay.GlobalID) -> QuerySet[models.Doctor]:
        return models.Doctor.objects.visible_to(user_of(info)).filter(pk=int(id.node_id))

    @strawberry.field
    def next_available(
        self, info: strawberry.Info, specialty: str, first: int = 5
    ) -> list[NextAvailable]:
        now = clock.now()
        bookable = models.Doctor.objects.bookable().select_related("user")
        doctors = bookable.of_specialty(specialty)
        criteria = criteria_for_booking(user_of(info), now)
        found = availability.first_slots(doctors, criteria, now.date(), limit=1)
        by_pk = {doctor.pk: doctor for doctor in doctors}
        earliest = sorted((slots[0], pk) for pk, slots in found.items() if slots)
        return [
            NextAvailable(doctor=cast("Doctor", by_pk[pk]), slot=convert_slot(slot))
            for slot, pk in earliest[:first]
        ]


schema = strawberry.Schema(Query, extensions=[DjangoOptimizerExtension])
urlpatterns = [
    path("admin/", admin.site.urls),  # a middleware reverses its URL
    path("graphql/", csrf_exempt(View.as_view(schema=schema))),
]
