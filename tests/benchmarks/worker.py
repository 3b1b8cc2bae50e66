"""Call a WSGI application in this process and measure the CPU time of its requests.

    python worker.py config.wsgi:application

Reads requests as JSON from standard input, one line per group, and prints one line for each. A
program of its own that imports nothing from the project, because it also runs earlier commits.
"""

import gc
import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def main(name: str) -> None:
    # Instead of this file's folder, whose modules would hide others of the same name.
    sys.path[0] = str(Path.cwd())
    # What the application prints goes to the log, not between the replies.
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    module, _, attribute = name.partition(":")
    application = getattr(import_module(module), attribute)
    for line in sys.stdin:
        replies.write(json.dumps(_run(application, json.loads(line))) + "\n")
        replies.flush()


def _run(application: Application, group: dict[str, Any]) -> dict[str, Any]:
    """Call the application with a group of requests, one after another."""
    if group.get("freeze"):
        # As gunicorn.conf.py does: code and schema live as long as the process.
        gc.collect()
        gc.freeze()
    environs = [environ_of(*request) for request in group["requests"]]
    begin = time.process_time()
    responses = [respond(application, environ) for environ in environs]
    cpu = time.process_time() - begin
    expected = group["expected"].encode()
    failed = [
        body.decode(errors="replace")
        for status, body in responses
        if not 200 <= status < 300 or b'"errors"' in body or expected not in body
    ]
    bodies = [json.loads(body) for _, body in responses] if group["keep"] and not failed else []
    return {"cpu": cpu, "failed": failed[:1], "bodies": bodies}


def environ_of(method: str, url: str, headers: dict[str, str], body: str) -> dict[str, Any]:
    """Return the WSGI environment of a request."""
    path, _, query = url.partition("?")
    data = body.encode()
    variables = {f"HTTP_{key.upper().replace('-', '_')}": text for key, text in headers.items()}
    return {
        **variables,
        "CONTENT_TYPE": headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(data)),
        "HTTP_HOST": "127.0.0.1",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REMOTE_ADDR": "127.0.0.1",
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.errors": sys.stderr,
        "wsgi.input": io.BytesIO(data),
        "wsgi.multiprocess": False,
        "wsgi.multithread": True,
        "wsgi.run_once": False,
        "wsgi.url_scheme": "http",
        "wsgi.version": (1, 0),
    }


def respond(application: Application, environ: dict[str, Any]) -> tuple[int, bytes]:
    """Return the status and the body of the response to one request."""
    statuses: list[int] = []
    response = application(environ, lambda status, *_: statuses.append(int(status[:3])))
    body = b"".join(response)
    # Django ends the request, and with it the use of the database connection, here.
    if close := getattr(response, "close", None):
        close()
    return statuses[-1], body


if __name__ == "__main__":
    main(sys.argv[1])
