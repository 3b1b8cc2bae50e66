"""Links between admin pages."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from clinic.admin.base.formats import format_slot
from clinic.errors import KnownPerson, PossibleDuplicate
from clinic.slots import Slot


def appointment_links(appointments: Iterable[tuple[int, Slot]]) -> SafeString:
    """Return links to the pages of appointments (primary key and slot), named by their start."""
    return format_html_join(
        ", ",
        '<a href="{}">{}</a>',
        (
            (reverse("admin:clinic_appointment_change", args=[pk]), format_slot(slot))
            for pk, slot in appointments
        ),
    )


def duplicates_error(people: Iterable[KnownPerson], error: PossibleDuplicate) -> ValidationError:
    """Return the error with links to the pages of the likely duplicates.

    It is an error of the checkbox that answers the question.
    """
    message = format_html("{}", " ".join(error.messages))
    if people:
        message = format_html("{}<br>{}", message, _person_links(people))
    code = error.error_dict["__all__"][0].code
    return ValidationError({"register_anyway": [ValidationError(message, code=code)]})


def _person_links(people: Iterable[KnownPerson]) -> SafeString:
    return format_html_join(
        SafeString("<br>"), '<a href="{}" target="_blank">{}</a>', map(_person_link, people)
    )


def _person_link(person: KnownPerson) -> tuple[str, str]:
    if person.patient_id is None:
        text = _("{name}, without a patient profile").format(name=person.name)
        return reverse("admin:users_user_change", args=[person.user_id]), text
    text = _("{name}, born {date}").format(name=person.name, date=person.date_of_birth)
    return reverse("admin:clinic_patient_change", args=[person.patient_id]), text
