"""What the settings name on this machine: secret files and certificate authorities."""

import os
from collections.abc import Iterator
from pathlib import Path

from pipeline import terms
from pipeline.config.faults import secrets_of
from pipeline.config.places import is_endpoint
from pipeline.config.sections import Settings
from pipeline.errors import ConfigurationError

#: Digits of a two-step PIN (Meta, Registration).
_PIN_DIGITS = 6


def file_faults(settings: Settings) -> Iterator[tuple[str, ConfigurationError]]:
    """Yield what is wrong with the files and commands that the settings name, with the key.

    Commands of secrets are run. A credential is looked at where the service manager gave some:
    in a shell there is none, and that is no fault of the setting.
    """
    for key, secret in secrets_of(settings).items():
        if secret.credential and not os.environ.get("CREDENTIALS_DIRECTORY"):
            continue
        try:
            if key == "certificates.passphrase":
                _check_passphrase(secret.read())
            elif key == "meta.pin":
                _check_pin(secret.text())
            elif key == "ping.url":
                _check_ping(secret.text())
            else:
                secret.text()
        except ConfigurationError as error:
            yield key, error
    named = {
        "mailbox.ca_file": settings.mailbox.ca_file,
        "courier.ca_file": settings.courier.ca_file,
        "oauth.ca_file": settings.oauth.ca_file,
        "meta.ca_file": settings.meta.ca_file,
    }
    for key, name in named.items():
        try:
            check_ca_file(name, key)
        except ConfigurationError as error:
            yield key, error


def _check_passphrase(passphrase: bytes | None) -> None:
    if passphrase is not None and len(passphrase) < terms.PASSPHRASE_BYTES:
        raise ConfigurationError("authority_passphrase_short", minimum=terms.PASSPHRASE_BYTES)


def _check_pin(pin: str) -> None:
    if pin and not (len(pin) == _PIN_DIGITS and pin.isascii() and pin.isdigit()):
        raise ConfigurationError("meta_pin_digits")


def _check_ping(url: str) -> None:
    if url and not is_endpoint(url):
        raise ConfigurationError("ping_url")  # never the URL: it is a secret


def check_ca_file(name: str, key: str = "mailbox.ca_file") -> None:
    """Check that the file of certificate authorities can be used; an empty name is none.

    Raises ConfigurationError ``ca_file_missing`` or ``ca_file_unusable``.
    """
    if not name:
        return
    path = Path(name)
    try:
        path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise ConfigurationError("ca_file_missing", path=path, key=key, reason=reason) from error
    import ssl  # noqa: PLC0415 - few settings name a file of authorities

    try:
        count = ssl.create_default_context(cafile=name).cert_store_stats()["x509"]
    except OSError as error:  # ssl.SSLError is one
        raise ConfigurationError("ca_file_unusable", path=path, key=key) from error
    if not count:
        raise ConfigurationError("ca_file_unusable", path=path, key=key)
