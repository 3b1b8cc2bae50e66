"""Model fields."""

from typing import TYPE_CHECKING, Any

from django.db import models
from typing_extensions import override

from users import email_addresses

if TYPE_CHECKING:
    CharField = models.CharField[str, str]
else:
    CharField = models.CharField


class EmailAddressField(CharField):
    """An email address, validated and converted to its canonical form by ``clean()``.

    Not an EmailField: browsers convert the domain in its input themselves, and its validator
    rejects an old address in a form that changes another field.
    """

    @override
    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        """Return the canonical form. Raises ValidationError."""
        return super().clean(email_addresses.normalize(value), model_instance)
