"""The admin as staff use it: open a page, fill in its form, send it, read what it says."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Permission
from django.forms import BaseForm, BoundField, MultiWidget
from django.test import Client

from users.models import User


@dataclass(frozen=True)
class AdminMessages:
    """What staff are told: messages on top of the next page, errors by field of the form.

    A part of the form adds its name and row: ``working_hours-1-end_time``.
    """

    messages: list[str]
    errors: dict[str, list[str]]


def make_staff(user: User, *rights: str) -> User:
    """``user`` as a member of staff with these rights alone."""
    user.is_staff = True
    user.save()
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return user


class Desk:
    def __init__(self, user: User) -> None:
        self.client = Client()
        self.client.force_login(user)

    def open(self, path: str) -> Any:
        """The page; a refused or a broken one fails the test."""
        response: Any = self.client.get(f"/admin/{path}")
        assert response.status_code == 200, response.status_code
        return response

    def fill_in(self, path: str, **values: Any) -> dict[str, Any]:
        """What a browser sends if only ``values`` are changed. Dashes are spelled ``__``."""
        changes = {name.replace("__", "-"): value for name, value in values.items()}
        data = dict(_values_of(self.open(path))) | changes
        return {name: value for name, value in data.items() if value is not None}

    def send(self, path: str, data: dict[str, Any]) -> AdminMessages:
        page: Any = self.client.post(f"/admin/{path}", data, follow=True)
        assert page.status_code == 200, page.status_code
        said = [str(message) for message in page.context["messages"]]
        # Whoever is sent on to another page has been obeyed.
        return AdminMessages(said, {} if page.redirect_chain else dict(_errors_of(page)))

    def save(self, path: str, **values: Any) -> AdminMessages:
        return self.send(path, self.fill_in(path, **values))

    def act(self, path: str, action: str, *objects: Any, **more: str) -> AdminMessages:
        """Tick the objects in their list and run an action on them."""
        ticked = [chosen.pk for chosen in objects]
        return self.send(path, {"action": action, "_selected_action": ticked, **more})


def _forms_of(page: Any) -> Iterator[BaseForm]:
    yield page.context["adminform"].form
    for inline in page.context["inline_admin_formsets"]:
        yield inline.formset.management_form
        yield from inline.formset.forms


def _values_of(page: Any) -> Iterator[tuple[str, Any]]:
    for form in _forms_of(page):
        for field in form:
            yield from _values_of_field(field)


def _values_of_field(field: BoundField) -> Iterator[tuple[str, Any]]:
    widget, value = field.field.widget, field.value()
    if isinstance(widget, MultiWidget):
        parts = zip(widget.widgets, widget.decompress(value) or (), strict=True)
        for place, (part, content) in enumerate(parts):
            yield f"{field.html_name}_{place}", part.format_value(content) or ""
    elif isinstance(value, list):
        yield field.html_name, value
    elif isinstance(value, bool):
        yield field.html_name, "on" if value else None
    elif value is not None:
        yield field.html_name, widget.format_value(value)


def _errors_of(page: Any) -> Iterator[tuple[str, list[str]]]:
    if "adminform" not in page.context:
        return
    for form in _forms_of(page):
        for name, errors in form.errors.items():
            yield form.add_prefix(name), [str(error) for error in errors]
    for inline in page.context["inline_admin_formsets"]:
        if errors := inline.formset.non_form_errors():
            yield inline.formset.prefix, [str(error) for error in errors]
