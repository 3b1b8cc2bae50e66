"""Declare mutations whose domain errors are returned as data."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import strawberry_django
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from strawberry.extensions import FieldExtension
from strawberry.extensions.field_extension import SyncExtensionResolver
from strawberry_django.fields.types import OperationInfo, OperationMessage

from clinic import errors as domain_errors
from clinic.errors import BookingErrorCode
from schema.core.context import Info
from schema.core.slots import Slot, SlotUnavailable
from users.common.transactions import TransactionConflict

# Clients get the same code for a missing, null or blank value.
CLIENT_CODES = {"blank": BookingErrorCode.REQUIRED, "null": BookingErrorCode.REQUIRED}


class DomainErrorExtension(FieldExtension):
    """Returns domain errors as data, with the error codes of the API."""

    def resolve(
        self, next_: SyncExtensionResolver, source: Any, info: Info, **kwargs: Any
    ) -> object:
        info.context.clear_visibility_cache()
        try:
            result = next_(source, info, **kwargs)
        except domain_errors.SlotUnavailable as error:
            raw = info._raw_info  # noqa: SLF001 - Strawberry has no public way to it
            info.context.access_tracker.record_unavailable(error, raw)
            slots = [Slot(wall=slot) for slot in error.next_available]
            return SlotUnavailable(code=error.code, message=str(error), next_available=slots)
        except TransactionConflict as error:
            kind = OperationMessage.Kind.ERROR
            busy = OperationMessage(kind=kind, message=str(error), code=BookingErrorCode.BUSY)
            return OperationInfo(messages=[busy])
        if isinstance(result, OperationInfo):
            for message in result.messages:
                message.code = CLIENT_CODES.get(message.code or "", message.code)
        return result


def mutation(*, result: Any, description: str) -> Any:
    """Declare a mutation field that returns its resolver's result or an ``OperationInfo``.

    ``result`` is the GraphQL type. ``ValidationError``, ``PermissionDenied`` and
    ``TransactionConflict`` become an ``OperationInfo``. If the resolver can raise
    ``SlotUnavailable``, ``result`` must include that type.
    """
    return strawberry_django.mutation(
        graphql_type=result,
        handle_django_errors=True,
        description=description,
        extensions=[DomainErrorExtension()],
    )


@contextmanager
def map_error_fields(
    *, inside: str = "", renamed: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Rename the fields of a ValidationError from the names of the model to those of the input.

    ``inside``: path of the nested input that holds the fields.
    """
    try:
        yield
    except ValidationError as error:
        if not hasattr(error, "error_dict"):
            raise
        prefix = f"{inside}." if inside else ""
        raise ValidationError(
            {
                field
                if field == NON_FIELD_ERRORS
                else prefix + (renamed or {}).get(field, field): errors
                for field, errors in error.error_dict.items()
            }
        ) from error
