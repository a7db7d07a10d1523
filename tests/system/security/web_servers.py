"""The example of nginx, set up for a test."""

from __future__ import annotations

import subprocess
from pathlib import Path


def nginx_with(example: str, folder: Path, port: int, behind: int, plain: int) -> Path:
    """The example with ports, certificate and folders of a test; what it says of time and size stays."""
    certificate, key = folder / "own.pem", folder / "own.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=hkguide.example",
         "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    for old, new in (
        ("server 127.0.0.1:8000;", f"server 127.0.0.1:{behind};"),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("/etc/ssl/hkguide.example.pem", str(certificate)),
        ("/etc/ssl/hkguide.example.key", str(key)),
    ):
        assert example.count(old) == 1, old
        example = example.replace(old, new)
    places = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    written = folder / "nginx.conf"
    written.write_text(
        f"pid {folder}/pid;\nerror_log {folder}/error.log;\ndaemon off;\nworker_processes 1;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{places}{example}\n}}\n"
    )
    return written
