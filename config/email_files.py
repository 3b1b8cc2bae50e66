"""Email backend for development: writes each email to a file and logs where it is."""

import logging
import uuid
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.timezone import localtime

logger = logging.getLogger("cybermed.email")


class EmailBackend(BaseEmailBackend):
    """Write emails as ``.eml`` files to EMAIL_FILE_PATH, relative to the project's directory.

    Django's backend of this kind logs nothing and needs an existing directory.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        directory = Path(settings.BASE_DIR, settings.EMAIL_FILE_PATH)
        directory.mkdir(parents=True, exist_ok=True)
        for email in email_messages:
            file = directory / f"{localtime():%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:6]}.eml"
            file.write_bytes(email.message().as_bytes())
            logger.info("Email to %s: %s (%s)", ", ".join(email.recipients()), email.subject, file)
        return len(email_messages)
