"""Error codes of tokens and accounts, part of the API."""

from enum import StrEnum


class TokenErrorCode(StrEnum):
    """Why a token cannot be used."""

    EXPIRED = "TOKEN_EXPIRED"
    INVALID = "TOKEN_INVALID"


class FieldErrorCode(StrEnum):
    """Validation error codes of fields, in addition to those of Django's validators."""

    REQUIRED = "required"
    INVALID = "invalid"
