"""gunicorn as it is started, and nginx before it with the example of deploy/nginx.conf: what only a raw connection sends."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import gunicorn
import pytest

from tests import run
from tests.run import ROOT, free_port
from tests.system.security.web_servers import nginx_with

SECRET = "only-for-tests-" * 4


@contextlib.contextmanager
def served(folder: Path, **settings: str) -> Iterator[int]:
    """gunicorn with the options of deploy/hkguide-web.service, on a port of its own; yields the port."""
    port = free_port()
    unit = (ROOT / "deploy" / "hkguide-web.service").read_text()
    command = next(line for line in unit.splitlines() if line.startswith("ExecStart=")).split()[1:]
    options = [f"127.0.0.1:{port}" if word == "127.0.0.1:8000" else word for word in command]
    own = {name: value for name, value in os.environ.items() if not name.startswith("HKGUIDE_")}
    environment = own | {"HKGUIDE_VAR": str(folder), "HKGUIDE_SECRET_KEY": SECRET, **settings}
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *options], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
        try:
            wait_for(port)
            yield port
        finally:
            server.terminate()
            server.wait(timeout=20)


def wait_for(port: int) -> None:
    for _attempt in range(300):
        with contextlib.suppress(OSError, http.client.HTTPException):
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            line.request("GET", "/health/")
            line.getresponse().read()
            return
        time.sleep(0.1)
    raise AssertionError("the server did not answer within 30 seconds")


def said_to(port: int, message: bytes) -> bytes:
    """All that comes back on one connection that sends this and then no more."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        with contextlib.suppress(OSError):  # refused before it was sent to its end
            line.sendall(message)
            line.shutdown(socket.SHUT_WR)
        parts = []
        with contextlib.suppress(OSError):
            while part := line.recv(65536):
                parts.append(part)
    return b"".join(parts)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with served(tmp_path_factory.mktemp("served")) as port:
        yield port


RAW = {
    "two lengths": b"POST /health/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nContent-Length: 40\r\n\r\nabcd",
    "length and chunks": b"POST /health/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /admin/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "chunks misspelt": b"POST /health/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "negative length": b"POST /health/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    "foreign host": b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
    "host of odd signs": b"GET / HTTP/1.1\r\nHost: local\xffhost/<script>\r\n\r\n",
    "foreign address in the line": b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "header without a name": b"GET / HTTP/1.1\r\nHost: localhost\r\n: x\r\n\r\n",
    "folded header": b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n c\r\n\r\n",
    "500 headers": b"GET / HTTP/1.1\r\nHost: localhost\r\n"
    + b"".join(b"X-%d: y\r\n" % n for n in range(500))
    + b"\r\n",
    "a long header": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
}


@pytest.mark.parametrize("message", RAW.values(), ids=list(RAW))
def test_an_odd_request_has_one_answer_and_leads_nobody_elsewhere(message, server):
    """No second request is smuggled in behind the first, no other host is believed, nothing breaks."""
    answer = said_to(server, message)
    assert answer.count(b"HTTP/1.1 ") <= 1, answer[:500]
    status = int(answer.split(b" ")[1]) if answer else 400
    assert status < 500 or status == 501
    assert b"evil.example" not in answer.split(b"\r\n\r\n")[0]
    if b"evil.example" in message or b"script" in message:
        assert status == 400
    assert said_to(server, b"GET /health/ HTTP/1.1\r\nHost: localhost\r\n\r\n").endswith(b"ok\n")


@pytest.mark.long
def test_the_header_server_has_no_version(server):
    head = said_to(server, b"GET /health/ HTTP/1.1\r\nHost: localhost\r\n\r\n").split(b"\r\n\r\n")[0]
    assert f"Server: {gunicorn.SERVER}".encode() in head
    assert not any(sign.isdecimal() for sign in gunicorn.SERVER)


# --- behind nginx ----------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def nginx(folder: Path, behind: int) -> Iterator[int]:
    port, plain = free_port(), free_port()
    written = nginx_with((ROOT / "deploy" / "nginx.conf").read_text(), folder, port, behind, plain)
    program = run.nginx()
    assert program
    own = subprocess.Popen([program, "-c", str(written), "-e", str(folder / "error.log")])
    try:
        for _attempt in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.1)
        yield port
    finally:
        own.terminate()
        own.wait(timeout=10)


def asked(port: int, path: str = "/health/", **headers: str) -> tuple[int, dict[str, str], float]:
    """A page through nginx: its status, its headers, and how long it took."""
    own = ssl.create_default_context()
    own.check_hostname, own.verify_mode = False, ssl.CERT_NONE  # the certificate is the test's own
    began = time.monotonic()
    line = http.client.HTTPSConnection("127.0.0.1", port, timeout=15, context=own)
    line.request("GET", path, headers={"Host": "hkguide.example", **headers})
    answer = line.getresponse()
    answer.read()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, time.monotonic() - began


HALVES = {
    "headers": b"GET / HTTP/1.1\r\nHost: hkguide.example\r\nX-a: ",
    "bodies": b"POST /accounts/login/ HTTP/1.1\r\nHost: hkguide.example\r\nContent-Length: 100\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\nlogin=",
}


@pytest.mark.long
@pytest.mark.skipif(not run.nginx(), reason="nginx is not installed")
def test_half_requests_keep_nobody_out_behind_nginx(tmp_path):
    """Eight halves of requests hold every thread of the bare server, and none behind the example."""
    settings = {"HKGUIDE_PUBLIC_URL": "https://hkguide.example", "HKGUIDE_BEHIND_PROXY": "1"}
    own = ssl.create_default_context()
    own.check_hostname, own.verify_mode = False, ssl.CERT_NONE
    with served(tmp_path, **settings) as behind, nginx(tmp_path, behind) as port:
        status, headers, _took = asked(port)
        assert (status, headers["server"]) == (200, "nginx")
        assert headers["strict-transport-security"] == "max-age=31536000"
        for half in HALVES.values():
            with contextlib.ExitStack() as open_ones:
                for _n in range(8):
                    bare = open_ones.enter_context(socket.create_connection(("127.0.0.1", port)))
                    line = open_ones.enter_context(own.wrap_socket(bare, server_hostname="hkguide.example"))
                    line.sendall(half)
                time.sleep(0.5)
                answers = [asked(port) for _n in range(5)]
                assert [status for status, _headers, _took in answers] == [200] * 5
                took = sorted(seconds for _status, _headers, seconds in answers)
                assert took[2] < 1, took
                assert took[-1] < 5, took  # a held thread makes a request wait for 10 (client_header_timeout)
        # What the sender claims of itself is thrown away.
        assert asked(port, **{"X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example"})[0] == 200


@pytest.mark.long
def test_each_half_request_holds_a_thread_of_the_bare_server(tmp_path):
    """Why docs/settings.md asks for a proxy; when this fails, the server has learnt to wait and the text can change.

    Which worker takes a connection is for the system to say, so halves are sent until nobody is served any more.
    """
    with served(tmp_path) as port, contextlib.ExitStack() as open_ones:
        for _n in range(200):
            line = open_ones.enter_context(socket.create_connection(("127.0.0.1", port)))
            line.sendall(HALVES["headers"])
            if not any(is_served(port) for _try in range(4)):  # neither of the workers
                return
    pytest.fail("200 half requests left the bare server free")


def is_served(port: int) -> bool:
    """Whether the page that needs nothing answers within two seconds."""
    bare = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        bare.request("GET", "/health/")
        return bare.getresponse().status == 200
    except TimeoutError:
        return False
    finally:
        bare.close()
