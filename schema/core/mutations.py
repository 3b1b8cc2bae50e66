"""The one way a mutation that can be refused is declared."""

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

# Left out, null and blank are one fault to a client.
CLIENT_CODES = {"blank": BookingErrorCode.REQUIRED, "null": BookingErrorCode.REQUIRED}


class DomainErrorExtension(FieldExtension):
    """Answers what the domain raises as data, with the codes that clients switch on."""

    def resolve(
        self, next_: SyncExtensionResolver, source: Any, info: Info, **kwargs: Any
    ) -> object:
        info.context.clear_visibility_cache()
        try:
            answer = next_(source, info, **kwargs)
        except domain_errors.SlotUnavailable as error:
            slots = [Slot(wall=slot) for slot in error.next_available]
            return SlotUnavailable(code=error.code, message=str(error), next_available=slots)
        except TransactionConflict as error:
            kind = OperationMessage.Kind.ERROR
            busy = OperationMessage(kind=kind, message=str(error), code=BookingErrorCode.BUSY)
            return OperationInfo(messages=[busy])
        if isinstance(answer, OperationInfo):
            for message in answer.messages:
                message.code = CLIENT_CODES.get(message.code or "", message.code)
        return answer


def mutation(*, answers: Any, description: str) -> Any:
    """A root field that answers its resolver's object, or an ``OperationInfo``.

    ``answers`` is the GraphQL type of the object. Every ``ValidationError``,
    ``PermissionDenied`` and ``TransactionConflict`` raised becomes an ``OperationInfo``.
    A resolver that can raise ``SlotUnavailable`` names that type in ``answers``, too.
    """
    return strawberry_django.mutation(
        graphql_type=answers,
        handle_django_errors=True,
        description=description,
        extensions=[DomainErrorExtension()],
    )


@contextmanager
def map_error_fields(
    *, inside: str = "", renamed: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Name the fields of a ValidationError as the input does, where the model's name differs."""
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
