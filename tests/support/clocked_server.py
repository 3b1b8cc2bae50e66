"""A web server in its own process whose clock is set: ``-m tests.support.clocked_server``.

The arguments are the time (ISO 8601, with an offset) and the port.
"""

import datetime as dt
import sys

import time_machine
import uvicorn

if __name__ == "__main__":
    now, port = sys.argv[1:]
    with time_machine.travel(dt.datetime.fromisoformat(now), tick=True):
        uvicorn.run("config.asgi:application", port=int(port), proxy_headers=False)
