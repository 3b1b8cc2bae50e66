"""Password rules besides Django's own (``AUTH_PASSWORD_VALIDATORS``)."""

from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from users.models import User
from users.text import to_nfc, validate_visible_password


class NormalizedValidator:
    """Applies another validator to the form of a password that is hashed.

    Otherwise a password with separate accents would count as longer than the same one with
    composed letters. ``validator`` is the path of the other validator's class.
    """

    def __init__(self, validator: str) -> None:
        self.validator = import_string(validator)()

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise what the other validator raises."""
        self.validator.validate(to_nfc(password), user)

    def get_help_text(self) -> str:
        """Return the rule, as the admin shows it."""
        help_text: str = self.validator.get_help_text()
        return help_text


class VisiblePasswordValidator:
    """Rejects a password of blanks or of characters that cannot be seen."""

    def validate(self, password: str, user: User | None = None) -> None:  # noqa: ARG002 - Django's
        """Raise ``password_not_visible`` unless the password has a visible character."""
        validate_visible_password(password)

    def get_help_text(self) -> str:
        """Return the rule, as the admin shows it."""
        return _("Your password cannot consist of blanks only.")
