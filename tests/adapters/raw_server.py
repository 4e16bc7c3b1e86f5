"""A server that answers with scripted bytes, to the letter: cut replies, silence, closed connections."""

import socket
import threading
from contextlib import contextmanager

JSON_OK = b'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 8\r\n\r\n{"a": 1}'


TLS_HELLO = b"\x16\x03"


class RawServer:
    """Each connection takes the next reply: bytes (sent, then closed) or None (silence until the end)."""

    def __init__(self, replies):
        self._replies = list(replies)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._silent = []
        self.requests = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def _serve(self):
        while self._replies:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            reply = self._replies.pop(0)
            self.requests.append(_read_request(connection))
            if reply is None:
                self._silent.append(connection)
                continue
            connection.sendall(reply)
            connection.close()

    def close(self):
        self._replies.clear()
        self._listener.close()
        for connection in self._silent:
            connection.close()


def _read_request(connection):
    data = b""
    while b"\r\n\r\n" not in data and not data.startswith(TLS_HELLO):
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head.split(b"\r\n")[0].decode("latin-1")


@contextmanager
def raw_server(*replies):
    server = RawServer(replies)
    try:
        yield server
    finally:
        server.close()


def free_port():
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
