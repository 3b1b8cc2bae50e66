"""Locks of services that have no row of their own to lock."""

from django.db import models

from users.common.transactions import lock_rows


class ServiceLock(models.Model):
    """A row that transactions lock, so that they run one after another.

    For services that must not run twice at the same time before there is a row of the person or
    the appointment, such as the registration of a patient.
    """

    name = models.CharField(primary_key=True, max_length=50)

    def __str__(self) -> str:
        return self.name


def lock_service(name: str) -> None:
    """Wait for other transactions with this lock, and hold it until the transaction ends.

    Take it before any other lock: otherwise two transactions can deadlock.
    """
    # The migration adds the row; only an emptied database lacks it.
    ServiceLock.objects.get_or_create(pk=name)
    lock_rows(ServiceLock.objects.filter(pk=name))
