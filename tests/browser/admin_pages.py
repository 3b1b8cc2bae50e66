"""Every page of the admin, found by the URLs that the admins at the site register."""

import re
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Model

from tests.support.admin_client import AdminClient
from users.models import User

# URLs that answer with something else than a page, or lead elsewhere.
NOT_PAGES = frozenset(
    {
        "auth_user_password_change",  # leads to the page of the own password
        "clinic_appointment_csv",
        # Has tests of its own: it asks the server every second, also while the next page loads.
        "clinic_calendar",
        *("clinic_calendar_feed", "clinic_calendar_month", "clinic_calendar_changes"),  # JSON
        "clinic_calendar_patients",  # JSON
        "clinic_calendar_panel",  # a part of the calendar
        *("clinic_calendar_book", "clinic_calendar_move", "clinic_calendar_action"),  # for POST
        "clinic_patient_csv",
        "clinic_patient_sign_in_link",  # for POST
    }
)
ARGUMENT = re.compile(r"<[^>]+>|\(\?P<\w+>[^)]*\)")
ANY_OBJECT = re.compile(r"<path:object_id>/$")


def all_pages(user: User, queries: dict[str, list[str]]) -> list[str]:
    """Return the paths below ``/admin/`` of all pages that ``user`` can open, each model's too.

    The page of an object is that of the last one; there must be one of each model. ``queries`` are
    paths that a page is opened with besides, by the name of its URL.
    """
    client = AdminClient(user).client
    # Those of the site itself. "" leads to the calendar.
    pages = ["records/", "password_change/", "password_change/done/"]
    for model, model_admin in admin.site._registry.items():  # noqa: SLF001 - the only way to every admin
        prefix = f"{model._meta.app_label}/{model._meta.model_name}/"  # noqa: SLF001 - Django documents _meta as public
        for name, path in _paths_of(model, model_admin):
            for query in ["", *queries.get(name, [])]:
                response: Any = client.get(f"/admin/{prefix}{path}{query}")
                if response.status_code == 200:
                    assert response["Content-Type"].startswith("text/html"), name
                    pages.append(f"{prefix}{path}{query}")
                else:
                    assert response.status_code == 403, (name, response.status_code)
    return [*pages, *_app_pages()]


def _paths_of(model: type[Model], model_admin: Any) -> Iterator[tuple[str, str]]:
    last = model._default_manager.order_by("pk").last()  # noqa: SLF001 - Django documents it as public
    for url in model_admin.get_urls():
        pattern = str(url.pattern).removeprefix("^").removesuffix("$")
        if url.name in NOT_PAGES or ANY_OBJECT.fullmatch(pattern):
            continue
        if ARGUMENT.search(pattern):
            assert last is not None, f"no {model.__name__} to open its pages"
            pattern = ARGUMENT.sub(str(last.pk), pattern)
        yield url.name, pattern


def _app_pages() -> set[str]:
    labels = {model._meta.app_label for model in admin.site._registry}  # noqa: SLF001 - as above
    return {f"{label}/" for label in labels}
