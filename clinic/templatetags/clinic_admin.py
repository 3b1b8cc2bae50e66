"""Parts that several admin pages include."""

import datetime as dt
from typing import Any

from django import template

from clinic import clock
from clinic.admin.base import formats
from clinic.admin.day_lists import day_lists as lists_of_day

register = template.Library()


@register.inclusion_tag("admin/clinic/day_lists.html", takes_context=True)
def day_lists(context: template.Context) -> dict[str, Any]:
    """Show the bar with the lists for the day, each with its count."""
    return {"day_lists": lists_of_day(context["request"])}


register.filter("slot", formats.format_slot)
register.filter("day", formats.format_day)
register.filter("typed_date", formats.format_date)


@register.filter
def moment(value: dt.datetime) -> str:
    """Return an aware datetime in the clinic's time zone, with the weekday."""
    return formats.format_datetime(value.astimezone(clock.zone()))
