"""A proxy before an MLflow server that loses requests, loses answers, or keeps them waiting."""

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from workflow_scripts.tracking.server import HOST

# What may happen to one request.
PASS, LOSE_REQUEST, LOSE_ANSWER, WAIT = "pass", "lose the request", "lose the answer", "wait"


class Proxy:
    """Forwards to `port`; `fate(method, path, body)` says what happens to each request."""

    def __init__(self, port: int, fate: Callable[[str, str, bytes], str]) -> None:
        self.port, self.fate = port, fate
        self.lock, self.ended = threading.Lock(), threading.Event()
        self.address = ""

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        with self.lock:  # one decision at a time, so that `fate` may count
            fate = self.fate(handler.command, handler.path, body)
        answer = None if fate == LOSE_REQUEST else self.forwarded(handler, body)
        if fate == WAIT:
            self.ended.wait()  # longer than any client's patience
        if fate == PASS and answer is not None:
            status, headers, content = answer
            handler.send_response(status)
            for name, value in headers:
                if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                    handler.send_header(name, value)
            handler.send_header("Content-Length", str(len(content)))
            handler.end_headers()
            handler.wfile.write(content)
        handler.close_connection = True

    def forwarded(self, handler: BaseHTTPRequestHandler, body: bytes) -> tuple[int, list, bytes] | None:
        """Status, headers and content of the server's answer; None where there is no server."""
        connection = http.client.HTTPConnection(HOST, self.port)
        try:
            headers = {name: value for name, value in handler.headers.items() if name.lower() != "connection"}
            connection.request(handler.command, handler.path, body, headers)
            found = connection.getresponse()
            return found.status, found.getheaders(), found.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()


@contextmanager
def proxy_to(port: int, fate: Callable[[str, str, bytes], str]) -> Iterator[Proxy]:
    """A running proxy; its `address` is what a user would write as tracking_uri."""
    proxy = Proxy(port, fate)

    class Handler(BaseHTTPRequestHandler):
        def do(self) -> None:
            proxy.handle(self)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        proxy.address = f"http://{HOST}:{server.server_port}"
        try:
            yield proxy
        finally:
            proxy.ended.set()
            server.shutdown()
