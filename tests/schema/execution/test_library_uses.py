"""What schema/execution relies on in the objects of libraries, besides their signatures."""

from django.db.models.fields.related_descriptors import (
    ForwardManyToOneDescriptor,
    ReverseManyToOneDescriptor,
)
from django.db.models.query_utils import DeferredAttribute
from graphql import ExecutionContext, GraphQLObjectType
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.schema_converter import GraphQLCoreConverter

from clinic.models import Doctor
from schema.schema import schema
from tests.support.fixtures.people import make_doctor


def test_strawberry_keeps_the_definition_in_the_extensions_of_core_types() -> None:
    core = schema._schema  # noqa: SLF001 - the subject of the check
    doctor = core.type_map["Doctor"]
    assert isinstance(doctor, GraphQLObjectType)
    key = GraphQLCoreConverter.DEFINITION_BACKREF
    for extensions in (doctor.extensions, doctor.fields["specialty"].extensions):
        assert key in extensions, (
            "DEFINITION_BACKREF has changed: adapt schema/execution/readers.py"
        )


def test_strawberry_execution_context_extends_that_of_graphql_core() -> None:
    bases = StrawberryGraphQLCoreExecutionContext.__mro__
    assert ExecutionContext in bases, "execution has changed: adapt schema/execution/context.py"


def test_django_column_is_a_deferred_attribute() -> None:
    message = "Model fields have changed: adapt _column_reader in schema/execution/readers.py"
    assert type(vars(Doctor)["specialty"]) is DeferredAttribute, message
    assert isinstance(vars(Doctor)["user"], ForwardManyToOneDescriptor), message
    assert type(vars(Doctor)["appointments"]) is ReverseManyToOneDescriptor, message


def test_prefetched_rows_are_kept_by_the_name_of_the_relation(db: None) -> None:
    make_doctor("Dora")
    doctor = Doctor.objects.prefetch_related("appointments").get()
    relation = vars(Doctor)["appointments"].rel
    assert [*vars(doctor)["_prefetched_objects_cache"]] == [relation.cache_name], (
        "Prefetching has changed: adapt _prefetched_reader in schema/execution/readers.py"
    )


def test_path_has_the_members_of_a_place() -> None:
    assert Path._fields == ("prev", "key", "typename"), "adapt schema/execution/run.py"
