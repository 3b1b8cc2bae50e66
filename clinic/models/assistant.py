"""Users who act for a doctor."""

from typing import Any, Self

from django.db import models, transaction
from typing_extensions import override

from clinic.models.doctor import Doctor
from users.models import User
from users.querysets import QuerySet


class AssistantQuerySet(QuerySet["Assistant"]):
    """Assistants."""

    def with_people(self) -> Self:
        """Load the users as well, ordered by name."""
        return self.select_related("user").order_by(
            "user__last_name_folded", "user__first_name_folded", "pk"
        )


class Assistant(models.Model):
    """A user who can do what a doctor can, except naming assistants and changing the account."""

    doctor = models.ForeignKey(
        Doctor, on_delete=models.CASCADE, related_name="assistants", db_index=False
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="assisted_doctors")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AssistantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="assistant_once_per_doctor", fields=["doctor", "user"])
        ]

    def __str__(self) -> str:
        return str(self.user)

    @override
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the row, and mark the user as somebody who acts for doctors."""
        with transaction.atomic():
            super().save(*args, **kwargs)
            User.objects.filter(pk=self.user_id).update(acts_for_doctors=True)
