"""Accounts at the desk: who may sign in, and in which roles.

Refresh tokens have no page: they are hashes, of no use to a person. What staff
need of them is to end them, which "End all sign-ins" does.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_use_email_as_username.admin import BaseUserAdmin
from typing_extensions import override

from users.admin.deletion import RetryDeletionMixin
from users.admin.request_checks import ValidatedRequestMixin
from users.avatars import services as avatars
from users.common.rate_limits import RateLimiterUnavailable
from users.models import User

if TYPE_CHECKING:
    from django.contrib.auth import admin as auth_admin

    class Base(auth_admin.UserAdmin[User]): ...

else:
    Base = BaseUserAdmin

NAME = ("email", "first_name", "last_name", "gender")
ROLES = ("is_doctor", "is_patient")
RIGHTS = ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")
# Whoever could give these could give themselves everything.
FOR_SUPERUSERS = ("is_staff", "is_superuser", "groups", "user_permissions")


class LoginForm(AdminAuthenticationForm):
    """The desk's door, which stays shut while wrong passwords cannot be counted."""

    # Django's adds that case may matter, which it does not in an address.
    error_messages = {
        **AdminAuthenticationForm.error_messages,
        "invalid_login": "Enter the e-mail address and the password of a staff account.",
    }

    @override
    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except RateLimiterUnavailable as refusal:
            raise ValidationError(str(refusal)) from refusal


admin.site.login_form = LoginForm


class UserAdmin(RetryDeletionMixin, ValidatedRequestMixin, Base):
    """Registered by ``clinic/admin/accounts.py``, which knows whose account is a patient's."""

    fieldsets = (
        (None, {"fields": (*NAME, "picture", "password")}),
        (
            "Roles",
            {
                "fields": (ROLES,),
                "description": "One account may hold both. Each role has a profile of its own.",
            },
        ),
        ("What the account may do here", {"fields": RIGHTS}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": NAME}),
        ("Roles", {"fields": (ROLES,)}),
        ("Password", {"fields": ("usable_password", "password1", "password2")}),
    )
    readonly_fields = ("picture", "last_login", "date_joined")
    list_display = (
        "thumbnail",
        "email",
        "name",
        "is_doctor",
        "is_patient",
        "is_staff",
        "is_active",
        "last_login",
    )
    list_display_links = ("email",)
    # No date_hierarchy: for a moment, MariaDB would need time zone tables of its own.
    list_filter = ("is_doctor", "is_patient", "is_staff", "is_active", "date_joined")
    list_per_page = 50
    search_help_text = "Name or e-mail address"
    ordering = ("last_name", "first_name", "pk")
    actions = ("end_sign_ins", "remove_pictures")

    @admin.display(description="picture", empty_value="")
    def thumbnail(self, user: User) -> SafeString | str:
        return _image(user.avatar_small.url, 32) if user.avatar_small else ""

    @admin.display(ordering="last_name")
    def name(self, user: User) -> str:
        return f"{user.last_name}, {user.first_name}"

    @admin.display
    def picture(self, user: User) -> SafeString | str:
        return _image(user.avatar.url, 128) if user.avatar else "none"

    @override
    def changeform_view(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(*args, **kwargs)
        except IntegrityError:
            # Somebody took the e-mail address since it was checked. Asked again, the form
            # says so; if that was not it, the fault is ours.
            return super().changeform_view(*args, **kwargs)

    @override
    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if _is_superuser(request) else (*fields, *FOR_SUPERUSERS)

    @override
    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        # Its password is part of the page.
        out_of_reach = obj is not None and obj.is_superuser and not _is_superuser(request)
        return not out_of_reach and super().has_change_permission(request, obj)

    @override
    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        out_of_reach = obj is not None and obj.is_superuser and not _is_superuser(request)
        return not out_of_reach and super().has_delete_permission(request, obj)

    @admin.action(description="End all sign-ins to apps", permissions=["change"])
    def end_sessions(self, request: HttpRequest, users: QuerySet[User]) -> None:
        def end(user: User) -> None:
            with transaction.atomic():
                User.objects.select_for_update().get(pk=user.pk)
                user.refresh_tokens.revoke(timezone.now())

        self._do_to_each(request, users, end, "Ended all sign-ins")

    @admin.action(description="Remove the picture", permissions=["change"])
    def remove_pictures(self, request: HttpRequest, users: QuerySet[User]) -> None:
        self._do_to_each(request, users, avatars.remove, "Removed the picture")

    def _do_to_each(
        self,
        request: HttpRequest,
        users: QuerySet[User],
        change: Callable[[User], object],
        done: str,
    ) -> None:
        """Do it to those whom this member of staff may change, and say to whom."""
        out_of_reach = []
        for user in users:
            if self.has_change_permission(request, user):
                change(user)
                self.log_change(request, user, f"{done}.")
                self.message_user(request, f"{done}: {user}.", messages.SUCCESS)
            else:
                out_of_reach.append(user)
        self.refuse(request, out_of_reach)

    def refuse(self, request: HttpRequest, users: Sequence[User]) -> None:
        """Name those whom this member of staff may not change."""
        for user in users:
            self.message_user(request, f"Only a superuser may change {user}.", messages.ERROR)


def _image(url: str, pixels: int) -> SafeString:
    return format_html('<img src="{}" alt="" width="{}" height="{}">', url, pixels, pixels)


def _is_superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))
