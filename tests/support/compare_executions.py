"""Execute each GraphQL request of the tests by graphql-core as well: ``COMPARE_EXECUTION=1``.

A request is first executed with ``PLANNED_EXECUTION`` off, and everything that it changes is
restored; then it is executed as usual. Both must agree in the response, the audit records, the
number of SQL statements and of emails. This is a plugin of pytest, for tests on SQLite: the other
databases do not roll back the numbers of new rows.
"""

import copy
import json
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core import mail
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from django.db import connection, transaction
from django.test import Client, override_settings
from django.test.client import RequestFactory

from clinic.models import AccessRecord
from config.logging.statements import time_statement

# Fields whose values differ in each execution: tokens, their ids, and the ids of requests.
RANDOM = {
    *("token", "refreshToken", "jti", "sid", "requestId"),
    "ver",  # of the password's hash, which has a random salt
    *("recoveryCodes", "secret", "calendarUrl"),
}
# Modules and tests that are not compared, and why.
LEFT_OUT = {
    "test_token_auth_hashes_no_password_for_an_unknown_email": "a test that counts hashes",
}

counts: Counter[str] = Counter()
# As Client.generic(), which the plugin replaces.
send: Any = RequestFactory.generic


@dataclass(frozen=True)
class Executed:
    """What one execution has returned and done."""

    status: int
    content: str
    statements: int
    records: list[Any]
    emails: int


def reason_to_skip(test: str, path: str, content_type: str) -> str | None:
    """Return why a request cannot be executed twice; None if it can."""
    for name, reason in LEFT_OUT.items():
        if name in test:
            return reason
    if not path.startswith("/graphql/"):
        return "no GraphQL request"
    if content_type.startswith("multipart/"):
        return "an upload, whose file is not rolled back"
    if not connection.in_atomic_block:
        return "a test without a transaction around it, which could be rolled back"
    if any(wrapper is not time_statement for wrapper in connection.execute_wrappers):
        return "a test that counts statements or makes them fail"
    if not all(isinstance(cache, LocMemCache) for cache in open_caches()):
        return "a test of an unreachable cache"
    return None


def open_caches() -> list[Any]:
    return list(caches.all(initialized_only=True))


def state(cache: LocMemCache) -> tuple[Any, Any]:
    """Return the values and their expirations, for which there is no public name."""
    return vars(cache)["_cache"], vars(cache)["_expire_info"]


@contextmanager
def restored() -> Iterator[None]:
    """Restore rows, caches, emails, the statement log and callbacks; log nothing."""
    stored = {id(cache): (cache, copy.deepcopy(state(cache))) for cache in open_caches()}
    emails = len(mail.outbox)
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with unlogged(), transaction.atomic():
            yield
            transaction.set_rollback(True)
    finally:
        logging.disable(disabled)
        for cache in open_caches():
            if id(cache) not in stored:
                cache.clear()
        for cache, kept in stored.values():
            for current, values in zip(state(cache), kept, strict=True):
                current.clear()
                current.update(values)
        del mail.outbox[emails:]


@contextmanager
def unlogged() -> Iterator[None]:
    """Hide statements from tests that count those of a block."""
    queries = list(connection.queries_log)
    try:
        yield
    finally:
        connection.queries_log.clear()
        connection.queries_log.extend(queries)


def execute(client: Client, *args: Any, **kwargs: Any) -> tuple[Any, Executed]:
    """Send a request; return its response, and what can be compared."""
    statements = Counter[str]()

    def count(run: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        statements[""] += 1
        return run(sql, params, many, context)

    # Filled by the first execution, and not rolled back.
    ContentType.objects.clear_cache()
    with unlogged():
        last = max(AccessRecord.objects.values_list("pk", flat=True), default=0)
    emails = len(mail.outbox)
    with connection.execute_wrapper(count):
        response = send(client, *args, **kwargs)
    columns = [f.attname for f in AccessRecord._meta.concrete_fields]  # noqa: SLF001 - documented
    compared = [*(name for name in columns if name not in {"id", "request_id"}), "patients"]
    with unlogged():
        records = list(
            AccessRecord.objects.filter(pk__gt=last)
            .order_by("pk", "patients")
            .values_list(*compared)
        )
    status, emails = response.status_code, len(mail.outbox) - emails
    return response, Executed(status, comparable(response), statements[""], records, emails)


def difference(found: Executed, expected: Executed) -> str:
    """Return the members that differ."""
    members = zip(vars(found).items(), vars(expected).values(), strict=True)
    return "\n".join(
        f"{name} with a plan: {value}\n{name} without: {other}"
        for (name, value), other in members
        if value != other
    )


def comparable(response: Any) -> str:
    """Return the body of a response without what differs in each execution."""
    if "json" not in response.headers.get("Content-Type", ""):
        return str(response.headers.get("Content-Type"))
    return json.dumps(without_random(json.loads(response.content)))


def without_random(value: Any) -> Any:
    match value:
        case dict():
            return {
                key: "random" if key in RANDOM and below else without_random(below)
                for key, below in value.items()
            }
        case list():
            return [without_random(item) for item in value]
    return value


@pytest.fixture(autouse=True)
def _compare_executions(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    test = request.node.nodeid

    def generic(
        client: Client,
        method: str,
        path: str,
        data: Any = "",
        content_type: str = "application/octet-stream",
        **kwargs: Any,
    ) -> Any:
        arguments = (method, path, data, content_type)
        if reason := reason_to_skip(test, path, content_type):
            counts[reason] += 1
            return send(client, *arguments, **kwargs)
        cookies = client.cookies.output()
        with restored(), override_settings(PLANNED_EXECUTION=False):
            expected = execute(client, *arguments, **kwargs)[1]
        client.cookies.load(cookies)
        response, found = execute(client, *arguments, **kwargs)
        assert found == expected, difference(found, expected)
        counts["compared"] += 1
        return response

    monkeypatch.setattr(Client, "generic", generic)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["executions"] = dict(counts)
    elif not counts["compared"]:
        # Otherwise a change of the client, or another selection, would pass without a comparison.
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_testnodedown(node: Any) -> None:
    counts.update(node.workeroutput.get("executions", {}))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    terminalreporter.section("requests executed by plans and by graphql-core")
    for reason, number in counts.most_common():
        terminalreporter.line(f"{number:6} {reason}")
