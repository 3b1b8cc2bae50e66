"""Model fields for email addresses, names and telephone numbers."""

import re
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberDescriptor as LibraryDescriptor
from phonenumber_field.modelfields import PhoneNumberField as LibraryField
from phonenumber_field.phonenumber import PhoneNumber, to_python
from phonenumbers.phonemetadata import PhoneMetadata
from typing_extensions import override

from users import email_addresses
from users.folded_fields import BinaryCharField
from users.text import clean_name, to_nfc, validate_name

if TYPE_CHECKING:
    CharField = models.CharField[str, str]
else:
    CharField = models.CharField

# Digits and what people write between them. Letters and the signs of extensions and pauses are
# not among them: the library would convert letters to digits and drop the rest.
TELEPHONE = re.compile(r"[\s\d+\uff0b().\-\u2010-\u2015\u2212/\u2044]+")


class EmailAddressField(CharField):
    """An email address, validated and converted to its canonical form by ``clean()``.

    None if there is none: several rows of a unique column can be null, but only one empty. The
    type checker sees text, as the library declares it.

    Not an EmailField. Its form input lets browsers convert the domain. Its form validator rejects
    an address of an earlier release even if only another field is changed.
    """

    default_validators = [email_addresses.validate_reachable]
    # Without "": Django does not clean empty values, and would store it.
    empty_values = (None,)

    @override
    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        """Return the canonical form; None for a blank address. Raises ValidationError."""
        return super().clean(email_addresses.normalize(value) or None, model_instance)


class NameField(CharField):
    """A name on one line: of a person, or of a specialty. Stored as ``clean_name`` returns it."""

    default_validators = [validate_name]

    @override
    def to_python(self, value: Any) -> Any:
        """Return the stored form; "" for None, so that a missing name counts as blank."""
        return clean_name(super().to_python(value) or "")


def store_in_nfc(
    apps: StateApps, schema_editor: BaseDatabaseSchemaEditor, *, model: str, fields: list[str]
) -> None:
    """Convert the text of existing rows to NFC, for migrations.

    What is compared with them is in NFC. A text that would become longer than its column is
    left as it is.
    """
    rows = apps.get_model(model).objects.using(schema_editor.connection.alias)
    limits = [rows.model._meta.get_field(name).max_length for name in fields]  # noqa: SLF001 - Django documents _meta as public
    for pk, *texts in rows.values_list("pk", *fields).iterator():
        for name, limit, text in zip(fields, limits, texts, strict=True):
            normalized = to_nfc(text)
            if normalized != text and len(normalized) <= limit:
                # Unless it has been changed in the meantime.
                rows.filter(pk=pk, **{name: text}).update(**{name: normalized})


class BinaryNameField(NameField, BinaryCharField):
    """A name that every database compares by code point."""


def validate_phone_number(value: object) -> None:
    """Raise ``invalid`` unless the value is a telephone number that is stored as it was typed."""
    number = to_python(value)
    if isinstance(number, PhoneNumber) and not number.is_valid():
        raise ValidationError(
            _(
                "Enter a valid telephone number, such as +49 30 123456, without letters and "
                "without an extension."
            ),
            code="invalid",
        )


def is_stored_as_typed(number: PhoneNumber) -> bool:
    """Return whether the stored number has the digits that were typed, and no others.

    What precedes the national number can differ in the usual ways: the country code after
    ``+`` or ``00``, the national prefix (the 0 of 030), and both as in +49 (0)30.
    """
    typed = number.raw_input or ""
    if number.extension or not TELEPHONE.fullmatch(typed):
        return False
    digits = "".join(str(unicodedata.digit(c)) for c in typed if c.isdecimal())
    national = phonenumbers.national_significant_number(number)
    if not digits.endswith(national):
        return False
    prefix, country = digits.removesuffix(national), str(number.country_code)
    region = phonenumbers.region_code_for_country_code(number.country_code)
    metadata = PhoneMetadata.metadata_for_region(region)
    trunk = (metadata and metadata.national_prefix) or ""
    if typed.lstrip().startswith(("+", "\uff0b")):
        return prefix in {country, country + trunk}
    home = PhoneMetadata.metadata_for_region(settings.PHONENUMBER_DEFAULT_REGION)
    idd = home.international_prefix if home else "00"
    with_country = re.fullmatch(f"(?:{idd}){country}(?:{trunk})?", prefix)
    return prefix in {"", trunk} or with_country is not None


def parse_phone_number(text: str) -> PhoneNumber | None:
    """Return the number that was typed, nationally or internationally; None if it is not valid."""
    try:
        number = to_python(text.strip())
    except ValueError:
        return None
    is_valid = isinstance(number, PhoneNumber) and number.is_valid() and is_stored_as_typed(number)
    return number if is_valid else None


class PhoneNumberDescriptor(LibraryDescriptor):  # type: ignore[misc]  # the library has no types
    """Keeps a number that would be stored with other digits as text, which is not valid."""

    def __set__(self, instance: models.Model, value: object) -> None:
        number = to_python(value, region=self.field.region)
        if isinstance(number, PhoneNumber) and not is_stored_as_typed(number):
            number = PhoneNumber(raw_input=number.raw_input)
        instance.__dict__[self.field.name] = number


class PhoneNumberField(LibraryField):  # type: ignore[misc]  # the library has no types
    """A telephone number, stored in E.164 format. Rejects text whose digits would change.

    The library alone stores ``030 123456 Oma`` with 662 at the end, and drops extensions.
    """

    descriptor_class = PhoneNumberDescriptor
    default_validators: list[Callable[[object], None]] = [validate_phone_number]
