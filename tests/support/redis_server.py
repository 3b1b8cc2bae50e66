"""Redis servers of the tests' own, which keep nothing."""

from pathlib import Path


def redis_command(port: int, folder: Path) -> list[str]:
    """Return the command of a server on loopback whose working directory is ``folder``."""
    options = {"--bind": "127.0.0.1", "--port": str(port), "--save": "", "--dir": str(folder)}
    return ["redis-server", *(part for option in options.items() for part in option)]
