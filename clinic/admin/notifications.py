"""The letters that were sent, and those that could not be."""

import datetime as dt
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from typing_extensions import override

from clinic.admin.base.audit import AuditedAdmin
from clinic.admin.base.read_only import ReadOnlyAdmin
from clinic.models import Notification
from clinic.notifications.tasks import send_notification


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    @override
    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("waiting", "Waiting"),
            ("refused", "Waiting, refused before"),
            ("sent", "Sent"),
            ("dropped", "Dropped as pointless"),
        ]

    @override
    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Notification]
    ) -> QuerySet[Notification] | None:
        waiting = queryset.filter(sent_at__isnull=True, dropped_at__isnull=True)
        return {
            "waiting": waiting,
            "refused": waiting.filter(failures__gt=0),
            "sent": queryset.filter(sent_at__isnull=False),
            "dropped": queryset.filter(dropped_at__isnull=False),
        }.get(self.value() or "", queryset)


@admin.register(Notification)
class NotificationAdmin(AuditedAdmin[Notification], ReadOnlyAdmin[Notification]):
    """To be looked at; what waits can be put on the queue again."""

    list_display = (
        "created_at",
        "recipient",
        "kind",
        "visit",
        "sent_at",
        "failures",
        "last_failure",
    )
    list_filter = (StateFilter, "kind")
    list_select_related = ("recipient", "appointment")
    list_per_page = 50
    show_full_result_count = False
    # No date_hierarchy: for a moment, MariaDB would need time zone tables of its own.
    ordering = ("-created_at", "-pk")
    search_fields = ("recipient__first_name", "recipient__last_name", "recipient__email")
    search_help_text = "Name or e-mail address of the recipient"
    actions = ("send_again",)

    @admin.display(description="visit", ordering="date")
    def visit(self, notice: Notification) -> SafeString:
        start = dt.datetime.combine(notice.date, notice.time)
        return format_html('<span class="nowrap">{}</span>', f"{start:%a %Y-%m-%d %H:%M}")

    @admin.action(description="Send again what was not sent", permissions=["view"])
    def send_again(self, request: HttpRequest, chosen: QuerySet[Notification]) -> None:
        # A letter whose next try is still to come is sent by whichever comes first.
        waiting = Notification.objects.waiting().filter(pk__in=chosen.values("pk"))
        unsent = list(waiting.values_list("pk", flat=True))
        for notice_id in unsent:
            send_notification.enqueue(notice_id)
        messages.success(request, f"Put on the queue: {len(unsent)}.")
