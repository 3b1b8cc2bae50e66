"""Links in the emails of the test mail server."""

import re

from tests.support.emails import mailbox, part
from tests.support.fixtures.smtp_server import MailServer
from tests.support.task_worker import run_due_tasks

LINK = re.compile(r"http://testserver(/account/[a-z-]+/(\S+))")


def send_emails(server: MailServer, *addresses: str) -> list[tuple[str, str]]:
    """Send what is enqueued; return subject and path of the link of each email to ``addresses``.

    In the order of the addresses. The path is empty if there is no link.
    """
    run_due_tasks()
    found = []
    for message in (message for address in addresses for message in mailbox(server, address)):
        link = LINK.search(part(message, "text/plain"))
        found.append((str(message["Subject"]), link[1] if link else ""))
    server.received.clear()
    return found


def token_in(path: str) -> str:
    """Return the token at the end of a page's path."""
    return path.removeprefix("/account/").partition("/")[2].replace("/", ".")
