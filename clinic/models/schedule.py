"""A doctor's weekly working hours, and time off."""

import datetime as dt

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinic import clock
from clinic.errors import BookingErrorCode, booking_error
from clinic.models.doctor import Doctor
from clinic.slots import minutes_between, ticks_between
from clinic.validators import validate_time_on_grid
from users.changed_fields import ChangedFieldsModel
from users.querysets import QuerySet
from users.text import multiline_text


class Weekday(models.IntegerChoices):
    """Day of the week. Monday is 0, as in ``datetime.date.weekday()``."""

    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6


END_AFTER_START = _("The end must be after the start.")
DEFAULT_WEEK = range(Weekday.MONDAY, Weekday.SATURDAY)
DEFAULT_HOURS = (dt.time(9), dt.time(17))


class WorkingHours(ChangedFieldsModel):
    """One weekly interval ``[start_time, end_time)``, on the clinic's wall clock."""

    doctor = models.ForeignKey(Doctor, on_delete=models.CASCADE, related_name="working_hours")
    weekday = models.PositiveSmallIntegerField(choices=Weekday)
    start_time = models.TimeField(validators=[validate_time_on_grid])
    end_time = models.TimeField(
        validators=[validate_time_on_grid],
        help_text=_("In the clinic's time zone. Enter 00:00 for midnight at the end of the day."),
    )

    class Meta:
        verbose_name_plural = _("working hours")
        ordering = ("weekday", "start_time")
        constraints = [
            models.UniqueConstraint(
                name="working_hours_one_start", fields=["doctor", "weekday", "start_time"]
            ),
            models.CheckConstraint(
                name="working_hours_start_before_end",
                condition=models.Q(start_time__lt=models.F("end_time"))
                | models.Q(end_time=dt.time()),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.start_time:%H:%M}-{self.end_time:%H:%M}"

    @property
    def minutes(self) -> range:
        """The interval in minutes since midnight, ``[start, end)``."""
        return minutes_between(self.start_time, self.end_time)

    def clean(self) -> None:
        if not self.has_changed("start_time", "end_time"):
            return
        if self.start_time and self.end_time is not None and not self.minutes:
            raise booking_error(BookingErrorCode.INVALID, "end_time", self._end_message())

    def _end_message(self) -> str:
        """Return why the end is invalid, and how to enter hours that end on the next day."""
        if self.end_time == self.start_time:
            return str(END_AFTER_START)
        message = gettext(
            "The end must be after the start. Enter a night as two intervals: {start} to 00:00 "
            "and, on the next day, 00:00 to {end}."
        )
        return message.format(start=f"{self.start_time:%H:%M}", end=f"{self.end_time:%H:%M}")


def default_week(doctor: Doctor) -> list[WorkingHours]:
    """Return a new doctor's working hours, unsaved: Monday to Friday, 09:00 to 17:00."""
    start, end = DEFAULT_HOURS
    return [
        WorkingHours(doctor=doctor, weekday=day, start_time=start, end_time=end)
        for day in DEFAULT_WEEK
    ]


class TimeOffQuerySet(QuerySet["TimeOff"]):
    """Time off."""


class TimeOff(ChangedFieldsModel):
    """A period in which a doctor offers no slots. Overrides the working hours."""

    doctor = models.ForeignKey(Doctor, on_delete=models.CASCADE, related_name="time_off")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True, validators=[multiline_text])

    objects = TimeOffQuerySet.as_manager()

    class Meta:
        verbose_name_plural = _("time off")
        ordering = ("starts_at", "pk")
        indexes = [models.Index(fields=["doctor", "ends_at"])]
        constraints = [
            models.CheckConstraint(
                name="time_off_start_before_end",
                condition=models.Q(starts_at__lt=models.F("ends_at")),
            )
        ]

    def __str__(self) -> str:
        starts_at, ends_at = (at.astimezone(clock.zone()) for at in (self.starts_at, self.ends_at))
        return f"{starts_at:%Y-%m-%d %H:%M} - {ends_at:%Y-%m-%d %H:%M}"

    def ticks(self, zone: dt.tzinfo) -> range:
        """The ticks of the wall clock of ``zone`` that overlap this time off."""
        return ticks_between(self.starts_at, self.ends_at, zone)

    def clean(self) -> None:
        if not self.has_changed("starts_at", "ends_at"):
            return
        if not (self.starts_at and self.ends_at):
            return
        # In UTC: Python compares two datetimes of the same zone by their wall clock times.
        if self._utc("ends_at") <= self._utc("starts_at"):
            raise booking_error(BookingErrorCode.INVALID, "ends_at", str(END_AFTER_START))

    def _utc(self, name: str) -> dt.datetime:
        """Return a field in UTC. Raises ``invalid`` if the calendar has no such date."""
        value: dt.datetime = getattr(self, name)
        try:
            return value.astimezone(dt.UTC)
        except OverflowError as error:  # in the first hours of the year 1, the last of 9999
            raise booking_error(BookingErrorCode.INVALID, name) from error
