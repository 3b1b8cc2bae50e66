"""Lengths of time in words."""

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.slots import MINUTES_PER_DAY

MINUTES_PER_HOUR = 60


def describe_duration(minutes: int) -> str:
    """Return a length in words, such as ``12 hours``; a day is 24 hours."""
    days, rest = divmod(minutes, MINUTES_PER_DAY)
    hours, rest = divmod(rest, MINUTES_PER_HOUR)
    parts = []
    if days:
        parts.append(ngettext("{days} day", "{days} days", days).format(days=days))
    if hours:
        parts.append(ngettext("{hours} hour", "{hours} hours", hours).format(hours=hours))
    if rest or not parts:
        text = ngettext("{minutes} minute", "{minutes} minutes", rest)
        parts.append(text.format(minutes=rest))
    return get_text_list(parts, _("and"))
