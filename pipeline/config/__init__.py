"""Settings: ``pipeline.toml``, overridden by ``PIPELINE_<SECTION>__<KEY>``; secrets by file only.

``load`` returns settings that can work, or raises with every fault at once. ``look`` returns the
faults beside what could be read. The state folder is ``--home``, ``PIPELINE_HOME`` or
``[store] home``.
"""

from pipeline.config.database import hidden
from pipeline.config.faults import secrets_of
from pipeline.config.files import check_ca_file, file_faults
from pipeline.config.loading import Loaded, judged, load, look
from pipeline.config.reading import read_values
from pipeline.config.secret import Secret, SecretDocument
from pipeline.config.section import Section
from pipeline.config.sections import (
    ApprovalSettings,
    BackupSettings,
    CertificateSettings,
    CourierSettings,
    FolderSettings,
    FormSettings,
    LimitSettings,
    LogSettings,
    MailboxSettings,
    MetaSettings,
    MetricsSettings,
    OAuthSettings,
    PhoneSettings,
    PingSettings,
    QrSettings,
    RetentionSettings,
    ScannerSettings,
    SenderSettings,
    Settings,
    StoreSettings,
    TeamSettings,
    WatchSettings,
)

__all__ = [
    "ApprovalSettings",
    "BackupSettings",
    "CertificateSettings",
    "CourierSettings",
    "FolderSettings",
    "FormSettings",
    "LimitSettings",
    "Loaded",
    "LogSettings",
    "MailboxSettings",
    "MetaSettings",
    "MetricsSettings",
    "OAuthSettings",
    "PhoneSettings",
    "PingSettings",
    "QrSettings",
    "RetentionSettings",
    "ScannerSettings",
    "Secret",
    "SecretDocument",
    "Section",
    "SenderSettings",
    "Settings",
    "StoreSettings",
    "TeamSettings",
    "WatchSettings",
    "check_ca_file",
    "file_faults",
    "hidden",
    "judged",
    "load",
    "look",
    "read_values",
    "secrets_of",
]
