"""Deprecations have the form that docs/api/versioning.md describes."""

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    build_schema,
)

ROOT = Path(settings.BASE_DIR)
SDL = (ROOT / "schema" / "schema.graphql").read_text(encoding="utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
REASON = re.compile(
    r"Use `(?P<instead>[\w.]+)`\. "
    r"Deprecated since (?P<since>\d+\.\d+\.0) \((?P<marked>\d{4}-\d\d-\d\d)\), "
    r"kept until (?P<until>\d+\.0\.0) \((?P<removed>\d{4}-\d\d-\d\d)\)\."
)
KEPT_AT_LEAST = dt.timedelta(days=90)


def deprecation_violations(sdl: str, changelog: str) -> list[str]:
    """Return the violations of the deprecation rules in a schema, one line for each."""
    types = build_schema(sdl).type_map.values()
    reasons = dict(element for type_ in types for element in _elements(type_))
    deprecated = "".join(
        re.findall(r"^### Deprecated\n(.*?)(?=^##|\Z)", changelog, re.MULTILINE | re.DOTALL)
    )
    violations = []
    for name, text in reasons.items():
        if text is None:
            continue
        if f"`{name}`" not in deprecated:
            violations.append(f"{name}: CHANGELOG does not list it as deprecated")
        reason = REASON.fullmatch(text)
        if not reason:
            violations.append(f"{name}: the reason does not have the required form")
            continue
        if reasons.get(reason["instead"], "missing") is not None:
            violations.append(f"{name}: the replacement is missing or deprecated")
        if int(reason["until"].split(".")[0]) <= int(reason["since"].split(".")[0]):
            violations.append(f"{name}: is removed without a new major version")
        marked, removed = map(dt.date.fromisoformat, reason.group("marked", "removed"))
        if removed - marked < KEPT_AT_LEAST:
            violations.append(f"{name}: is not kept for 90 days")
    return violations


def _elements(type_: GraphQLNamedType) -> Iterator[tuple[str, str | None]]:
    """Yield every field, argument and value of a type with its deprecation reason."""
    match type_:
        case GraphQLObjectType() | GraphQLInterfaceType():
            for name, field in type_.fields.items():
                yield f"{type_.name}.{name}", field.deprecation_reason
                for argument_name, argument in field.args.items():
                    yield f"{type_.name}.{name}.{argument_name}", argument.deprecation_reason
        case GraphQLInputObjectType():
            for name, input_field in type_.fields.items():
                yield f"{type_.name}.{name}", input_field.deprecation_reason
        case GraphQLEnumType():
            for name, value in type_.values.items():
                yield f"{type_.name}.{name}", value.deprecation_reason


def test_schema_deprecations_follow_the_rules() -> None:
    assert deprecation_violations(SDL, CHANGELOG) == []


GOOD = (
    "Use `Appointment.startsAt`. Deprecated since 1.4.0 (2026-03-02), "
    "kept until 2.0.0 (2026-06-01)."
)
LISTED = "## [1.4.0]\n\n### Deprecated\n\n- `Appointment.date`\n\n### Fixed\n\n- More.\n"


def appointments(reason: str) -> str:
    return f"""
        type Query {{ appointment: Appointment }}
        type Appointment {{ date: String @deprecated(reason: "{reason}"), startsAt: String }}
    """


def test_documented_deprecation_reason_has_the_required_form() -> None:
    page = (ROOT / "docs/api/versioning.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"``(Use `.*?)``(?!`)", page, re.DOTALL)
    assert deprecation_violations(appointments(GOOD), LISTED) == []
    assert REASON.fullmatch(" ".join(shown.split()))


@pytest.mark.parametrize(
    ("reason", "changelog", "violation"),
    [
        ("Old.", LISTED, "the reason does not have the required form"),
        ("No longer supported", LISTED, "the reason does not have the required form"),
        (GOOD.replace("startsAt", "begins"), LISTED, "the replacement is missing or deprecated"),
        (GOOD.replace("startsAt", "date"), LISTED, "the replacement is missing or deprecated"),
        (GOOD.replace("2.0.0", "1.0.0"), LISTED, "is removed without a new major version"),
        (GOOD.replace("06-01", "05-30"), LISTED, "is not kept for 90 days"),
        (GOOD, LISTED.replace("date", "time"), "CHANGELOG does not list it as deprecated"),
        (GOOD, "### Added\n\n- `Appointment.date`", "CHANGELOG does not list it as deprecated"),
    ],
)
def test_deprecation_violations_are_found(reason: str, changelog: str, violation: str) -> None:
    assert deprecation_violations(appointments(reason), changelog) == [
        f"Appointment.date: {violation}"
    ]


def test_deprecation_violations_cover_arguments_inputs_and_values() -> None:
    sdl = """
        type Query { appointments(day: String @deprecated): String }
        input Search { note: String @deprecated }
        enum Status { DONE @deprecated }
    """
    changelog = "### Deprecated\n\n- `Query.appointments.day`, `Search.note`, `Status.DONE`\n"
    assert deprecation_violations(sdl, changelog) == [
        "Query.appointments.day: the reason does not have the required form",
        "Search.note: the reason does not have the required form",
        "Status.DONE: the reason does not have the required form",
    ]
