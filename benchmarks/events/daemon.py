"""The daemon with a receiver, as a process: prints its address, ends when its standard input does.

``python -m benchmarks.events.daemon DIRECTORY``
"""

from __future__ import annotations

import json
import sys
import threading
from contextlib import closing
from pathlib import Path

from fastapi import FastAPI

from adapters.httpclient.redaction import redact
from benchmarks.site import CONNECTION, config_of
from connector import logs
from connector.daemon import Events, run_daemon
from connector.events.routes import router
from connector.events.service import Bells
from connector.mock.thread import ServerThread
from connector.mock.wire import Wire
from connector.state import open_store


def main(directory: Path) -> None:
    """Serve until standard input ends."""
    config = config_of(directory)
    logs.configure(redact=redact, level="warning", file=config.log_path)
    with closing(open_store(config.state_path, redact)) as store:
        events = Events(config.settings.events, Bells(store))
        app = FastAPI()
        app.include_router(router(events.bells.intake(config)))
        receiver = ServerThread(app, Wire(), "127.0.0.1", 0)
        receiver.start()
        sys.stdout.write(json.dumps({"url": f"http://127.0.0.1:{receiver.port}"}) + "\n")
        sys.stdout.flush()
        stop = threading.Event()
        threading.Thread(target=_end_with_input, args=(stop,), daemon=True).start()
        run_daemon(config, [CONNECTION], store, stop, events)
        receiver.stop()


def _end_with_input(stop: threading.Event) -> None:
    sys.stdin.read()
    stop.set()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
