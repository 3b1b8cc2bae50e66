"""Run the commands of production.md on an empty Debian machine: ``make debian-check``.

The machine is a container with systemd and a network of its own, so that its servers can have their
usual ports. Needs root, network access, and Debian's packages debootstrap, systemd-container,
tinyproxy-bin and iproute2. ``--database MariaDB`` follows what the page says of MariaDB instead.

What needs a person or a public name is replaced: the editor, the questions of createsuperuser, and
certbot, by a certificate that the machine signs itself.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.production.files import ROOT, page_section
from tests.support.network_namespaces import Namespace, ip, network_namespace

SUITE = "bookworm"
PACKAGES = "systemd,dbus,ca-certificates,curl,openssl"
NEEDED = {
    "debootstrap": "debootstrap",
    "systemd-nspawn": "systemd-container",
    "tinyproxy": "tinyproxy-bin",
    "ip": "iproute2",
}
SECTIONS = (
    *("Packages and account", "Database", "Settings", "A release", "Processes", "nginx and TLS"),
    *("Logs", "Backup and restore", "Upgrade"),
)
HOST, CERTIFICATE = "clinic.example.org", "/etc/letsencrypt/live/clinic.example.org"
CURL = "curl --fail --silent"  # trusts CURL_CA_BUNDLE, see below
REGISTER = (
    '{"query": "mutation { register(input: {email: \\"eva@example.org\\", password: '
    '\\"correct horse battery staple\\", firstName: \\"Eva\\", lastName: \\"E\\", role: PATIENT}) '
    '{ __typename } }"}'
)
# Lines of the page by a pattern, and what is run instead.
REPLACED = {
    r"editor .*": "",
    r"run \.venv/bin/python manage\.py createsuperuser": (
        "DJANGO_SUPERUSER_PASSWORD='correct horse battery staple' run .venv/bin/python manage.py "
        "createsuperuser --no-input --email=sam@example.org --first_name=Sam --last_name=Example"
    ),
    r"certbot .*": (
        f"mkdir -p {CERTIFICATE}\n"
        f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={HOST} -addext "
        f"subjectAltName=DNS:{HOST} -keyout {CERTIFICATE}/privkey.pem -out "
        f"{CERTIFICATE}/fullchain.pem 2>/dev/null\n"
        f"echo 127.0.0.1 {HOST} >>/etc/hosts\n"
        f"export CURL_CA_BUNDLE={CERTIFICATE}/fullchain.pem"
    ),
    r"sed -i 's/clinic.*your\.host\.name/.*": "",
    # The page restores a Monday.
    r"(.*/var/backups/cybermed/)1([.-].*)": r"\1$(date +%u)\2",
}
MARIADB = {
    r"(.*)requirements/postgresql\.txt(.*)": r"\1requirements/mysql.txt\2",
    r"runuser -u postgres -- dropdb cybermed": 'mariadb -e "DROP DATABASE cybermed"',
    r"runuser -u postgres -- createdb .*": (
        'mariadb -e "CREATE DATABASE cybermed CHARACTER SET utf8mb4"'
    ),
    r"runuser -u cybermed -- pg_restore .*": (
        "mariadb cybermed </var/backups/cybermed/$(date +%u).sql"
    ),
}
# Run after the commands of a section.
CHECKS = {
    "nginx and TLS": (
        f"{CURL} --data '{REGISTER}' --header 'Content-Type: application/json' "
        f'https://{HOST}/graphql/ | grep \'"__typename":"User"\'\n'
        f"{CURL} --output /dev/null https://{HOST}/admin/"
    ),
    "Backup and restore": (
        "run .venv/bin/python manage.py shell --no-imports --command 'from users.models import "
        'User; print(User.objects.get(email="eva@example.org"))\''
    ),
    "Upgrade": (
        f"{CURL} https://{HOST}/readyz && echo\n"
        'test -z "$(systemctl --plain --no-legend --state=failed list-units)"'
    ),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.production.debian")
    parser.add_argument("--database", choices=("PostgreSQL", "MariaDB"), default="PostgreSQL")
    database = parser.parse_args().database
    if os.geteuid() != 0:
        return _refuse("root is needed to start a container")
    for program, package in NEEDED.items():
        if shutil.which(program) is None:
            return _refuse(f"{program} is not installed (Debian: apt install {package})")
    # Without a handler SIGTERM would end this process, and leave the container running.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with TemporaryDirectory(prefix="cybermed-", ignore_cleanup_errors=True) as name:
        machine = Path(name)
        machine.chmod(0o755)  # its accounts could not enter their root directory otherwise
        subprocess.run(  # noqa: S603 - our own command
            ["debootstrap", f"--include={PACKAGES}", SUITE, name],  # noqa: S607 - as above
            check=True,
            stdout=subprocess.DEVNULL,
        )
        # Proxies and certificates of this machine's network.
        shutil.copy("/etc/ssl/certs/ca-certificates.crt", machine / "etc/ssl/certs")
        shutil.copytree("/etc/apt/apt.conf.d", machine / "etc/apt/apt.conf.d", dirs_exist_ok=True)
        with (
            network_namespace() as namespace,
            _proxy(namespace, machine) as proxy,
            _booted(machine, namespace.name) as init,
        ):
            return _run_script(init, proxy, script(database))


def script(database: str) -> str:
    """Return the commands of the page for a database, each section after a line with its title."""
    parts, replaced = [], REPLACED | (MARIADB if database == "MariaDB" else {})
    for title in SECTIONS:
        commands = "".join(_commands(title, database))
        for pattern, replacement in replaced.items():
            commands = re.sub(f"^{pattern}$", replacement, commands, flags=re.MULTILINE)
        parts += [f"echo '=== {title}'", commands, CHECKS.get(title, "")]
    return "\n".join(parts)


def _commands(title: str, database: str) -> list[str]:
    """Return the blocks of commands of a section."""
    section = page_section(title)
    usual, _, instead = section.partition("\n### MariaDB instead\n")
    if database == "PostgreSQL":
        return _blocks("console", usual)
    match title:
        case "Database":
            return _blocks("console", instead)
        case "Settings":
            [url] = re.findall(r"Set `(DATABASE_URL=mysql:\S+)`", page_section("Database"))
            set_url = f"sed -i 's#^DATABASE_URL=.*#{url}#' /etc/cybermed/environment\n"
            return [*_blocks("console", usual), set_url]
        case "Backup and restore":
            [unit] = _blocks("ini", section)
            folder = "/etc/systemd/system/cybermed-backup.service.d"
            return [
                f"mkdir -p {folder}\ncat >{folder}/mariadb.conf <<'UNIT'\n{unit}UNIT\n",
                "systemctl daemon-reload\n",
                *_blocks("console", usual),
            ]
        case _:
            return _blocks("console", usual)


def _blocks(language: str, text: str) -> list[str]:
    """Return the blocks of code in this language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@contextmanager
def _proxy(namespace: Namespace, machine: Path) -> Iterator[str]:
    """Run a proxy that leads out of the namespace, and yield its URL."""
    ip("-n", namespace.name, "link", "set", "lo", "up")
    settings = machine / "tinyproxy.conf"
    settings.write_text(
        f"Listen {namespace.near}\nPort 8888\nAllow {namespace.far}\nConnectPort 443\nTimeout 600\n"
    )
    with subprocess.Popen(["tinyproxy", "-d", "-c", str(settings)]) as proxy:  # noqa: S603, S607 - our own command
        try:
            yield f"http://{namespace.near}:8888"
        finally:
            proxy.terminate()


@contextmanager
def _booted(machine: Path, namespace: str) -> Iterator[int]:
    """Boot the machine; yield the process ID of its systemd."""
    command = [
        *("systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit", "--console=pipe"),
        *(f"--directory={machine}", f"--network-namespace-path=/run/netns/{namespace}"),
        f"--bind-ro={ROOT}:/repository",
    ]
    with subprocess.Popen(  # noqa: S603 - our own command
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    ) as container:
        try:
            yield _init_of(container.pid)
        finally:
            container.terminate()
            container.wait(60)


def _init_of(pid: int) -> int:
    """Wait for the systemd that descends from a process, and return its process ID."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = [pid]
        for each in found:
            children = Path(f"/proc/{each}/task/{each}/children")
            found += map(int, children.read_text().split() if children.exists() else ())
        for each in found[1:]:
            if Path(f"/proc/{each}/comm").read_text().strip() == "systemd":
                return each
        time.sleep(0.2)  # it is being started
    raise TimeoutError("the container did not start")


def _run_script(init: int, proxy: str, text: str) -> int:
    """Run the commands in the machine, until one fails. Return the exit status."""
    commit = subprocess.run(  # noqa: S603 - our own command
        ["git", "-C", str(ROOT), "rev-parse", "HEAD"],  # noqa: S607 - as above
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    environment = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        "LANG": "C.UTF-8",
        "DEBIAN_FRONTEND": "noninteractive",
        "PIP_CERT": "/etc/ssl/certs/ca-certificates.crt",
        "http_proxy": proxy,
        "https_proxy": proxy,
        "no_proxy": f"127.0.0.1,localhost,{HOST}",
        "REPOSITORY": "/repository/.git",
        "RELEASE": commit,
    }
    # Its repository belongs to an account of this machine.
    prepare = (
        "until systemctl is-active --quiet dbus; do sleep 1; done\n"
        "echo 'APT::Get::Assume-Yes true;' >/etc/apt/apt.conf.d/99yes\n"
        f"echo 'Acquire::http::Proxy \"{proxy}\";' >/etc/apt/apt.conf.d/99proxy\n"
        "printf '[safe]\\n\\tdirectory = *\\n' >/root/.gitconfig\n"
    )
    command = [
        *("nsenter", f"--target={init}", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"),
        *("env", "-i", *(f"{name}={value}" for name, value in environment.items())),
        *("bash", "-e", "-o", "pipefail", "-c", prepare + text),
    ]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, check=False)  # noqa: S603 - our own command
    sys.stdout.write("All commands ran.\n" if done.returncode == 0 else "FAILED\n")
    return done.returncode


def _refuse(reason: str) -> int:
    sys.stderr.write(f"{reason}.\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
