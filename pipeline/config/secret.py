"""A secret: never in the configuration itself, and never in a message."""

import codecs
import os
from pathlib import Path
from typing import Any, ClassVar

from pipeline.config.kinds import RefusedValueError, check_path
from pipeline.config.section import Section
from pipeline.errors import ConfigurationError
from pipeline.private import read_private

_COMMAND_SECONDS = 30
_MOST_BYTES = 65_536


class Secret(Section):
    """A secret that stands in a file, is printed by a command, or is a systemd credential."""

    strips = False
    #: Whether the secret may have lines, as a key in PEM or JSON has.
    lines: ClassVar[bool] = False

    file: Path | None = None
    command: tuple[str, ...] = ()
    credential: str = ""

    @classmethod
    def checked(cls, value: Any) -> Any:
        """Refuse a source without a name: the secret would count as not set."""
        first = value[0] if isinstance(value, (list, tuple)) and value else value
        if first in ([], ()) or (isinstance(first, str) and not first.strip()):
            raise RefusedValueError("secret_source_blank", value)
        if isinstance(value, str):
            check_path(value)
        return value

    def is_set(self) -> bool:
        """Return whether a source is named."""
        return bool(self.file or self.command or self.credential)

    def sources(self) -> tuple[str, ...]:
        """Return the names of the sources that are set; more than one is a fault."""
        named = {"file": self.file, "command": self.command, "credential": self.credential}
        return tuple(name for name, value in named.items() if value)

    def read(self) -> bytes | None:
        """Return the secret without its final line end, or None when none is set.

        Raises ConfigurationError: the codes of :func:`pipeline.private.read_private`, and
        ``secret_unreadable``, ``secret_command``, ``secret_no_credentials``, ``secret_blank``,
        ``secret_too_long``, ``secret_mark``, ``secret_lines``, ``secret_control``.
        """
        if self.file is not None:
            return _content(self.file, _private(self.file), lines=self.lines)
        if self.credential:
            return self._credential()
        return self._printed() if self.command else None

    def text(self) -> str:
        """Return the secret as text, empty when none is set.

        Raises ConfigurationError ``secret_not_text`` beside the codes of :meth:`read`.
        """
        try:
            return (self.read() or b"").decode()
        except UnicodeDecodeError:
            raise ConfigurationError("secret_not_text", source=self._shown()) from None

    def _shown(self) -> str:
        program = self.command[0] if self.command else ""
        return str(self.file or self.credential or program)

    def _credential(self) -> bytes:
        folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
        if not folder:
            raise ConfigurationError("secret_no_credentials", name=self.credential)
        # The service manager guards this folder: its files may belong to root and carry an ACL
        # for our user, which looks like a mode that a group can read.
        path = Path(folder) / self.credential
        try:
            return _content(path, path.read_bytes(), lines=self.lines)
        except OSError as error:
            raise _unreadable(path, error) from error

    def _printed(self) -> bytes:
        import subprocess  # noqa: PLC0415 - only where a secret is printed by a command

        program, reason = self.command[0], ""
        try:
            done = subprocess.run(  # noqa: S603 - the operator's own command
                self.command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=_COMMAND_SECONDS,
            )
        except subprocess.TimeoutExpired:
            reason = f"> {_COMMAND_SECONDS} s"
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
        else:
            if done.returncode == 0:
                return _content(Path(program), done.stdout, lines=self.lines)
            reason = f"exit {done.returncode}"
        # Neither what it printed nor its arguments are told: both may hold the secret.
        raise ConfigurationError("secret_command", program=program, reason=reason)


class SecretDocument(Secret):
    """A secret of several lines: a private key in PEM, the JSON key of a service account."""

    lines = True


def _private(path: Path) -> bytes:
    try:
        return read_private(path, links=True, root_may_share=True)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> ConfigurationError:
    reason = getattr(error, "strerror", None) or type(error).__name__
    return ConfigurationError("secret_unreadable", path=path, reason=reason)


def _content(source: Path, content: bytes, *, lines: bool) -> bytes:
    """Return the secret without its final line end, or refuse what no server could take."""
    secret = content.rstrip(b"\r\n")
    if not secret.strip() or b"\0" in secret:
        raise ConfigurationError("secret_blank", source=source)
    if len(secret) > _MOST_BYTES:
        raise ConfigurationError("secret_too_long", source=source, most=_MOST_BYTES)
    if secret.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ConfigurationError("secret_mark", source=source)
    if lines:
        return secret
    if b"\n" in secret or b"\r" in secret:
        raise ConfigurationError("secret_lines", source=source)
    if any(byte < ord(" ") or byte == 0x7F for byte in secret):  # noqa: PLR2004 - DEL
        raise ConfigurationError("secret_control", source=source)
    return secret
