"""The files for production agree with the server, its settings and the documentation."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands, load_command_class

from config.http.body_limit import TOO_LARGE_ERROR
from config.web_server import KEEP_ALIVE_SECONDS
from schema.transport.requests import MAX_MULTIPART_BYTES
from tests.docs.pages import read, table_rows
from tests.production.files import (
    FILES,
    PAGE,
    ROOT,
    UNITS,
    read_environment,
    read_section,
    read_service,
    release_commands,
)
from tests.production.site import INSTANCES, SINGLE_UNITS

NGINX = (FILES / "nginx.conf").read_text(encoding="utf-8")
CONTAINERFILE = (FILES / "Containerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((FILES / "compose.yaml").read_text(encoding="utf-8"))
SERVICES = sorted(path.name for path in UNITS.glob("*.service"))
SETTINGS = {
    cells[0].strip("`"): cells[1] for cells in table_rows(read("docs/operations/settings.md"))
}
TIMERS = sorted(path.name for path in UNITS.glob("*.timer"))
PYTHON = "/srv/cybermed/current/.venv/bin/python"
NIGHTLY = ("purge_tokens", "prune_ticks", "prune_db_task_results")
SIZES = {"k": 1024, "m": 1024 * 1024}


def nginx_value(name: str, *, block: str = NGINX) -> str:
    """Return the value of a directive that occurs once in the block."""
    [value] = re.findall(rf"^ *{name} (.+);$", block, re.MULTILINE)
    return str(value)


def nginx_block(head: str) -> str:
    """Return the text of a block without nested ones."""
    [block] = re.findall(rf"^ *{re.escape(head)} {{\n(.*?)^ *}}$", NGINX, re.MULTILINE | re.DOTALL)
    return str(block)


def manage_commands(unit: str) -> list[list[str]]:
    commands = read_service(unit).commands
    return [command[2:] for command in commands if command[:2] == [PYTHON, "manage.py"]]


def test_nginx_limits_bodies_as_the_server_does() -> None:
    size = nginx_value("client_max_body_size")
    assert int(size[:-1]) * SIZES[size[-1]] == MAX_MULTIPART_BYTES
    body = TOO_LARGE_ERROR.response_body().decode()
    assert nginx_value("return", block=nginx_block("location @too_large")) == f"413 '{body}'"


def test_nginx_closes_idle_connections_before_gunicorn() -> None:
    idle = nginx_value("keepalive_timeout", block=nginx_block("upstream cybermed_http"))
    assert 0 < int(idle.removesuffix("s")) < KEEP_ALIVE_SECONDS


def test_nginx_waits_longer_than_a_statement() -> None:
    wait = int(nginx_value("proxy_read_timeout").removesuffix("s"))
    assert wait > int(SETTINGS["STATEMENT_TIMEOUT_SECONDS"])


@pytest.mark.parametrize("location", ["/static/", "/media/"])
def test_nginx_serves_files_that_browsers_do_not_sniff(location: str) -> None:
    block = nginx_block(f"location {location}")
    assert "add_header X-Content-Type-Options nosniff always;" in block
    assert nginx_value("alias", block=block).endswith("/")


def test_nginx_sets_forwarded_headers_that_the_settings_trust() -> None:
    headers = dict(re.findall(r"proxy_set_header (X-Forwarded-\w+) (\S+);", NGINX))
    assert headers == {"X-Forwarded-For": "$remote_addr", "X-Forwarded-Proto": "$scheme"}
    environment = read_environment()
    assert (environment["TRUSTED_PROXIES"], environment["BEHIND_TLS_PROXY"]) == ("127.0.0.1", "1")


def test_nginx_limits_slow_clients() -> None:
    names = ("client_header_timeout", "client_body_timeout", "send_timeout")
    assert {name: nginx_value(name) for name in names} == dict.fromkeys(names, "10s")
    assert nginx_value("limit_conn") == "cybermed_clients 100"


def test_nginx_sends_requests_to_the_ports_of_the_instances() -> None:
    ports = re.findall(r"server 127\.0\.0\.1:(\d+) max_fails=0;", NGINX)
    assert [*map(int, ports)] == [*INSTANCES]
    started = re.findall(r"cybermed-(\w+)@(\d+)", PAGE.read_text().partition("## Processes")[2])
    assert {(f"cybermed-{name}@.service", int(port)) for name, port in started} == {
        (name, port) for port, name in INSTANCES.items()
    }


def test_units_run_management_commands_that_accept_their_options() -> None:
    commands = [command for unit in SERVICES for command in manage_commands(unit)]
    assert sorted(name for name, *_ in commands) == sorted(
        (*NIGHTLY, "db_worker", "send_reminders")
    )
    for name, *options in commands:
        command = load_command_class(get_commands()[name], name)
        command.create_parser("manage.py", name).parse_args(options)


def test_units_run_the_documented_web_servers() -> None:
    documented = {
        cells[1].split("`")[1] for cells in table_rows(read("docs/operations/deployment.md"))[:2]
    }
    commands = [read_service(unit, instance="8000").commands[0] for unit in set(INSTANCES.values())]
    assert {
        " ".join(command)
        .replace("/srv/cybermed/current/.venv/bin/", "")
        .removesuffix(" --workers 1")
        for command in commands
    } == documented


@pytest.mark.parametrize("unit", SERVICES)
def test_unit_has_a_start_type_and_a_stop_time(unit: str) -> None:
    entries = dict(read_section((UNITS / unit).read_text(), "Service"))
    is_oneshot = entries["Type"] == "oneshot"
    assert is_oneshot or {"KillMode", "TimeoutStopSec", "Restart"} <= entries.keys()
    assert unit in {*INSTANCES.values(), *SINGLE_UNITS} or is_oneshot


def test_files_are_linked_on_the_pages() -> None:
    files = {path.relative_to(FILES).as_posix() for path in FILES.rglob("*") if path.is_file()}
    pages = "".join(
        PAGE.with_name(name).read_text()
        for name in ("production.md", "monitoring.md", "scaling.md")
    )
    assert set(re.findall(r"\]\(files/([^)]+)\)", pages)) == files


def test_every_timer_has_a_service() -> None:
    assert TIMERS == ["cybermed-backup.timer", "cybermed-nightly.timer"]
    assert {timer.replace(".timer", ".service") for timer in TIMERS} <= {*SERVICES}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    shutil.copytree(UNITS, tmp_path, dirs_exist_ok=True)
    for path in tmp_path.glob("*.service"):
        # It looks for the programs as well.
        path.write_text(
            re.sub(r"/srv/cybermed/current/\.venv/bin/\w+", "/bin/sh", path.read_text())
        )
    units = [unit.replace("@", "@8000") for unit in [*SERVICES, *TIMERS]]
    done = subprocess.run(  # noqa: S603 - our own command
        ["systemd-analyze", "verify", *units],  # noqa: S607 - found on PATH
        env={"PATH": os.environ["PATH"], "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_environment_file_has_documented_settings_and_no_keys() -> None:
    names = read_environment().keys()
    assert names <= SETTINGS.keys()
    assert not names & {"SECRET_KEY", "JWT_SECRET", "PORT"}


def test_production_page_prepares_a_release_in_order() -> None:
    assert release_commands() == [
        ["collectstatic", "--no-input"],
        ["migrate"],
        ["check", "--deploy", "--fail-level", "WARNING"],
    ]


def test_compose_file_starts_the_commands_of_the_units() -> None:
    services = COMPOSE["services"]
    commands = {name: each["command"] for name, each in services.items() if "command" in each}
    units = {
        "http": "cybermed-http@.service",
        "websocket": "cybermed-websocket@.service",
        "worker": "cybermed-worker.service",
        "reminders": "cybermed-reminders.service",
    }
    for name, unit in units.items():
        [[program, *arguments]] = read_service(unit).commands
        assert commands[name] == [program.rpartition("/")[2], *arguments]
    ports = {services[name]["environment"]["PORT"] for name in ("http", "websocket")}
    assert ports == {"8000", "8100"} <= {*map(str, INSTANCES)}


def test_compose_file_declares_what_its_services_use() -> None:
    services = COMPOSE["services"].values()
    mounts = [mount for each in services for mount in each.get("volumes", [])]
    named = {mount.partition(":")[0] for mount in mounts if not mount.startswith(".")}
    assert named == COMPOSE["volumes"].keys()
    assert COMPOSE["x-application"]["environment"].keys() <= SETTINGS.keys()
    used = {name for each in services for name in each.get("depends_on", {})}
    assert used <= COMPOSE["services"].keys()


def test_containerfile_copies_files_that_exist() -> None:
    sources = re.findall(r"^COPY (.+) \S+$", CONTAINERFILE, re.MULTILINE)
    copied = [name for source in sources for name in source.split()]
    assert [name for name in copied if not (ROOT / name).exists()] == []
    packages = {path.parent.name for path in ROOT.glob("*/apps.py")}
    assert packages <= {name.rstrip("/") for name in copied}
