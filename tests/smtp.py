"""A real mail server on this machine, that takes or refuses what a test says."""

import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pytest_django import Settings

TAKEN = "250 Message accepted for delivery"


class MailServer:
    """Keeps what it took: recipients, and the message as a mail program would read it."""

    def __init__(self) -> None:
        self.taken: list[tuple[list[str], EmailMessage]] = []
        self.answer = TAKEN
        self.refused: set[str] = set()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        if address in self.refused:
            return "550 5.1.1 No such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if self.answer == TAKEN:
            content = envelope.original_content or b""
            message = message_from_bytes(content, policy=policy.default)
            self.taken.append((list(envelope.rcpt_tos), message))
        return self.answer


class AnyPort(Controller):
    """Listens where the system found a free port, which stays its own from then on."""

    def __init__(self, handler: MailServer) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        super().__init__(handler, hostname="127.0.0.1", port=self.socket.getsockname()[1])

    def _create_server(self):  # type: ignore[no-untyped-def]  # aiosmtpd's own coroutine
        return self.loop.create_server(self._factory_invoker, sock=self.socket)


@pytest.fixture
def mail_server(settings: Settings) -> Iterator[MailServer]:
    """Where every letter of the test goes."""
    server = MailServer()
    controller = AnyPort(server)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = controller.hostname, controller.port
    try:
        yield server
    finally:
        controller.stop()
