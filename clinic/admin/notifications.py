"""Admin of email notifications: which were sent, and which could not be sent and why."""

import datetime as dt
from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from clinic import clock
from clinic.admin.base.audit import AuditedAdmin
from clinic.admin.base.formats import format_datetime
from clinic.admin.base.read_only import ReadOnlyAdmin
from clinic.models import Notification
from clinic.models.notification import NotificationQuerySet
from clinic.notifications.tasks import send_notification


class StateFilter(admin.SimpleListFilter):
    """Whether the email has been sent, is waiting, or is not needed any more."""

    title = _("state")
    parameter_name = "state"

    @override
    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("waiting", _("Waiting")),
            ("failed", _("Failed, will be retried")),
            ("sent", _("Sent")),
            ("cancelled", _("Cancelled")),
        ]

    @override
    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Notification]
    ) -> QuerySet[Notification]:
        notifications = cast("NotificationQuerySet", queryset)
        match self.value():
            case "waiting":
                return notifications.waiting()
            case "failed":
                return notifications.waiting().filter(failures__gt=0)
            case "sent":
                return notifications.filter(sent_at__isnull=False)
            case "cancelled":
                return notifications.filter(dropped_at__isnull=False)
        return notifications


def state_of(notification: Notification) -> str:
    """Return whether the email was sent and when, or why not."""
    if notification.sent_at:
        at = format_datetime(notification.sent_at.astimezone(clock.zone()))
        return gettext("Sent {at}").format(at=at)
    if notification.dropped_at:
        return gettext("Cancelled: no longer needed")
    if notification.failures:
        text = ngettext(
            "Failed {count} time: {reason}",
            "Failed {count} times: {reason}",
            notification.failures,
        )
        return text.format(count=notification.failures, reason=notification.last_failure)
    if notification.held_at:
        return gettext("Held back until the digest of the day")
    return gettext("Waiting")


@admin.register(Notification)
class NotificationAdmin(AuditedAdmin[Notification], ReadOnlyAdmin[Notification]):
    """Read-only. Notifications that have not been sent can be put on the queue again."""

    list_display = (
        "created_at",
        "recipient",
        "kind",
        "appointment_time",
        "sent_at",
        "failures",
        "last_failure",
    )
    list_filter = (StateFilter, "kind")
    list_select_related = ("recipient", "appointment")
    show_full_result_count = False
    ordering = ("-created_at", "-pk")
    search_fields = (
        "recipient__first_name_folded",
        "recipient__last_name_folded",
        "recipient__email",
    )
    search_help_text = _("Name or email address of the recipient")
    actions = ("send_again",)

    @admin.display(description=_("appointment"), ordering="date")
    def appointment_time(self, notification: Notification) -> SafeString:
        start = dt.datetime.combine(notification.date, notification.time)
        return format_html('<span class="nowrap">{}</span>', format_datetime(start))

    @admin.action(description=_("Send again if not sent"), permissions=["view"])
    def send_again(self, request: HttpRequest, selected: QuerySet[Notification]) -> None:
        # If the automatic retry of one is still due, whichever task runs first sends it.
        waiting = Notification.objects.waiting().filter(pk__in=selected.values("pk"))
        notification_ids = list(waiting.values_list("pk", flat=True))
        for notification_id in notification_ids:
            send_notification.enqueue(notification_id)
        count = len(notification_ids)
        message = ngettext(
            "{count} notification queued for sending.",
            "{count} notifications queued for sending.",
            count,
        )
        messages.success(request, message.format(count=count))
