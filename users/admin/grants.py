"""Forms in which staff grant permissions, and their admins."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from typing_extensions import override

from users.admin import rights

if TYPE_CHECKING:
    Form = forms.ModelForm[Any]
    Admin = admin.ModelAdmin[Any]
else:
    Form = Admin = object


class GrantingFormMixin(Form):
    """A form that grants permissions. ``request`` is set by ``GrantingAdminMixin``."""

    request: HttpRequest

    def added(self, field: str) -> QuerySet[Any]:
        """Return what was chosen in a many-to-many field and is not stored yet."""
        chosen: QuerySet[Any] = self.cleaned_data[field]
        if self.instance.pk is None:
            return chosen
        return chosen.exclude(pk__in=getattr(self.instance, field).values("pk"))

    def require_grantable(self, permissions: QuerySet[Permission]) -> None:
        """Raise ValidationError with the permissions that the member of staff does not have."""
        foreign = rights.not_grantable(self.request, permissions)
        if not foreign:
            return
        message = _("You can grant only permissions that you have yourself, not: {permissions}.")
        names = ", ".join(sorted(permission.name for permission in foreign))
        raise ValidationError(message.format(permissions=names), code="not_grantable")


class GrantingAdminMixin(Admin):
    """Gives the request to the form."""

    @override
    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, *args, **kwargs)
        # Not seen by other requests: Django creates a form class for each request.
        form.request = request
        return form
