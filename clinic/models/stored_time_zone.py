"""The time zone of the dates and times in the database."""

from django.db import models


class StoredTimeZone(models.Model):
    """The ``TIME_ZONE`` with which the database is used; one row.

    Dates and times of appointments are those of the clinic's wall clock. With another zone each
    would start at another moment.
    """

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    name = models.CharField(max_length=63)

    def __str__(self) -> str:
        return self.name
