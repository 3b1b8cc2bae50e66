"""What the accounts answer when they say no: facts that a client can switch on."""

from enum import StrEnum


class TokenErrorCode(StrEnum):
    """Why a token is no good."""

    EXPIRED = "TOKEN_EXPIRED"
    INVALID = "TOKEN_INVALID"


class FieldErrorCode(StrEnum):
    """Why a field is refused, beside what Django's own validators say."""

    REQUIRED = "required"
    INVALID = "invalid"
