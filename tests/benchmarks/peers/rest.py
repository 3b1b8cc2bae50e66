"""Django REST Framework and simplejwt as in their documentation, on our domain layer."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.urls import path
from rest_framework import generics, serializers, status
from rest_framework.generics import get_object_or_404
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.views import TokenObtainPairView

from clinic import clock
from clinic.booking import availability
from clinic.booking import services as booking
from clinic.booking.criteria import criteria_for_booking
from clinic.booking.requests import BookingRequest
from clinic.errors import SlotUnavailable
from clinic.models import AccessAction, Appointment, Doctor, Patient
from clinic.privacy import audit
from clinic.privacy.audit import Access
from clinic.slots import Slot
from tests.benchmarks.peers.audit_fields import READ_FIELDS, WRITTEN_FIELDS
from users.common.transactions import TransactionConflict
from users.models import User


class AccountSerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ("id", "email", "first_name", "last_name", "gender", "is_doctor", "is_patient")


class PersonSerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ("id", "first_name", "last_name")


class DoctorSerializer(serializers.ModelSerializer):
    user = PersonSerializer()

    class Meta:
        model = Doctor
        fields = ("id", "specialty", "user")


class PatientSerializer(serializers.ModelSerializer):
    user = PersonSerializer()

    class Meta:
        model = Patient
        fields = ("id", "date_of_birth", "user")


class AppointmentSerializer(serializers.ModelSerializer):
    doctor = DoctorSerializer()
    patient = PatientSerializer()

    class Meta:
        model = Appointment
        fields = (
            *("id", "date", "time", "duration_minutes", "status", "reason_for_visit"),
            *("doctor", "patient"),
        )


class SlotSerializer(serializers.Serializer):
    date = serializers.DateField()
    time = serializers.TimeField()
    duration_minutes = serializers.IntegerField()
    starts_at = serializers.SerializerMethodField()
    ends_at = serializers.SerializerMethodField()

    def get_starts_at(self, slot: Slot) -> str:
        return slot.starts_at(clock.zone()).isoformat()

    def get_ends_at(self, slot: Slot) -> str:
        return slot.ends_at(clock.zone()).isoformat()


class BookingSerializer(serializers.Serializer):
    doctor_id = serializers.IntegerField(min_value=1)
    date = serializers.DateField()
    time = serializers.TimeField()
    reason_for_visit = serializers.CharField(max_length=2000, allow_blank=True, default="")
    idempotency_key = serializers.CharField(max_length=200, required=False)


class Pages(CursorPagination):
    page_size_query_param = "page_size"
    max_page_size = 200
    ordering = ("date", "time", "pk")


class Appointments(generics.ListAPIView):
    serializer_class = AppointmentSerializer
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[Appointment]:
        return Appointment.objects.visible_to(self.request.user).with_people()

    def paginate_queryset(self, queryset: QuerySet[Appointment]) -> list[Appointment]:
        page: list[Appointment] = super().paginate_queryset(queryset)
        access = Access(AccessAction.READ, frozenset(READ_FIELDS))
        accesses = dict.fromkeys((appointment.patient_id for appointment in page), access)
        audit.record(self.request, accesses, actor=self.request.user, operation="appointments")
        return page

    def post(self, request: Request) -> Response:
        serializer = BookingSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        now = clock.now()
        try:
            appointment = booking.book(
                actor=request.user,
                request=BookingRequest(**serializer.validated_data),
                now=now,
            )
        except ValidationError as error:
            return Response(error.message_dict, status=status.HTTP_400_BAD_REQUEST)
        except (SlotUnavailable, TransactionConflict) as error:
            return Response({"detail": str(error)}, status=status.HTTP_409_CONFLICT)
        access = Access(AccessAction.CHANGE, frozenset(WRITTEN_FIELDS))
        accesses = dict.fromkeys([appointment.patient_id], access)
        audit.record(request, accesses, actor=request.user, operation="book")
        return Response(AppointmentSerializer(appointment).data, status=status.HTTP_201_CREATED)


class Me(generics.RetrieveAPIView):
    serializer_class = AccountSerializer

    def get_object(self) -> User:
        user: User = self.request.user
        return user


class DaysParameters(serializers.Serializer):
    days = serializers.IntegerField(min_value=1, max_value=92, default=14)


class AvailableSlots(APIView):
    def get(self, request: Request, pk: int) -> Response:
        parameters = DaysParameters(data=request.query_params)
        parameters.is_valid(raise_exception=True)
        doctors = Doctor.objects.visible_to(request.user).select_related("user")
        doctor = get_object_or_404(doctors, pk=pk)
        now = clock.now()
        criteria = criteria_for_booking(request.user, now)
        bookable = [doctor] if doctor.is_bookable else []
        found = availability.open_slots(
            bookable, criteria, now.date(), parameters.validated_data["days"]
        )
        slots = SlotSerializer(found.get(doctor.pk, []), many=True).data
        return Response({"id": doctor.pk, "available_slots": slots})


class NextAvailableParameters(serializers.Serializer):
    specialty = serializers.CharField(max_length=200)
    first = serializers.IntegerField(min_value=0, max_value=100, default=5)


class NextAvailable(APIView):
    def get(self, request: Request) -> Response:
        parameters = NextAvailableParameters(data=request.query_params)
        parameters.is_valid(raise_exception=True)
        now = clock.now()
        bookable = Doctor.objects.bookable().select_related("user")
        doctors = bookable.of_specialty(parameters.validated_data["specialty"])
        criteria = criteria_for_booking(request.user, now)
        found = availability.first_slots(doctors, criteria, now.date(), limit=1)
        by_pk = {doctor.pk: doctor for doctor in doctors}
        earliest = sorted((slots[0], pk) for pk, slots in found.items() if slots)
        rows: list[dict[str, Any]] = [
            {"doctor": DoctorSerializer(by_pk[pk]).data, "slot": SlotSerializer(slot).data}
            for slot, pk in earliest[: parameters.validated_data["first"]]
        ]
        return Response(rows)


urlpatterns = [
    path("admin/", admin.site.urls),  # a middleware reverses its URL
    path("appointments", Appointments.as_view()),
    path("me", Me.as_view()),
    path("doctors/<int:pk>/slots", AvailableSlots.as_view()),
    path("next-available", NextAvailable.as_view()),
    path("token", TokenObtainPairView.as_view()),
]
