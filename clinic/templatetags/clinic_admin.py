"""Parts that several admin pages include."""

from typing import Any

from django import template

from clinic.admin.day_lists import day_lists as lists_of_day

register = template.Library()


@register.inclusion_tag("admin/clinic/day_lists.html", takes_context=True)
def day_lists(context: template.Context) -> dict[str, Any]:
    """Show the bar with the lists for the day, each with its count."""
    return {"day_lists": lists_of_day(context["request"])}
