"""A client for the staff admin: opens pages, fills in and submits their forms, reads the result."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Permission
from django.forms import BaseForm, BoundField, MultiWidget
from django.test import Client
from django.utils import timezone

from users.admin.second_factor import SESSION_KEY, VERIFIED
from users.authentication.admin_sessions import SEEN_AT, STARTED_AT
from users.models import User

# What a browser sends with the page of a patient without guardians.
NO_GUARDIANS = {"guardians-TOTAL_FORMS": "0", "guardians-INITIAL_FORMS": "0"}


@dataclass(frozen=True)
class AdminResponse:
    """The messages on the displayed page, and the errors of its form by field name.

    Names of fields in inlines contain the formset and the row: ``working_hours-1-end_time``.
    """

    messages: list[str]
    errors: dict[str, list[str]]


def staff_with_permissions(user: User, *codenames: str) -> User:
    """Make ``user`` a staff member with exactly these permissions."""
    user.is_staff = True
    user.save()
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


class AdminClient:
    """Sends requests as ``user``. Paths are relative to ``/admin/``."""

    def __init__(self, user: User) -> None:
        self.client = Client()
        self.client.force_login(user)
        # As after a sign-in with a second factor and the first request.
        session = self.client.session
        session.update(dict.fromkeys((STARTED_AT, SEEN_AT), int(timezone.now().timestamp())))
        session[SESSION_KEY] = VERIFIED
        session.save()

    def open(self, path: str) -> Any:
        """Return the response of a page; fails unless its status is 200."""
        response: Any = self.client.get(f"/admin/{path}")
        assert response.status_code == 200, response.status_code
        return response

    def fill_in(self, path: str, **values: Any) -> dict[str, Any]:
        """Return the data that a browser submits after changing only ``values``.

        Dashes in field names are written as ``__``; the value None removes a field.
        """
        changes = {name.replace("__", "-"): value for name, value in values.items()}
        data = dict(_values_of(self.open(path))) | changes
        return {name: value for name, value in data.items() if value is not None}

    def submit(self, path: str, data: dict[str, Any]) -> AdminResponse:
        """Post the data and follow redirects."""
        page: Any = self.client.post(f"/admin/{path}", data, follow=True)
        assert page.status_code == 200, page.status_code
        messages = [str(message) for message in page.context["messages"]]
        # A redirect means that the form was valid.
        return AdminResponse(messages, {} if page.redirect_chain else dict(_errors_of(page)))

    def save(self, path: str, **values: Any) -> AdminResponse:
        """Open a form, change ``values`` and submit it."""
        return self.submit(path, self.fill_in(path, **values))

    def run_action(self, path: str, action: str, *objects: Any, **more: str) -> AdminResponse:
        """Select the objects in their list and run an action on them."""
        selected = [obj.pk for obj in objects]
        return self.submit(path, {"action": action, "_selected_action": selected, **more})


def inline_rows(page: Any, prefix: str) -> list[list[Any]]:
    """Return the fields of each row of an inline, as Django's templates display them.

    The last row is the empty one from which JavaScript makes new rows; it is left out.
    """
    [inline] = [
        inline
        for inline in page.context["inline_admin_formsets"]
        if inline.formset.prefix == prefix
    ]
    *rows, _template = inline
    return [[field for fieldset in row for line in fieldset for field in line] for row in rows]


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
        for index, (part, content) in enumerate(parts):
            yield f"{field.html_name}_{index}", part.format_value(content) or ""
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
