"""What a clinic in production must do, through nginx over TLS. A step that fails raises."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

import httpx
import pytest
from websockets.sync.client import connect

from clinic.demo.accounts import email_of
from config.http.body_limit import TOO_LARGE_ERROR
from schema.transport.requests import MAX_MULTIPART_BYTES
from tests.contract.documents import document_of
from tests.production import proxy, tutorial
from tests.production.files import release_commands
from tests.production.site import HTTP, INSTANCES, SINGLE_UNITS, Site
from tests.support.databases import scratch
from tests.support.live_accounts import Actor
from tests.support.pictures import halves, saved
from tests.support.websocket_client import PROTOCOL, WebSocketClient, add_day_off

WAIT_SECONDS = 60
COUNT_ROWS = "from clinic.models import Appointment; print(Appointment.objects.count())"
DEMO = ("seed_demo", "--i-know-the-password-is-public", "--verbosity", "0")
NOSNIFF = "x-content-type-options"


class DemoDoctor(Actor):
    """The demo doctor, signed in through nginx."""

    def __init__(self, site: Site) -> None:
        self.server, self.email = site, email_of("doctor")
        self.token = tutorial.sign_in(site, self.email)
        me = site.api("Me", token=self.token)["data"]["me"]
        self.id = me["doctor"]["id"]


def prepare(site: Site) -> Iterator[str]:
    """Run the commands of production.md for a release."""
    site.start_redis()  # check --deploy needs none, but the demo data is cached
    for arguments in release_commands():
        site.manage(*arguments)
        yield f"manage.py {' '.join(arguments)}"
    site.manage(*DEMO)
    yield "demo data added"
    site.run(proxy.command(site.folder, "-t"))
    yield "nginx -t"


def start(site: Site) -> Iterator[str]:
    """Start every unit, and nginx."""
    for port, name in INSTANCES.items():
        site.start_unit(name, port)
        yield f"{name.replace('@', f'@{port}')} is ready"
    for name in SINGLE_UNITS:
        site.start_unit(name)
        yield f"{name} started"
    site.start_proxy()
    yield "nginx serves the clinic"


def check_readiness(site: Site) -> str:
    states = site.http.get("/readyz").json()
    assert states.pop("queue_age_seconds") is not None
    assert states == dict.fromkeys(("database", "migrations", "cache", "static"), "ok"), states
    return "/readyz: " + ", ".join(states)


def check_addresses(site: Site) -> str:
    answer = httpx.get(f"http://{proxy.NAME}:{site.ports[80]}/admin/")
    expected = (301, f"https://{proxy.NAME}/admin/")
    assert (answer.status_code, answer.headers["location"]) == expected, answer.headers
    stranger = {"sni_hostname": "other.example.org"}
    with (
        httpx.Client(base_url=site.url, verify=site.tls) as client,
        pytest.raises(httpx.ConnectError, match=r"(?i)unrecognized.name"),
    ):
        client.get("/healthz", extensions=stranger)
    return "HTTP is redirected to HTTPS; other host names get no certificate"


def check_tutorial(site: Site) -> Iterator[str]:
    for title in tutorial.operations(site):
        yield f"tutorial: {title}"


def check_subscription(site: Site) -> str:
    doctor = DemoDoctor(site)
    url = f"wss://{site.address}/graphql/"
    with connect(url, subprotocols=[PROTOCOL], ssl=site.tls, open_timeout=WAIT_SECONDS) as socket:
        client = WebSocketClient(socket)
        client.initialise(doctor.token)
        client.subscribe("AvailabilityChanged", doctorId=doctor.id)
        # The change is made in gunicorn's process and reaches uvicorn's through Redis.
        client.wait_until_subscribed(lambda: add_day_off(doctor))
    return "subscription over wss: event received"


def check_static_file(site: Site) -> str:
    page = site.http.get("/admin/login/")
    assert page.status_code == 200, page.status_code
    [url, *_] = re.findall(r'href="(/static/[^"]+\.css)"', page.text)
    answer = site.http.get(url, headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200, f"{url}: {answer.status_code}"
    assert answer.headers[NOSNIFF] == "nosniff"
    assert answer.headers["content-encoding"] == "gzip", "the compressed file was not used"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    return f"static file: {url}"


def check_picture(site: Site) -> str:
    answer = DemoDoctor(site).upload_avatar(saved(halves(), "JPEG"))
    url = answer["data"]["uploadAvatar"]["avatarUrl"]
    picture = site.http.get(url)
    assert picture.status_code == 200, f"{url}: {picture.status_code}"
    assert picture.headers["content-type"] == "image/webp"
    assert picture.headers[NOSNIFF] == "nosniff"
    assert picture.headers["content-security-policy"] == "default-src 'none'; sandbox"
    return f"uploaded picture: {httpx.URL(url).path}"


def check_body_limit(site: Site) -> str:
    body = b" " * (7 * 1000 * 1000)
    assert len(body) > MAX_MULTIPART_BYTES
    headers = {"Content-Type": "application/json"}
    answer = site.http.post("/graphql/", content=body, headers=headers)
    assert (answer.status_code, answer.content) == (413, TOO_LARGE_ERROR.response_body())
    return "body of 7 MB: 413"


def check_email(site: Site) -> str:
    """Register an account. The worker sends the link to its address."""
    email = Actor(site, "PATIENT").email
    wait_for(
        lambda: [to for to, _message in site.mails.received if to == [email]], "no email was sent"
    )
    return "account registered, and the worker has sent its email"


def check_nightly(site: Site) -> str:
    site.run_unit("cybermed-nightly.service")
    return "cybermed-nightly.service"


def check_restart(site: Site) -> str:
    """Restart gunicorn's instances one after the other while a client sends requests."""
    with counting_responses(site) as statuses:
        for port in (port for port, name in INSTANCES.items() if name == HTTP):
            wait_for_another(statuses)
            site.stop_unit(f"{HTTP}{site.ports[port]}")
            site.start_unit(HTTP, port)
        wait_for_another(statuses)
    assert set(statuses) == {200}, f"statuses: {sorted(set(statuses))}"
    return f"rolling restart: {len(statuses)} requests meanwhile, all answered"


@contextmanager
def counting_responses(site: Site) -> Iterator[list[int]]:
    """Send one request after the other in a thread; yield the list of their statuses."""
    statuses: list[int] = []
    stop = Event()
    token = tutorial.sign_in(site, email_of("patient"))

    def send() -> None:
        body, headers = {"query": document_of("Me")}, {"Authorization": f"JWT {token}"}
        with httpx.Client(base_url=site.url, verify=site.tls, timeout=60) as client:
            while not stop.wait(0.05):
                try:
                    answer = client.post("/graphql/", json=body, headers=headers)
                except httpx.TransportError:
                    statuses.append(0)
                else:
                    statuses.append(answer.status_code)

    sender = Thread(target=send)
    sender.start()
    try:
        yield statuses
    finally:
        stop.set()
        sender.join()


def wait_for_another(statuses: list[int]) -> None:
    number = len(statuses)
    wait_for(lambda: len(statuses) > number, "no request was answered")


def check_backup(site: Site) -> str:
    site.run_unit("cybermed-backup.service")
    [dump] = (site.folder / "backups").glob("*.dump")
    [archive] = (site.folder / "backups").glob("*-media.tar.gz")
    assert ".webp" in site.run(["tar", "-tzf", str(archive)])
    count = ["shell", "--no-imports", "--command", COUNT_ROWS]
    expected = site.manage(*count)
    with scratch("PostgreSQL") as database:
        options = ["--no-owner", "--exit-on-error", "--dbname", database]
        site.run(["pg_restore", *options, str(dump)])
        python = site.paths["/srv/cybermed/current/.venv/bin"] + "/python"
        restored = site.run([python, "manage.py", *count], DATABASE_URL=database)
    assert restored == expected, f"{restored} instead of {expected} appointments"
    return f"backup restored: {expected.strip()} appointments, and the pictures"


def check_stop(site: Site) -> str:
    number = len(site.processes)
    site.stop()
    return f"{number} processes stopped"


def wait_for(condition: Callable[[], object], problem: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(problem)
        time.sleep(0.05)  # otherwise the loop takes the time of what it waits for


CHECKS = (
    check_readiness,
    check_addresses,
    check_tutorial,
    check_subscription,
    check_static_file,
    check_picture,
    check_body_limit,
    check_email,
    check_nightly,
    check_restart,
    check_backup,
    check_stop,
)
