"""Admin of user accounts: roles, permissions, profile pictures and sessions.

Refresh tokens have no page of their own, because only their hashes are stored. Staff revoke
them with the action "End all sessions".
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_use_email_as_username.admin import BaseUserAdmin
from typing_extensions import override

from users.admin import rights
from users.admin.deletion import RetryDeletionMixin
from users.admin.grants import GrantingAdminMixin
from users.admin.invitations import invite
from users.admin.redisplay import run_with_redisplay
from users.admin.request_checks import ValidatedRequestMixin
from users.admin.sign_in_links import send_sign_in_link
from users.admin.user_forms import NewUserForm, UserForm
from users.avatars import services as avatars
from users.models import User

if TYPE_CHECKING:
    from django.contrib.auth import admin as auth_admin

    class Base(auth_admin.UserAdmin[User]): ...

else:
    Base = BaseUserAdmin

PERSONAL_FIELDS = ("email", "first_name", "last_name", "gender")
ROLE_FIELDS = ("is_doctor", "is_patient")
PERMISSION_FIELDS = ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")
# Read-only for staff without the permission.
GUARDED_FIELDS = {
    rights.CHANGE_ROLES: ROLE_FIELDS,
    rights.GRANT_PERMISSIONS: ("is_staff", "groups", "user_permissions"),
}


class UserAdmin(RetryDeletionMixin, ValidatedRequestMixin, GrantingAdminMixin, Base):
    """Accounts. Registered by its subclass in ``clinic/admin/users.py``, which adds the audit.

    The audit needs to know which accounts belong to patients, and this package does not
    import from ``clinic``.
    """

    form = UserForm
    add_form = NewUserForm
    fieldsets = (
        (None, {"fields": (*PERSONAL_FIELDS, "picture")}),
        (
            _("Roles"),
            {
                "fields": (ROLE_FIELDS,),
                "description": _("An account can have both roles. Each role has its own profile."),
            },
        ),
        (_("Permissions"), {"fields": PERMISSION_FIELDS}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": PERSONAL_FIELDS}),
        (_("Roles"), {"fields": (ROLE_FIELDS,)}),
    )
    readonly_fields = ("email_review", "picture", "last_login", "date_joined")
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
    list_filter = (
        *("is_doctor", "is_patient", "is_staff", "is_active", "email_needs_review"),
        "date_joined",
    )
    search_fields = ("first_name_folded", "last_name_folded", "email")
    search_help_text = _("Name or email address")
    ordering = ("last_name_folded", "first_name_folded", "pk")
    actions = ("send_sign_in_links", "invite", "end_sessions", "remove_pictures")

    @admin.display(description=_("picture"), empty_value="")
    def thumbnail(self, user: User) -> SafeString | str:
        return _image(user.avatar_small.url, 32) if user.avatar_small else ""

    @admin.display(description=_("name"), ordering="last_name_folded")
    def name(self, user: User) -> str:
        return f"{user.last_name}, {user.first_name}"

    @admin.display(description=_("email address needs review"))
    def email_review(self, _user: User) -> str:
        return gettext(
            "No email is sent to this address. An earlier release stored it although it is not "
            "valid, or is another account's address in another spelling. Enter the right address."
        )

    @admin.display(description=_("picture"))
    def picture(self, user: User) -> SafeString | str:
        return _image(user.avatar.url, 128) if user.avatar else gettext("none")

    @override
    def changeform_view(self, *args: Any, **kwargs: Any) -> Any:
        # A concurrent request can take the email address after the form has been validated.
        # The second validation finds it and reports it at the field.
        return run_with_redisplay(partial(super().changeform_view, *args, **kwargs), IntegrityError)

    @override
    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or not obj.email_needs_review:
            return fieldsets
        return [(_("Email address"), {"fields": ("email_review",)}), *fieldsets]

    @override
    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        fields = [*super().get_readonly_fields(request, obj)]
        if not rights.is_superuser(request):
            fields.append("is_superuser")
        # A new account needs an address.
        if obj is not None and not rights.can_change_address(request, obj):
            fields.append("email")
        for permission, guarded in GUARDED_FIELDS.items():
            if not rights.may(request, permission):
                fields += guarded
        return fields

    @override
    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        has_new_address = "email" in form.changed_data
        if has_new_address:
            obj.email_entered_by_staff = bool(obj.email)
        super().save_model(request, obj, form, change)
        if has_new_address:
            # Otherwise anyone who reads the emails to a former address could undo this change.
            obj.email_links.all().delete()
        if not change and obj.email:
            self._send_sign_in_link(request, obj)

    @override
    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        """Staff change their own password only, on the page of the site. Others get a link."""
        if str(request.user.pk) != id:
            raise PermissionDenied
        return HttpResponseRedirect(reverse("admin:password_change"))

    @override
    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Only staff with all rights of an account can change it."""
        return rights.can_manage(request, obj) and super().has_change_permission(request, obj)

    @override
    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return rights.can_manage(request, obj) and super().has_delete_permission(request, obj)

    @admin.action(description=_("Send a link to choose a password"), permissions=["change"])
    def send_sign_in_links(self, request: HttpRequest, users: QuerySet[User]) -> None:
        self._apply_to_each(request, users, partial(self._send_sign_in_link, request))

    def _send_sign_in_link(self, request: HttpRequest, user: User) -> None:
        if send_sign_in_link(self, request, user):
            self.log_change(request, user, gettext("Sent a link to choose a password."))

    @admin.action(
        description=_("Invite: send a link to choose the first password"), permissions=["change"]
    )
    def invite(self, request: HttpRequest, users: QuerySet[User]) -> None:
        def invite_and_log(user: User) -> None:
            if invite(self, request, user):
                self.log_change(request, user, gettext("Sent an invitation."))

        self._apply_to_each(request, users, invite_and_log)

    @admin.action(description=_("End all sessions"), permissions=["change"])
    def end_sessions(self, request: HttpRequest, users: QuerySet[User]) -> None:
        def revoke_refresh_tokens(user: User) -> None:
            with transaction.atomic():
                User.objects.select_for_update().get(pk=user.pk)
                user.refresh_tokens.revoke(timezone.now())
            self._report_change(request, user, gettext("Ended all sessions"))

        self._apply_to_each(request, users, revoke_refresh_tokens)

    @admin.action(description=_("Remove the picture"), permissions=["change"])
    def remove_pictures(self, request: HttpRequest, users: QuerySet[User]) -> None:
        def remove_picture(user: User) -> None:
            avatars.remove(user)
            self._report_change(request, user, gettext("Removed the picture"))

        self._apply_to_each(request, users, remove_picture)

    def _report_change(self, request: HttpRequest, user: User, done: str) -> None:
        self.log_change(request, user, f"{done}.")
        self.message_user(request, f"{done}: {user}.", messages.SUCCESS)

    def _apply_to_each(
        self, request: HttpRequest, users: QuerySet[User], change: Callable[[User], None]
    ) -> None:
        """Change the users that this staff member is allowed to change; report the others."""
        forbidden = []
        for user in users:
            if self.has_change_permission(request, user):
                change(user)
            else:
                forbidden.append(user)
        self.report_forbidden(request, forbidden)

    def report_forbidden(self, request: HttpRequest, users: Sequence[User]) -> None:
        """Add an error message for each user that this staff member is not allowed to change."""
        for user in users:
            message = gettext("{user} has permissions that you do not have.").format(user=user)
            self.message_user(request, message, messages.ERROR)


def _image(url: str, pixels: int) -> SafeString:
    return format_html('<img src="{}" alt="" width="{}" height="{}">', url, pixels, pixels)
