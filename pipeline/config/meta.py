"""The section ``meta``: what is missing when Meta is asked, and what can never work."""

import re
from collections.abc import Iterator

from pipeline import terms
from pipeline.config.missing import missing
from pipeline.config.places import is_endpoint
from pipeline.config.sections import Settings
from pipeline.config.written import Origin, quoted
from pipeline.errors import ConfigurationError

# the patterns of the published OpenAPI description of Meta's API
_VERSION = re.compile(r"v[0-9]{1,3}\.[0-9]{1,3}")
_WABA = re.compile(r"[0-9]{1,32}")
_LANGUAGE = re.compile(r"[a-z]{2}_[A-Z]{2}")


def meta_faults(settings: Settings, origin: Origin) -> Iterator[ConfigurationError]:
    """Yield what is missing for Meta as issuer, and values that its API cannot take."""
    meta = settings.meta
    needed = ""
    if settings.certificates.issuer == terms.Issuer.META:
        needed = 'certificates.issuer = "meta"'
    elif settings.qr.provider == "meta":
        needed = 'qr.provider = "meta"'
    elif meta.token.is_set():
        needed = "meta.token"
    if needed and not meta.waba_id:
        yield missing("meta.waba_id", needed, origin)
    if needed and not meta.token.is_set():
        yield missing("meta.token", needed, origin)
    if not is_endpoint(meta.base_url):
        key = "meta.base_url"
        yield ConfigurationError(
            "setting_meta_url", key=key, value=quoted(meta.base_url), where=origin(key)
        )
    if not _VERSION.fullmatch(meta.version):
        key = "meta.version"
        yield ConfigurationError(
            "setting_meta_version", key=key, value=quoted(meta.version), where=origin(key)
        )
    if meta.waba_id and not _WABA.fullmatch(meta.waba_id):
        key = "meta.waba_id"
        yield ConfigurationError(
            "setting_meta_waba", key=key, value=quoted(meta.waba_id), where=origin(key)
        )
    if not _LANGUAGE.fullmatch(meta.code_language):
        key = "meta.code_language"
        yield ConfigurationError(
            "setting_meta_language", key=key, value=quoted(meta.code_language), where=origin(key)
        )
