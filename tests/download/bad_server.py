"""A real HTTP server that misbehaves as a test demands, one behaviour a request."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Behaviour = Callable[["_Handler"], None]


@dataclass
class Server:
    content: bytes
    script: list[Behaviour]
    """The first requests get these, in order; those that follow get `serve`."""
    url: str = ""
    ranges: list[str | None] = field(default_factory=list)
    """The Range header of each request."""
    closing: threading.Event = field(default_factory=threading.Event)


@contextmanager
def serving(content: bytes, *script: Behaviour) -> Iterator[Server]:
    """The server, on a free port of this machine."""
    state = Server(content, list(script))
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"state": state}))
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}/cifar-10-binary.tar.gz"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield state
    finally:
        state.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    state: Server

    def do_GET(self) -> None:
        self.state.ranges.append(self.headers["Range"])
        self.start = int((self.headers["Range"] or "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        behaviour = self.state.script.pop(0) if self.state.script else serve
        behaviour(self)

    def head(self, code: int, **headers: object) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def head_of(self, content: bytes) -> bytes:
        """Send the head of a good answer; returns the body."""
        length = len(content) - self.start
        if not self.start:
            self.head(200, Content_Length=length)
        else:
            self.head(206, Content_Length=length, Content_Range=f"bytes {self.start}-{len(content) - 1}/{len(content)}")
        return content[self.start :]

    def log_message(self, *args: object) -> None:
        pass


def other_content(content: bytes) -> Behaviour:
    return lambda handler: handler.wfile.write(handler.head_of(content))


def serve(handler: _Handler) -> None:
    """As a good server does, ranges included."""
    other_content(handler.state.content)(handler)


def cut(after: int) -> Behaviour:
    """Close the connection after so many bytes of the body."""
    return lambda handler: handler.wfile.write(handler.head_of(handler.state.content)[:after])


def stall(after: int) -> Behaviour:
    """Fall silent after so many bytes of the body."""
    return lambda handler: (cut(after)(handler), handler.wfile.flush(), handler.state.closing.wait())


def slow(handler: _Handler) -> None:
    """200 kB/s, as long as anybody listens."""
    body = handler.head_of(handler.state.content)
    with suppress(ConnectionError):
        for start in range(0, len(body), 2000):
            handler.state.closing.wait(0.01)
            handler.wfile.write(body[start : start + 2000])


def mute(handler: _Handler) -> None:
    """Take the request and never answer."""
    handler.state.closing.wait()


def status(code: int, **headers: object) -> Behaviour:
    return lambda handler: handler.head(code, Content_Length=0, **headers)


def ignore_range(handler: _Handler) -> None:
    """Send the whole file, whatever was asked for."""
    handler.start = 0
    serve(handler)


def other_range(handler: _Handler) -> None:
    """Send another part of the file than asked for."""
    handler.start += 1
    serve(handler)


def endless(handler: _Handler) -> None:
    """Announce no length and continue behind the end."""
    handler.head(200)
    handler.wfile.write(handler.state.content + b"more")
