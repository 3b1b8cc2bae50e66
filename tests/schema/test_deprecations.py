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
    r"kept until (?P<until>\d+\.0\.0) \((?P<goes>\d{4}-\d\d-\d\d)\)\."
)
KEPT_AT_LEAST = dt.timedelta(days=90)


def breaches(sdl: str, changelog: str) -> list[str]:
    """What is wrong with the deprecations of a schema, one line each."""
    types = build_schema(sdl).type_map.values()
    reasons = dict(place for named in types for place in _places(named))
    deprecated = "".join(
        re.findall(r"^### Deprecated\n(.*?)(?=^##|\Z)", changelog, re.MULTILINE | re.DOTALL)
    )
    found = []
    for name, text in reasons.items():
        if text is None:
            continue
        if f"`{name}`" not in deprecated:
            found.append(f"{name}: CHANGELOG does not name it as deprecated")
        reason = REASON.fullmatch(text)
        if not reason:
            found.append(f"{name}: the reason has another form")
            continue
        if reasons.get(reason["instead"], "missing") is not None:
            found.append(f"{name}: what to use instead is not there to stay")
        if int(reason["until"].split(".")[0]) <= int(reason["since"].split(".")[0]):
            found.append(f"{name}: goes without a new major version")
        marked, goes = map(dt.date.fromisoformat, reason.group("marked", "goes"))
        if goes - marked < KEPT_AT_LEAST:
            found.append(f"{name}: is not kept for ninety days")
    return found


def _places(named: GraphQLNamedType) -> Iterator[tuple[str, str | None]]:
    """Everything a client can name in a type, with the reason for which it is deprecated."""
    match named:
        case GraphQLObjectType() | GraphQLInterfaceType():
            for name, field in named.fields.items():
                yield f"{named.name}.{name}", field.deprecation_reason
                for argument_name, argument in field.args.items():
                    yield f"{named.name}.{name}.{argument_name}", argument.deprecation_reason
        case GraphQLInputObjectType():
            for name, input_field in named.fields.items():
                yield f"{named.name}.{name}", input_field.deprecation_reason
        case GraphQLEnumType():
            for name, value in named.values.items():
                yield f"{named.name}.{name}", value.deprecation_reason


def test_what_is_deprecated_says_what_to_use_since_when_and_until_when() -> None:
    assert breaches(SDL, CHANGELOG) == []


GOOD = "Use `Appointment.startsAt`. Deprecated since 1.4.0 (2026-03-02), kept until 2.0.0 (2026-06-01)."
NAMED = "## [1.4.0]\n\n### Deprecated\n\n- `Appointment.date`\n\n### Fixed\n\n- More.\n"


def appointments(reason: str) -> str:
    return f"""
        type Query {{ appointment: Appointment }}
        type Appointment {{ date: String @deprecated(reason: "{reason}"), startsAt: String }}
    """


def test_documented_deprecation_reason_has_the_required_form() -> None:
    page = (ROOT / "docs/api/versioning.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"``(Use `.*?)``(?!`)", page, re.DOTALL)
    assert breaches(appointments(GOOD), NAMED) == []
    assert REASON.fullmatch(" ".join(shown.split()))


@pytest.mark.parametrize(
    ("reason", "changelog", "breach"),
    [
        ("Old.", NAMED, "the reason has another form"),
        ("No longer supported", NAMED, "the reason has another form"),
        (GOOD.replace("startsAt", "begins"), NAMED, "what to use instead is not there to stay"),
        (GOOD.replace("startsAt", "date"), NAMED, "what to use instead is not there to stay"),
        (GOOD.replace("2.0.0", "1.0.0"), NAMED, "goes without a new major version"),
        (GOOD.replace("06-01", "05-30"), NAMED, "is not kept for ninety days"),
        (GOOD, NAMED.replace("date", "time"), "CHANGELOG does not name it as deprecated"),
        (GOOD, "### Added\n\n- `Appointment.date`", "CHANGELOG does not name it as deprecated"),
    ],
)
def test_what_does_not_keep_to_it_is_told(reason: str, changelog: str, breach: str) -> None:
    assert breaches(appointments(reason), changelog) == [f"Appointment.date: {breach}"]


def test_arguments_inputs_and_values_are_looked_at_as_well() -> None:
    sdl = """
        type Query { appointments(day: String @deprecated): String }
        input Wish { note: String @deprecated }
        enum Status { DONE @deprecated }
    """
    changelog = "### Deprecated\n\n- `Query.appointments.day`, `Wish.note`, `Status.DONE`\n"
    assert breaches(sdl, changelog) == [
        "Query.appointments.day: the reason has another form",
        "Wish.note: the reason has another form",
        "Status.DONE: the reason has another form",
    ]
