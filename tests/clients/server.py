"""The server for the client tests, started by ``live-server.mjs``.

``python -m tests.clients.server`` fills the empty database of ``DATABASE_URL`` with
``tests.clients.world``, sets its clock to that world's Monday morning, prints its URL, and
serves. A number on standard input moves its clock that many seconds ahead. The end of the
input stops the server, so that no server outlives its test.

``MIGRATED_DATABASE`` names an SQLite database with all migrations, which it starts with instead of
applying them: that takes five seconds.
"""

import os
import shutil
import socket
import sys
from threading import Thread

import time_machine
import uvicorn
from django.core.management import call_command
from django.db import connection

from config.asgi import application  # sets Django up, so it must be imported before the world
from tests.clients.world import START, populate


def main() -> None:
    with time_machine.travel(START) as clock, socket.socket() as listener:
        create_schema()
        populate()
        listener.bind(("127.0.0.1", 0))
        listener.listen()  # connections now wait in the backlog until the server accepts them
        server = uvicorn.Server(uvicorn.Config(application, log_level="warning"))
        Thread(target=read_commands, args=(clock, server), daemon=True).start()
        print_line(f"http://127.0.0.1:{listener.getsockname()[1]}")
        server.run(sockets=[listener])


def create_schema() -> None:
    if migrated := os.environ.get("MIGRATED_DATABASE"):
        shutil.copyfile(migrated, connection.settings_dict["NAME"])
    else:
        call_command("migrate", verbosity=0)


def read_commands(clock: time_machine.Traveller, server: uvicorn.Server) -> None:
    for seconds in sys.stdin:
        clock.shift(int(seconds))
        print_line("moved")
    server.should_exit = True


def print_line(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
