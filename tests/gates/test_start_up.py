"""What a command does not need is not imported: the list of what is slow, and who needs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.cli import run
from tests.world.settings import write_settings

ROOT = Path(__file__).parents[2]
MAIL = ROOT / "samples" / "mails" / "01-onboarding-ja-xlsx.eml"
#: Modules that are slow to import, ours and those of others.
SLOW = (
    "alembic", "babel", "cryptography", "defusedxml", "email.headerregistry", "holidays",
    "http.client", "idna", "imapclient", "jinja2", "markdown_it", "openpyxl", "phonenumbers",
    "pikepdf", "psycopg", "publicsuffixlist", "pydantic", "pypdfium2", "segno", "smtplib",
    "sqlalchemy", "sqlalchemy.dialects.postgresql", "sqlalchemy.orm", "starlette", "uvicorn",
    "weasyprint",
    "pipeline.config", "pipeline.flow.lifecycle", "pipeline.flow.outgoing",
    "pipeline.notifications", "pipeline.web",
)  # fmt: skip
#: What each command imports of them.
NEEDS = {
    "--version": set(),
    "--help": set(),
    "request --help": set(),
    "config check": {"pipeline.config"},
    "config show": {"pipeline.config"},
    "form list": {"pipeline.config"},
    "form fields onboarding": {"pipeline.config"},
    "status": {"pipeline.config", "sqlalchemy"},
    # due dates are on the team's working days
    "queue": {"holidays", "pipeline.config", "sqlalchemy"},
    "queue all": {"holidays", "pipeline.config", "sqlalchemy"},
    "db status": {"pipeline.config", "sqlalchemy"},
}
_CALL = """
import json, sys
from pipeline.cli import run
slow = json.loads(sys.argv.pop())
code = run(sys.argv[1:])
print(json.dumps([code, [name for name in slow if name in sys.modules]]), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the options of a home in which a batch has worked one request."""
    home = tmp_path_factory.mktemp("home")
    found = ["--config", str(write_settings(home / "pipeline.toml")), "--home", str(home / "state")]
    assert run([*found, "mail", "inject", str(MAIL)]) == 0
    assert run([*found, "run"]) == 0
    return found


@pytest.mark.parametrize("command", NEEDS)
def test_a_command_imports_what_it_needs(command: str, options: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _CALL, *options, *command.split(), json.dumps(SLOW)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "PIPELINE_LANG": "en"},
    )
    code, imported = json.loads(done.stderr)
    assert (code, set(imported)) == (0, NEEDS[command])
    assert done.stdout != ""
