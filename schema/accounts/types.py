"""Yourself."""

import strawberry
import strawberry_django
from django.db.models import QuerySet
from strawberry import auto, relay

from clinic.calendars import feed
from clinic.models import AccessRecord as AccessRecordModel
from clinic.models import Doctor as DoctorModel
from clinic.models import Patient as PatientModel
from schema.accounts.access_records import AccessRecord
from schema.core.context import Info
from schema.core.enums import Gender
from schema.core.pagination import CursorConnection
from schema.doctors.types import Doctor
from schema.patients.types import Patient
from schema.people import AvatarSize, Size, picture_of
from users import models


@strawberry_django.type(
    models.User, name="User", description="Your own account. Everyone else is a `Person`."
)
class User(relay.Node):
    id: relay.NodeID[int]
    email: auto = strawberry_django.field(description="E-mail address, in lower case.")
    first_name: auto = strawberry_django.field(description="Given name.")
    last_name: auto = strawberry_django.field(description="Family name.")
    gender: Gender = strawberry_django.field(description="Gender, as you say it.")
    is_doctor: auto = strawberry_django.field(description="Whether you act as a doctor.")
    is_patient: auto = strawberry_django.field(description="Whether you act as a patient.")

    @strawberry_django.field(
        only=["avatar", "avatar_small"],
        description="Address of your picture, a square WebP; null if you have none.",
    )
    def avatar_url(
        self, root: strawberry.Parent[models.User], info: Info, size: Size = AvatarSize.LARGE
    ) -> str | None:
        return info.context.media_url(picture_of(root, size))

    @strawberry_django.field(
        only=["calendar_key"],
        description="Address of a calendar (iCalendar) with your appointments, to subscribe to in a "
        "calendar program. Whoever has it can read them: keep it to yourself, or change it with "
        "`resetCalendarUrl`.",
    )
    def calendar_url(self, root: strawberry.Parent[models.User], info: Info) -> str:
        return info.context.url("calendar_feed", token=feed.token_of(root))

    @strawberry_django.field(
        graphql_type=Doctor | None,
        description="Your profile as a doctor; null until you have filled it in.",
    )
    def doctor(self, root: strawberry.Parent[models.User]) -> QuerySet[DoctorModel]:
        return DoctorModel.objects.filter(user=root)

    @strawberry_django.field(
        graphql_type=Patient | None,
        description="Your profile as a patient; null until you have filled it in.",
    )
    def patient(self, root: strawberry.Parent[models.User]) -> QuerySet[PatientModel]:
        return PatientModel.objects.filter(user=root)

    @strawberry_django.connection(
        CursorConnection[AccessRecord],
        description="Who read your record as a patient or changed it, the latest first.",
    )
    def access_log(self, root: strawberry.Parent[models.User]) -> QuerySet[AccessRecordModel]:
        return AccessRecordModel.objects.of(root)
