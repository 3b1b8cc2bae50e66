"""Inline of the doctor's page: the users who act for the doctor."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from clinic import assistants
from clinic.admin.base.service_inlines import ReplacingFormSet, ServiceInline, ServiceInlineForm
from clinic.models import Assistant
from users.models import User

CONCURRENT_CHANGE = _(
    "Someone else changed the assistants of this doctor in the meantime. Reload the page and try "
    "again."
)


class AssistantForm(ServiceInlineForm[Assistant]):
    """One assistant."""


class AssistantFormSet(ReplacingFormSet[Assistant]):
    """All assistants of the doctor: the service replaces the whole list at once."""

    error_prefix = "users"
    main_field = "user"
    concurrent_change = CONCURRENT_CHANGE

    @override
    def save(self, commit: bool = True) -> list[Assistant]:
        """Replace the list, and set the attributes that Django's change message is made of."""
        users = [_user_of(form) for form in self.service_forms()]
        # Rows without permission to change count as unchanged, also those to be deleted.
        if self.has_changed() or self.deleted_forms:
            assistants.replace_assistants(self.instance, users)
        self.record_changes([Assistant(doctor=self.instance, user=user) for user in users])
        return self.new_objects


def _user_of(form: Any) -> User:
    """Return the user of a row, which cannot be changed once it is saved."""
    assistant: Assistant = form.instance
    user: User = assistant.user if assistant.pk else form.cleaned_data["user"]
    return user


class AssistantInline(ServiceInline[Assistant]):
    """Assistants are added and removed."""

    model = Assistant
    form = AssistantForm
    formset = AssistantFormSet
    fields = ("user",)
    autocomplete_fields = ("user",)
    verbose_name = _("assistant")
    verbose_name_plural = _(
        "assistants, who can do what the doctor can: they read the records of the doctor's patients"
    )

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[Assistant]:
        return super().get_queryset(request).select_related("user")

    @override
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
