"""Error codes of tokens and accounts, part of the API, and errors of services they use."""

from enum import StrEnum


class TokenErrorCode(StrEnum):
    """Why a token cannot be used."""

    EXPIRED = "TOKEN_EXPIRED"
    INVALID = "TOKEN_INVALID"


class FieldErrorCode(StrEnum):
    """Validation error codes of fields, in addition to those of Django's validators."""

    REQUIRED = "required"
    INVALID = "invalid"


class StorageUnavailable(Exception):
    """A file cannot be stored, such as on a full disk."""
