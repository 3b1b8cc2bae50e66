"""GraphQL type of the caller's own account."""

import strawberry
import strawberry_django
from django.db.models import QuerySet
from strawberry import auto, relay

from clinic.calendars import feed
from clinic.models import AccessRecord as AccessRecordModel
from clinic.models import Doctor as DoctorModel
from clinic.models import Patient as PatientModel
from clinic.models.doctor import assisted_doctors
from schema.core.batching import load_list
from schema.core.context import Info
from schema.core.enums import Gender
from schema.core.pagination import CursorConnection
from schema.doctors.types import Doctor
from schema.patients.access_records import AccessRecord
from schema.patients.types import Patient
from schema.people import AvatarSize, Size, picture_of
from users import models
from users.authentication import second_factor


@strawberry_django.type(
    models.User,
    name="User",
    description="Your own account. Other users, and you as others see you, are a `Person`.",
)
class User(relay.Node):
    id: relay.NodeID[int]
    email: str = strawberry_django.field(
        description="Email address, in lower case and with the domain in ASCII."
    )
    first_name: str = strawberry_django.field(description="Given name.")
    last_name: str = strawberry_django.field(description="Family name.")
    gender: Gender = strawberry_django.field(description="Gender. Only you can see it.")
    is_doctor: auto = strawberry_django.field(
        description="Whether the account has the doctor role."
    )
    is_patient: auto = strawberry_django.field(
        description="Whether the account has the patient role."
    )

    is_staff: auto = strawberry_django.field(
        description="Whether you are a member of staff, who sees and changes what the clinic "
        "permits."
    )

    @strawberry_django.field(
        only=["email_verified_at"],
        description="Whether you have used a link that was sent to your email address. Until "
        "then the clinic can reject `createAppointment` (`email_not_verified`) and send no other "
        "emails. Call `requestEmailVerification` for another link.",
    )
    def email_verified(self, root: strawberry.Parent[models.User]) -> bool:
        return root.has_verified_email

    @strawberry_django.field(
        only=["id"],
        description="Whether signing in needs a code of your authenticator app. Set it up with "
        "`startOtpEnrolment`.",
    )
    def otp_enabled(self, root: strawberry.Parent[models.User]) -> bool:
        return second_factor.is_enabled(root)

    @strawberry_django.field(
        only=["avatar", "avatar_small"],
        description="URL of your profile picture, a square WebP image; null if you have none.",
    )
    def avatar_url(
        self, root: strawberry.Parent[models.User], info: Info, size: Size = AvatarSize.LARGE
    ) -> str | None:
        return info.context.media_url(picture_of(root, size))

    @strawberry_django.field(
        only=["calendar_key"],
        description="URL of an iCalendar feed of your appointments, for subscribing in a calendar "
        "application. Anyone who has the URL can read the feed: keep it secret, and replace it "
        "with `resetCalendarUrl` if it leaks. A new password replaces it as well.",
    )
    def calendar_url(self, root: strawberry.Parent[models.User], info: Info) -> str:
        return info.context.url("calendar_feed", token=feed.token_of(root))

    @strawberry_django.field(
        graphql_type=Doctor | None,
        description="Your doctor profile; null until you create it with `upsertProfile`.",
    )
    def doctor(self, root: strawberry.Parent[models.User]) -> QuerySet[DoctorModel]:
        return DoctorModel.objects.filter(user=root)

    @strawberry_django.field(
        graphql_type=Patient | None,
        description="Your patient profile; null until you create it with `upsertProfile`.",
    )
    def patient(self, root: strawberry.Parent[models.User]) -> QuerySet[PatientModel]:
        return PatientModel.objects.of_account(root)

    @strawberry_django.field(
        only=["is_patient", "acts_for_patients"],
        graphql_type=list[Patient],
        description="The patients for whom you can book: yourself first, if you have a patient "
        "profile, then everyone for whom you act, ordered by name. Add one with `addDependant`.",
    )
    def patients(self, root: strawberry.Parent[models.User], info: Info) -> list[PatientModel]:
        return load_list(PatientModel.objects.listed_for_guardian(root), info)

    @strawberry_django.field(
        only=["acts_for_doctors"],
        graphql_type=list[Doctor],
        description="Doctors who named you as their assistant with `setAssistants`, ordered by "
        "name.",
    )
    def assisted_doctors(
        self, root: strawberry.Parent[models.User], info: Info
    ) -> list[DoctorModel]:
        assisted = DoctorModel.objects.filter(pk__in=assisted_doctors(root))
        return load_list(assisted.by_name(), info) if root.acts_for_doctors else []

    @strawberry_django.connection(
        CursorConnection[AccessRecord],
        description="Reads of your patient record by other users and all changes to it, latest "
        "first. Empty if you have no patient profile.",
    )
    def access_log(self, root: strawberry.Parent[models.User]) -> QuerySet[AccessRecordModel]:
        return AccessRecordModel.objects.of(root)
