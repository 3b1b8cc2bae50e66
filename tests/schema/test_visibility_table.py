"""The table of visible fields names every field, filter and sort order of the schema, no others."""

from graphql import GraphQLInputObjectType

from tests.security import field_visibility
from tests.security.schema_paths import CORE, object_types

TABLE = "tests/security/field_visibility.py"


def test_schema_fields_are_all_in_table() -> None:
    roots = {CORE.query_type, CORE.mutation_type, CORE.subscription_type}
    fields = {
        f"{type_.name}.{name}"
        for type_ in object_types()
        if type_ not in roots
        for name in type_.fields
    } | {"Node.id"}
    classified = field_visibility.classified()
    assert fields <= classified, (
        f"Say in {TABLE} who sees {sorted(fields - classified)}: in NODES with the callers, in "
        "PARTS if everybody who sees the object sees it, or in RESPONSES or PUBLIC."
    )
    assert classified <= fields, f"Remove from {TABLE}: {sorted(classified - fields)}"


def test_root_fields_are_all_in_table() -> None:
    roots = (CORE.query_type, CORE.mutation_type, CORE.subscription_type)
    names = {name for root in roots if root for name in root.fields}
    classified = field_visibility.OPEN | field_visibility.CLOSED
    assert names <= classified, (
        f"Add {sorted(names - classified)} in {TABLE} to CLOSED, or to OPEN if it works without a "
        "token."
    )
    assert classified <= names, f"Remove from {TABLE}: {sorted(classified - names)}"


def test_schema_fields_missing_in_table_are_detected() -> None:
    """The control of the test above: the table does not contain arbitrary fields."""
    assert "Patient.address" in field_visibility.classified()
    assert "Patient.insuranceNumber" not in field_visibility.classified()


def test_filters_and_orders_use_only_visible_fields() -> None:
    compared = {
        f"{name}.{field}"
        for name, type_ in CORE.type_map.items()
        if isinstance(type_, GraphQLInputObjectType) and name.endswith(("Filter", "Order"))
        for field in type_.fields
    }
    assert compared == field_visibility.COMPARED.keys()
    shown = {name for names in field_visibility.COMPARED.values() for name in names.split()}
    assert shown <= field_visibility.classified()
