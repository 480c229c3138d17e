"""A tiny clamd on a loopback socket: the INSTREAM dialogue, and misfortunes by name."""

import contextlib
import socket
import socketserver
import struct
import threading

from tests.files.samples import EICAR


class Daemon(socketserver.ThreadingMixIn):
    """`answer` says what happens: "scan" as it should, or "hang", "garbage", "error", "hang_up"."""

    daemon_threads = True
    allow_reuse_address = True

    def begin(self):
        self.answer = "scan"
        self.seen = []
        self.released = threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def end(self):
        self.released.set()
        self.shutdown()
        self.server_close()


class Tcp(Daemon, socketserver.TCPServer):
    @property
    def address(self):
        return f"tcp://127.0.0.1:{self.server_address[1]}"


class Unix(Daemon, socketserver.UnixStreamServer):
    @property
    def address(self):
        return f"unix://{self.server_address}"


class Dialogue(socketserver.StreamRequestHandler):
    def handle(self):
        daemon = self.server
        assert self.rfile.readline() == b"nINSTREAM\n"
        if daemon.answer == "hang_up":
            return
        data = bytearray()
        while size := struct.unpack("!L", self.rfile.read(4))[0]:
            data += self.rfile.read(size)
        daemon.seen.append(bytes(data))
        replies = {
            "scan": b"stream: Win.Test.EICAR_HDB-1 FOUND\n" if EICAR in data else b"stream: OK\n",
            "error": b"stream: Can't allocate memory ERROR\n",
            "limit": b"INSTREAM size limit exceeded. ERROR\n",
            "garbage": b"\xff\xfe???\n",
            "nothing": b"",
        }
        if daemon.answer == "hang":
            daemon.released.wait(10)
            return
        with contextlib.suppress(OSError):
            self.wfile.write(replies[daemon.answer])


def free_port():
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
