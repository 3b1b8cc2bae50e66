"""Error codes and database constraints in the documentation are those of the code."""

import re
from itertools import chain

from django.apps import apps

from clinic.errors import BookingErrorCode, SlotUnavailableCode
from schema.core.errors import ErrorCode
from tests.docs.pages import read, table_rows

RULES = table_rows(read("docs/booking-rules.md").partition("\n## Status transitions")[0])
CONSTRAINT = re.compile(r"`(\w+)`")


def test_booking_rules_list_every_error_code() -> None:
    documented = set(chain.from_iterable(re.findall(r"`(\w+)`", code) for _, code, _ in RULES))
    codes = {code.value for code in chain(BookingErrorCode, SlotUnavailableCode)}
    # Django's own validation codes.
    assert documented == codes | {"min_value", "max_value", "unique"}


def test_conventions_list_every_graphql_error_code() -> None:
    rows = table_rows(read("docs/api/conventions.md"))
    documented = {cells[0].strip("`") for cells in rows if re.fullmatch(r"`[A-Z_]+`", cells[0])}
    assert documented == {code.value for code in ErrorCode}


def test_documentation_lists_every_constraint_of_the_clinic() -> None:
    notifications = table_rows(read("docs/operations/notifications.md"))
    cells = [*(cells[2] for cells in RULES), *(cells[0] for cells in notifications)]
    documented = set(chain.from_iterable(map(CONSTRAINT.findall, cells)))
    models = apps.get_app_config("clinic").get_models()
    constraints = chain.from_iterable(model._meta.constraints for model in models)  # noqa: SLF001 - Django's documented way
    assert documented == {constraint.name for constraint in constraints}
