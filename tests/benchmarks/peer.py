"""django-helpdesk in an environment of its own, as a peer that reads the same mailbox.

It reads no form and checks no sender: it makes a ticket of each mail, keeps its attachments, and
answers. Licence: BSD; nothing of it is a part of this project.
"""

import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

_PACKAGES = ("django-helpdesk==2.6.1", "setuptools")
_INSTALL_SECONDS = 300
_RUN_SECONDS = 300
_SETTINGS = """
import os
from pathlib import Path
HOME = Path(__file__).parent
SECRET_KEY = "benchmark"
SILENCED_SYSTEM_CHECKS = ["admin.E402", "admin.E404", "admin.E408", "admin.E409", "admin.E410"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ = True
SITE_ID = 1
ROOT_URLCONF = "peer_urls"
MEDIA_ROOT = str(HOME / "media")
MEDIA_URL = "/media/"
STATIC_URL = "/static/"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(HOME / "db.sqlite3")}}
INSTALLED_APPS = [
    "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
    "django.contrib.sites", "django.contrib.admin", "django.contrib.humanize",
    "django.contrib.messages", "rest_framework", "helpdesk",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = "127.0.0.1"
EMAIL_PORT = int(os.environ["PEER_SMTP_PORT"])
HELPDESK_TEAMS_MODE_ENABLED = False
"""
_URLS = """
from django.urls import include, path
urlpatterns = [path("", include("helpdesk.urls", namespace="helpdesk"))]
"""
_QUEUE = """
import sys
import django
django.setup()
from helpdesk.models import Queue
Queue.objects.create(
    title="Requests", slug="requests", email_address="box@example.com",
    allow_email_submission=True, email_box_type="imap", email_box_host=sys.argv[1],
    email_box_port=int(sys.argv[2]), email_box_user=sys.argv[3], email_box_pass=sys.argv[4],
    email_box_imap_folder="INBOX", email_box_interval=0,
)
"""
_COUNT = """
import django
django.setup()
from helpdesk.models import Ticket
print(Ticket.objects.count())
"""


class NotInstalledError(Exception):
    """The peer could not be installed, and why."""


@dataclass(frozen=True)
class Peer:
    """An installed peer with its settings in ``folder``."""

    python: Path
    folder: Path
    smtp_port: int

    def watches(self, host: str, port: int, user: str, password: str) -> None:
        """Set it up with one mailbox."""
        self.folder.mkdir(parents=True)
        (self.folder / "peer_settings.py").write_text(_SETTINGS)
        (self.folder / "peer_urls.py").write_text(_URLS)
        self._run("-m", "django", "migrate", "--verbosity=0")
        self._run("-m", "django", "loaddata", "emailtemplate.json", "--verbosity=0")
        self._run("-c", _QUEUE, host, str(port), user, password)

    def gets_mail(self) -> None:
        """Read the mailbox once and answer, as its cron line does."""
        self._run("-m", "django", "get_email", "--quiet")

    def tickets(self) -> int:
        """Return how many mails it made a ticket of."""
        return int(self._run("-c", _COUNT))

    def _run(self, *arguments: str) -> str:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "peer_settings",
            "PYTHONPATH": str(self.folder),
            "PEER_SMTP_PORT": str(self.smtp_port),
        }
        done = subprocess.run(
            [self.python, *arguments],
            check=False,
            capture_output=True,
            text=True,
            env=environment,
            timeout=_RUN_SECONDS,
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        return done.stdout


def installed(folder: Path) -> Path:
    """Install the peer in an environment in ``folder``; return its interpreter.

    Raises NotInstalledError, for instance on a machine without package indexes.
    """
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    try:
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", *_PACKAGES],
            check=True,
            capture_output=True,
            text=True,
            timeout=_INSTALL_SECONDS,
        )
    except (subprocess.SubprocessError, OSError) as error:
        raise NotInstalledError(getattr(error, "stderr", "") or str(error)) from error
    return python


def in_cache() -> Path:
    """Return where the environment of the peer is kept between benchmarks."""
    base = os.environ.get("XDG_CACHE_HOME", "") or Path.home() / ".cache"
    return Path(base) / f"requests-mailbox-peer-{sys.version_info[0]}.{sys.version_info[1]}"
