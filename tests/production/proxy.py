"""nginx with the configuration of ``docs/operations/files``, on loopback and free ports."""

import os
import re
import ssl
import subprocess
from pathlib import Path

from tests.production.files import FILES, RELEASE, ROOT

NAME = "localhost"
MAIN = """
{user}
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{}}
http {{
    include /etc/nginx/mime.types;
    access_log off;
    {temporary_folders}
    include {folder}/site.conf;
}}
"""


def create_certificate(folder: Path) -> None:
    """Create a self-signed certificate for localhost."""
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=localhost"
    names = ["-addext", f"subjectAltName=DNS:{NAME},IP:127.0.0.1"]
    files = ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]
    subprocess.run([*command.split(), *names, *files], check=True, capture_output=True)  # noqa: S603 - our own command


def trusting_context(folder: Path) -> ssl.SSLContext:
    """Return a context for clients that trust the certificate."""
    return ssl.create_default_context(cafile=folder / "fullchain.pem")


def render_site(folder: Path, ports: dict[int, int]) -> str:
    """Return nginx.conf with other ports and paths. ``ports``: those of the file, and ours."""
    text = (FILES / "nginx.conf").read_text(encoding="utf-8")
    text = re.sub(r"^ *listen \[::\].*\n", "", text, flags=re.MULTILINE)  # IPv6 can be missing
    replacements = {
        **{f"listen {port}": f"listen 127.0.0.1:{ours}" for port, ours in ports.items()},
        **{f"server 127.0.0.1:{port} ": f"server 127.0.0.1:{o} " for port, o in ports.items()},
        "clinic.example.org;": f"{NAME};",
        "/etc/letsencrypt/live/clinic.example.org": str(folder),
        f"{RELEASE}/static-collected": str(ROOT / "static-collected"),
        "/var/lib/cybermed/media": str(folder / "media"),
        "/var/log/nginx/cybermed.log": str(folder / "nginx.log"),
        "/var/www/html": str(folder),
    }
    for old, new in replacements.items():
        text = text.replace(old, new)
    return text


def write_configuration(folder: Path, ports: dict[int, int]) -> None:
    """Write the site, and a main configuration that needs no permissions."""
    (folder / "site.conf").write_text(render_site(folder, ports))
    # As root, the workers would be nobody, who cannot read our files.
    user = "user root;" if os.geteuid() == 0 else ""
    built = subprocess.run(["nginx", "-V"], capture_output=True, text=True, check=True).stderr  # noqa: S607 - found on PATH
    kinds = re.findall(r"--http-([a-z-]+)-temp-path", built)
    folders = [f"{kind.replace('-', '_')}_temp_path {folder}/nginx-{kind};" for kind in kinds]
    main = MAIN.format(folder=folder, user=user, temporary_folders="\n    ".join(folders))
    (folder / "nginx.conf").write_text(main)


def command(folder: Path, *arguments: str) -> list[str]:
    """Return a command line of nginx with the written configuration."""
    log = str(folder / "nginx.log")
    return ["nginx", "-e", log, "-p", str(folder), "-c", str(folder / "nginx.conf"), *arguments]
