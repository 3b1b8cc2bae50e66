"""When a doctor works: hours that recur every week, and time off from them."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import models

from clinic import clock
from clinic.errors import BookingErrorCode
from clinic.models.doctor import Doctor
from clinic.slots import minutes_between, wall_tick
from clinic.validators import storable, validate_time_on_grid


class Weekday(models.IntegerChoices):
    """Monday is 0, as in ``datetime.date.weekday``."""

    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6


DEFAULT_WEEK = range(Weekday.MONDAY, Weekday.SATURDAY)
DEFAULT_HOURS = (dt.time(9), dt.time(17))


class WorkingHours(models.Model):
    """One interval of a doctor's week, on the clinic's wall clock."""

    doctor = models.ForeignKey(Doctor, on_delete=models.CASCADE, related_name="working_hours")
    weekday = models.PositiveSmallIntegerField(choices=Weekday)
    start_time = models.TimeField(validators=[validate_time_on_grid])
    end_time = models.TimeField(
        validators=[validate_time_on_grid], help_text="00:00 is the midnight that ends the day."
    )

    class Meta:
        verbose_name_plural = "working hours"
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
        """The minutes of the day that it covers."""
        return minutes_between(self.start_time, self.end_time)

    def clean(self) -> None:
        if self.start_time and self.end_time is not None and not self.minutes:
            raise ValidationError(
                {
                    "end_time": ValidationError(
                        "Ends before it starts.", code=BookingErrorCode.INVALID
                    )
                }
            )


def default_week(doctor: Doctor) -> list[WorkingHours]:
    """Monday to Friday, 09:00 to 17:00: what a new doctor starts with. Not stored yet."""
    start, end = DEFAULT_HOURS
    return [
        WorkingHours(doctor=doctor, weekday=day, start_time=start, end_time=end)
        for day in DEFAULT_WEEK
    ]


class TimeOff(models.Model):
    """A stretch of time in which a doctor offers no slots, whatever the working hours."""

    doctor = models.ForeignKey(Doctor, on_delete=models.CASCADE, related_name="time_off")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True, validators=[storable])

    class Meta:
        verbose_name_plural = "time off"
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
        """Every tick that it touches on the wall clock of ``zone``."""
        return range(wall_tick(self.starts_at, zone), wall_tick(self.ends_at, zone, round_up=True))

    def clean(self) -> None:
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValidationError(
                {
                    "ends_at": ValidationError(
                        "Ends before it starts.", code=BookingErrorCode.INVALID
                    )
                }
            )
