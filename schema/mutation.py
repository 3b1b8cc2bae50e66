"""The one way a mutation that can be refused is declared."""

from typing import Annotated, Any, TypeVar

import strawberry
import strawberry_django
from strawberry.extensions import FieldExtension
from strawberry.extensions.field_extension import SyncExtensionResolver
from strawberry_django.fields.types import OperationInfo

from schema.context import Info

T = TypeVar("T")
Input = Annotated[T, strawberry.argument(description="What to do it with.")]

# Left out, null and blank are one fault to a client.
CLIENT_CODES = {"blank": "required", "null": "required"}


class ClientCodes(FieldExtension):
    """Gives refusals the codes that ``errors.md`` promises."""

    def resolve(
        self, next_: SyncExtensionResolver, source: Any, info: Info, **kwargs: Any
    ) -> object:
        answer = next_(source, info, **kwargs)
        if isinstance(answer, OperationInfo):
            for message in answer.messages:
                message.code = CLIENT_CODES.get(message.code or "", message.code)
        return answer


def mutation(*, description: str) -> Any:
    """A root field that answers what its resolver returns, or an ``OperationInfo``.

    The latter for every ``ValidationError`` and ``PermissionDenied`` raised in it.
    """
    return strawberry_django.mutation(
        handle_django_errors=True, description=description, extensions=[ClientCodes()]
    )
