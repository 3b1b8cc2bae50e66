"""Exceptions to the weekly working hours: special hours of a doctor, closures of the clinic."""

import datetime as dt
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.errors import BookingErrorCode, booking_error
from clinic.models.doctor import Doctor
from clinic.models.schedule import END_AFTER_START
from clinic.slots import minutes_between
from clinic.validators import validate_time_on_grid
from users.changed_fields import ChangedFieldsModel
from users.fields import NameField
from users.querysets import QuerySet


class SpecialHoursQuerySet(QuerySet["SpecialHours"]):
    """Special hours."""

    def from_day(self, day: dt.date) -> Self:
        """Special hours of ``day`` and later dates, with their intervals, by date."""
        return self.filter(date__gte=day).prefetch_related("intervals").order_by("date")


class SpecialHours(models.Model):
    """A date on which a doctor works other hours than in the week; without intervals, none."""

    doctor = models.ForeignKey(
        Doctor, on_delete=models.CASCADE, related_name="special_hours", db_index=False
    )
    date = models.DateField()

    objects = SpecialHoursQuerySet.as_manager()

    class Meta:
        verbose_name_plural = _("special hours")
        ordering = ("date",)
        constraints = [
            models.UniqueConstraint(name="special_hours_one_a_day", fields=["doctor", "date"])
        ]

    def __str__(self) -> str:
        return f"{self.date}"


class SpecialInterval(ChangedFieldsModel):
    """One interval ``[start_time, end_time)`` of a date with special hours, on the wall clock."""

    special_hours = models.ForeignKey(
        SpecialHours, on_delete=models.CASCADE, related_name="intervals", db_index=False
    )
    start_time = models.TimeField(validators=[validate_time_on_grid])
    end_time = models.TimeField(
        validators=[validate_time_on_grid],
        help_text=_("In the clinic's time zone. Enter 00:00 for midnight at the end of the day."),
    )

    class Meta:
        ordering = ("start_time",)
        constraints = [
            models.UniqueConstraint(
                name="special_interval_one_start", fields=["special_hours", "start_time"]
            ),
            models.CheckConstraint(
                name="special_interval_start_before_end",
                condition=models.Q(start_time__lt=models.F("end_time"))
                | models.Q(end_time=dt.time()),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.start_time:%H:%M}-{self.end_time:%H:%M}"

    @property
    def minutes(self) -> range:
        """The interval in minutes since midnight, ``[start, end)``."""
        return minutes_between(self.start_time, self.end_time)

    def clean(self) -> None:
        if self.start_time and self.end_time is not None and not self.minutes:
            raise booking_error(BookingErrorCode.INVALID, "end_time", str(END_AFTER_START))


class ClosureQuerySet(QuerySet["Closure"]):
    """Closures."""

    def upcoming(self, today: dt.date) -> Self:
        """Closures that have not ended, by first day."""
        return self.filter(last_day__gte=today)

    def between(
        self, first: dt.date | models.Expression, last: dt.date | models.Expression
    ) -> Self:
        """Closures with a day between two dates, both included."""
        return self.filter(first_day__lte=last, last_day__gte=first)


class Closure(ChangedFieldsModel):
    """Days on which the whole clinic is closed, both included. Patients see the name."""

    name = NameField(max_length=100)
    first_day = models.DateField()
    last_day = models.DateField()

    objects = ClosureQuerySet.as_manager()

    class Meta:
        ordering = ("first_day", "last_day", "pk")
        indexes = [models.Index(name="closure_last_day", fields=["last_day"])]
        constraints = [
            models.CheckConstraint(
                name="closure_first_before_last",
                condition=models.Q(first_day__lte=models.F("last_day")),
            )
        ]

    def __str__(self) -> str:
        days = f"{self.first_day}"
        if self.last_day != self.first_day:
            days += f" - {self.last_day}"
        return f"{self.name} ({days})"

    def clean(self) -> None:
        if self.first_day and self.last_day and self.last_day < self.first_day:
            message = _("The last day must not be before the first day.")
            raise booking_error(BookingErrorCode.INVALID, "last_day", str(message))
