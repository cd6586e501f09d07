"""A server on localhost for as long as a `with` block."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


class Serving(ABC):
    """Whoever inherits this answers each request in `handle`."""

    def __enter__(self) -> Self:
        serving = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # A small packet would wait for the other side's delayed acknowledgement, 40 ms with each answer.
            disable_nagle_algorithm = True

            def _any(self) -> None:
                serving.handle(self)

            do_GET = do_POST = do_PATCH = do_DELETE = _any

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("localhost", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://localhost:{self._server.server_address[1]}"

    @abstractmethod
    def handle(self, http: BaseHTTPRequestHandler) -> None:
        """Answer a request, on a thread of its own."""
