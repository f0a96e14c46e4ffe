"""Checks of this machine: the state folder, the templates, the making of PDFs, and who is told."""

import errno
import os
import shlex
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import resources
from pipeline.config import Settings
from pipeline.errors import ConfigurationError
from pipeline.flow.views.doctor.finding import Finding
from pipeline.forms.pdf.probe import ProbeResult, probe_pdf
from pipeline.model.notice import NoticeName

if TYPE_CHECKING:
    from jinja2 import Environment

OPEN_TO_OTHERS = 0o077
WRITABLE_BY_OTHERS = 0o022
_NAMED = 5
#: Bytes that a batch may need at once, and those that a busy week may need.
_NO_ROOM = 50_000_000
_LITTLE_ROOM = 500_000_000


def home(settings: Settings) -> Finding:
    """Check that the state folder can be used, that it is ours alone, and the room on its disk."""
    folder = settings.home()
    if not folder.is_dir():
        # a link that leads to nothing stands in the way, though it does not "exist"
        above = (folder.absolute(), *folder.absolute().parents)
        there = next(path for path in above if path.exists() or path.is_symlink())
        if not there.is_dir() or not os.access(there, os.W_OK):
            reason = os.strerror(errno.EACCES if there.is_dir() else errno.ENOTDIR)
            raise ConfigurationError("home_unusable", path=folder.absolute(), reason=reason)
        return Finding("home", "good", "home_to_be", (("path", str(folder.absolute())),))
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise ConfigurationError("home_not_writable", path=folder, owner=_owner(folder))
    if found := open_to_others(folder):
        listed = " ".join(shlex.quote(str(path)) for path in found[:_NAMED])
        return Finding("home", "warn", "home_open", (("path", str(folder)), ("paths", listed)))
    free = shutil.disk_usage(folder).free
    if free < _LITTLE_ROOM:
        values = (("path", str(folder)), ("megabytes", str(free // 1_000_000)))
        return Finding("home", "bad" if free < _NO_ROOM else "warn", "disk_full", values)
    return Finding("home", "good", "home_is", (("path", str(folder)),))


def open_to_others(folder: Path) -> list[Path]:
    """Return what of the state folder others than its owner may read or change."""
    if not folder.is_dir():
        return []
    return [path for path in (folder, *sorted(folder.iterdir())) if _mode(path) & OPEN_TO_OTHERS]


def settings_file(path: Path | None) -> Finding | None:
    """Check that nobody else may write the configuration: it names commands that we execute."""
    if path is None or not writable_by_others(path):
        return None
    values = (("path", str(path)), ("quoted", shlex.quote(str(path))))
    return Finding("settings", "warn", "settings_writable", values)


def writable_by_others(path: Path) -> bool:
    """Tell whether others than its owner may write a file."""
    return path.exists() and bool(path.stat().st_mode & WRITABLE_BY_OTHERS)


def _mode(path: Path) -> int:
    return 0 if path.is_symlink() else path.stat().st_mode


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except KeyError:
        return str(path.stat().st_uid)


def templates(_settings: Settings) -> Finding:
    """Check that every text is there in each language and can be read."""
    damaged = sorted(_damaged(resources.template()))
    if not damaged:
        return Finding("templates", "good")
    files, folder = ", ".join(damaged[:_NAMED]), str(resources.template())
    return Finding("templates", "bad", "templates_damaged", (("files", files), ("path", folder)))


def _damaged(folder: Path) -> Iterator[str]:
    """Yield the files that are missing, or that are no text, no TOML or no template."""
    wanted = {
        folder / "notices" / name.value / f"{language}.md"
        for name in NoticeName
        for language in resources.languages()
    }
    found = {path for path in folder.rglob("*") if path.suffix in _READ and path.is_file()}
    for path in wanted | found:
        try:
            _READ[path.suffix](path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            yield str(path.relative_to(folder))


@cache
def _environment() -> "Environment":
    from jinja2 import Environment  # noqa: PLC0415 - slow to import

    return Environment(autoescape=True)


def _template(text: str) -> None:
    from jinja2 import TemplateSyntaxError  # noqa: PLC0415 - slow to import

    try:
        _environment().parse(text)
    except TemplateSyntaxError as error:
        raise ValueError(error.message) from error


#: What reads a text, by the ending of its file.
_READ = {
    ".toml": resources.parsed_toml,
    ".md": resources.parsed_documents,
    ".jinja": _template,
}


def pdf(_settings: Settings) -> Finding:
    """Check that PDF forms can be made, with our own font."""
    found = probe_pdf()
    if found.works:
        return Finding("pdf", "good")
    if found.result is ProbeResult.NO_FONT:
        return Finding("pdf", "warn", "pdf_no_font")
    reason = f"{found.result.name.lower()} {found.detail}"
    return Finding("pdf", "warn", "pdf_missing", (("reason", reason),))


def issuer(settings: Settings) -> Finding:
    """Tell which issuer is in force."""
    return Finding("issuer", "good", f"issuer_{settings.certificates.issuer}")


def alerts(settings: Settings) -> Finding:
    """Check that somebody is told what needs a person."""
    if not settings.team.alert_to:
        return Finding("alerts", "warn", "no_alert_address")
    return Finding("alerts", "good")


def metrics(settings: Settings) -> Finding | None:
    """Look whether a run can write the file of the metrics; the folder is another program's."""
    if not settings.metrics.textfile:
        return None
    path = Path(settings.metrics.textfile)
    folder = path.absolute().parent
    values = (("path", str(path)), ("folder", str(folder)))
    if not os.access(folder, os.W_OK | os.X_OK):
        return Finding("metrics", "warn", "metrics_unwritable", values)
    return Finding("metrics", "good", "metrics_written", values)
