"""A mail backend that waits until the test lets it send."""

from collections.abc import Sequence
from threading import Event

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class GatedBackend(BaseEmailBackend):
    gate = Event()
    sent = 0

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        if not GatedBackend.gate.wait(timeout=10):
            raise TimeoutError
        GatedBackend.sent += len(email_messages)
        return len(email_messages)
