"""Password rules besides Django's own (``AUTH_PASSWORD_VALIDATORS``)."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from users.models import User
from users.text import is_visible


class VisiblePasswordValidator:
    """Rejects a password of blanks or of characters that cannot be seen."""

    def validate(self, password: str, user: User | None = None) -> None:  # noqa: ARG002 - Django's
        """Raise ``password_not_visible`` unless the password has a visible character."""
        if not is_visible(password):
            raise ValidationError(
                _("The password consists of blanks only. Choose one with other characters."),
                code="password_not_visible",
            )

    def get_help_text(self) -> str:
        """Return the rule, as the admin shows it."""
        return _("Your password cannot consist of blanks only.")
