"""How the product is started and run: its secret, its proxy, its units, the modes of its files, Django's own checks."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from assessments import checks
from hkguide import settings as module
from tests import run
from tests.run import ROOT
from tests.system.security.web_servers import nginx_with

UNITS = sorted((ROOT / "deploy").glob("*.service"))
HTTPS = {"HKGUIDE_PUBLIC_URL": "https://hkguide.example", "HKGUIDE_BEHIND_PROXY": "1"}
PRODUCTION = {
    **HTTPS,
    "HKGUIDE_SECRET_KEY": "x1y2z3-" * 7 + "x",  # 50 signs
    "HKGUIDE_MAIL_HOST": "mail.hkguide.example",
    "HKGUIDE_MAIL_FROM": "hkguide@hkguide.example",
    "HKGUIDE_HELP_CONTACT": "help@hkguide.example",
    "HKGUIDE_COLLECTED_STATIC": "1",
}


def python(folder: Path, *arguments: str, **given: str) -> subprocess.CompletedProcess[str]:
    """A process of its own, with these settings and no others, in a folder that it makes."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("HKGUIDE_", "DJANGO_"))}
    environment = own | {"HKGUIDE_VAR": str(folder / "var"), **given}
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


# --- the secret ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", ["", "a", "x" * 49])
def test_a_short_secret_is_refused(secret, monkeypatch):
    monkeypatch.setattr(module, "SECRET_KEY", secret)
    monkeypatch.setattr(module, "DEBUG", False)
    assert "HKGUIDE_SECRET_KEY" in checks.unfit_secret()
    (error,) = checks.secret_is_fit(None)
    assert error.id == "hkguide.E001"


def test_a_secret_of_fifty_signs_is_taken_and_debugging_needs_none(monkeypatch):
    monkeypatch.setattr(module, "DEBUG", False)
    monkeypatch.setattr(module, "SECRET_KEY", "x" * 50)
    assert checks.secret_is_fit(None) == []
    monkeypatch.setattr(module, "DEBUG", True)
    monkeypatch.setattr(module, "SECRET_KEY", "short")
    assert checks.secret_is_fit(None) == []


@pytest.mark.long
def test_the_server_does_not_start_with_a_short_secret_and_warns_without_a_proxy(tmp_path):
    start = ("-c", "import hkguide.wsgi")
    refused = python(tmp_path, *start, HKGUIDE_SECRET_KEY="a")
    assert refused.returncode == 1
    assert refused.stderr.startswith("hkguide: HKGUIDE_SECRET_KEY has fewer than 50 characters")
    assert "Traceback" not in refused.stderr
    started = python(tmp_path, *start, HKGUIDE_SECRET_KEY="x" * 50, HKGUIDE_PUBLIC_URL="https://hkguide.example")
    assert started.returncode == 0
    assert "HKGUIDE_BEHIND_PROXY is not set" in started.stderr
    assert "deploy/nginx.conf" in started.stderr


def test_the_key_that_the_demo_makes_is_long_enough():
    makefile = (ROOT / "Makefile").read_text()
    (made,) = re.findall(r"print\(secrets\.token_urlsafe\((\d+)\)\)", makefile)
    assert len(secrets.token_urlsafe(int(made))) >= checks.SHORTEST_SECRET
    assert "umask 077" in makefile


@pytest.mark.parametrize(
    ("behind", "secure", "warns"), [(False, True, True), (True, True, False), (False, False, False)]
)
def test_the_start_warns_of_https_without_a_proxy(behind, secure, warns, settings):
    settings.BEHIND_PROXY, settings.SECURE = behind, secure
    assert [one.id for one in checks.proxy_is_in_front(None)] == (["hkguide.W002"] if warns else [])


# --- Django's checks -------------------------------------------------------------------------------------------------------


ON_A_DAY_OF_2026 = """
import sys
from datetime import UTC, datetime
from unittest import mock
import manage
sys.argv = ["manage.py", "check", "--deploy", "--fail-level", "WARNING"]
with mock.patch("django.utils.timezone.now", return_value=datetime(2026, 12, 1, tzinfo=UTC)):
    manage.main()
"""


def test_check_deploy_has_nothing_to_say_of_production_settings(tmp_path):
    """On a day whose year and the next have their holidays listed, so that the test does not depend on today."""
    done = python(tmp_path, "-c", ON_A_DAY_OF_2026, **PRODUCTION)
    said = [line for line in (done.stdout + done.stderr).splitlines() if line and "hkguide.W001" not in line]
    assert done.returncode == 0, said
    assert said == ["System check identified no issues (2 silenced)."]
    assert module.SILENCED_SYSTEM_CHECKS == ["security.W005", "security.W021"]


def test_check_deploy_tells_of_a_folder_that_others_can_look_into(tmp_path, settings):
    settings.VAR = tmp_path
    tmp_path.chmod(0o700)
    assert checks.files_are_private(None) == []
    tmp_path.chmod(0o750)
    assert [one.id for one in checks.files_are_private(None)] == ["hkguide.W003"]


# --- files -----------------------------------------------------------------------------------------------------------------


def test_settings_when_imported_create_no_folder(tmp_path):
    done = python(tmp_path, "-c", "import hkguide.settings", HKGUIDE_SECRET_KEY="x" * 50)
    assert done.returncode == 0, done.stderr[-2000:]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
def test_start_creates_the_folders_for_its_own_user_alone(tmp_path):
    done = python(tmp_path, "manage.py", "check", HKGUIDE_SECRET_KEY="x" * 50)
    assert done.returncode == 0, done.stderr[-2000:]
    folders = {path.relative_to(tmp_path).as_posix(): path for path in tmp_path.rglob("*") if path.is_dir()}
    assert sorted(folders) == ["var", "var/static"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders.values()} == {0o700}


@pytest.mark.long
def test_start_names_the_setting_when_a_folder_cannot_be_made(tmp_path):
    (tmp_path / "var").write_text("a file, not a folder")
    done = python(tmp_path, "manage.py", "check", HKGUIDE_SECRET_KEY="x" * 50)
    assert done.returncode != 0
    said = (
        f"django.core.exceptions.ImproperlyConfigured: HKGUIDE_VAR: the folder {tmp_path / 'var'} cannot be created: "
    )
    assert done.stderr.splitlines()[-1].startswith(said)


WRITES = """
import django; django.setup()
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.mail import send_mail
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("CREATE TABLE a (b)")
    cursor.execute("INSERT INTO a VALUES (1)")
send_mail("Reset", "https://hkguide.example/reset/", None, ["a@example.org"])
default_storage.save("evidence/one/a.pdf", ContentFile(b"%PDF"))
"""


@pytest.mark.long
def test_nothing_that_the_product_writes_can_be_read_by_other_users(tmp_path):
    """Database, its log, mail that waits, uploads, and every folder; whatever the shell's own mask was."""
    code = f"import os; os.umask(0); os.environ['DJANGO_SETTINGS_MODULE'] = 'hkguide.settings'\n{WRITES}"
    done = python(tmp_path, "-c", code, HKGUIDE_SECRET_KEY="x" * 50)
    assert done.returncode == 0, done.stderr[-2000:]
    var = tmp_path / "var"
    found = [var, *var.rglob("*")]
    assert {"hkguide.sqlite3", "mail", "a.pdf"} <= {path.name for path in found}
    assert [str(path) for path in found if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


# --- units and proxy -------------------------------------------------------------------------------------------------------

HARDENED = {
    "UMask": "0077",
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "ReadWritePaths": "/var/lib/hkguide",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
    "RestrictNamespaces": "yes",
    "RestrictSUIDSGID": "yes",
    "LockPersonality": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectControlGroups": "yes",
    "SystemCallArchitectures": "native",
    "CapabilityBoundingSet": "",
    "User": "hkguide",
}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_each_unit_gives_its_process_what_it_needs_and_no_more(unit):
    stated = dict(line.split("=", 1) for line in unit.read_text().splitlines() if "=" in line and line[0].isupper())
    assert {name: stated.get(name) for name in HARDENED} == HARDENED
    assert not [path for path in re.findall(r"/[\w/.-]+", stated["ExecStart"]) if path.startswith("/tmp/")]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_finds_each_unit_little_exposed(unit):
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", unit]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, [*done.stdout.splitlines()[-1:], done.stderr]


TIMED = (
    "client_header_timeout",
    "client_body_timeout",
    "client_max_body_size",
    "proxy_request_buffering on",
    "server_tokens off",
)


def test_the_example_of_nginx_bounds_time_and_size_and_writes_what_is_trusted():
    example = (ROOT / "deploy" / "nginx.conf").read_text()
    assert [word for word in TIMED if word not in example] == []
    assert re.search(r"proxy_set_header X-Forwarded-For +\$remote_addr;", example)
    assert re.search(r"proxy_set_header X-Forwarded-Proto +\$scheme;", example)
    assert int(re.findall(r"client_max_body_size +(\d+)m;", example)[0]) * 1024**2 > module.EVIDENCE_MAX_BYTES


@pytest.mark.skipif(not run.nginx(), reason="nginx is not installed")
def test_nginx_reads_the_example(tmp_path):
    """The long test in test_web_server.py sends requests through it."""
    written = nginx_with((ROOT / "deploy" / "nginx.conf").read_text(), tmp_path, 18443, 18000, 18080)
    program = run.nginx()
    done = subprocess.run(
        [str(program), "-t", "-c", str(written), "-e", str(tmp_path / "error.log")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
