"""Start uvicorn on HOST and PORT: ``python -m config.asgi_server``.

Further arguments are those of uvicorn, such as ``--workers 2``; they override these here.
"""

import os
import sys

import uvicorn

from config.start import require_stored_time_zone
from config.web_server import HOST, KEEP_ALIVE_SECONDS, PORT

ARGUMENTS = (
    "config.asgi:application",
    f"--host={HOST}",
    f"--port={PORT}",
    f"--timeout-keep-alive={KEEP_ALIVE_SECONDS}",
    # Seconds. Without a limit, uvicorn waits after SIGTERM until all WebSockets are closed.
    "--timeout-graceful-shutdown=30",
    # The application has no lifespan events; uvicorn would log that at each start.
    "--lifespan=off",
    # Otherwise uvicorn trusts the X-Forwarded-For header of any local process. TRUSTED_PROXIES
    # decides that instead.
    "--no-proxy-headers",
)

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    require_stored_time_zone()
    uvicorn.main([*ARGUMENTS, *sys.argv[1:]], prog_name="python -m config.asgi_server")
