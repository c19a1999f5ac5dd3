"""A web server on this machine that can be told to fail."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Page:
    """What an address gives: `body`; `cuts` are the bytes after which the first answers break off.

    `etag` None: nothing tells whether the page changed. `ranges` False: every answer is the whole page. `statuses` are
    the answers of the first requests, before the page itself. `careless`: a part is sent even when the page has
    changed.
    """

    body: bytes = b""
    etag: str | None = '"1"'
    ranges: bool = True
    cuts: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    careless: bool = False


class Server:
    """Pages by path, and what was asked: (path, value of Range)."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.asked: list[tuple[str, str | None]] = []
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.http.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.http.server_address[1]}"

    def put(self, path: str, body: bytes, **more: object) -> str:
        """Serve `body`; returns its address."""
        self.pages[path] = Page(body, **more)
        return self.address + path

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append((self.path, self.headers.get("Range")))
                page = server.pages.get(self.path)
                if page is None:
                    self.send_error(404)
                elif page.statuses:
                    self.send_error(page.statuses.pop(0))
                else:
                    self._answer(page)

            def _answer(self, page: Page) -> None:
                start, asked = 0, self.headers.get("Range")
                if asked and page.ranges and (page.careless or self.headers.get("If-Range") == page.etag):
                    start = int(asked.removeprefix("bytes=").partition("-")[0])
                    if start >= len(page.body):
                        self.send_error(416)
                        return
                self.send_response(206 if start else 200)
                if start:
                    self.send_header("Content-Range", f"bytes {start}-{len(page.body) - 1}/{len(page.body)}")
                if page.etag:
                    self.send_header("ETag", page.etag)
                self.send_header("Content-Length", str(len(page.body) - start))
                self.end_headers()
                body = page.body[start:]
                self.wfile.write(body[: page.cuts.pop(0)] if page.cuts else body)
                self.close_connection = True

            def log_message(self, *arguments: object) -> None:
                pass

        return Handler


@contextmanager
def running() -> Iterator[Server]:
    """A server for the length of the block."""
    server = Server()
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.http.shutdown()
        server.http.server_close()
        thread.join()
