"""What ``doctor`` finds in the settings and in the files that they name."""

from pipeline.config import Loaded, file_faults
from pipeline.errors import ConfigurationError
from pipeline.flow.views.doctor.finding import Finding
from pipeline.flow.views.doctor.machine import settings_file


def settings_findings(found: Loaded) -> list[Finding]:
    """Return one finding for each fault, or one that says where the settings are from."""
    faults = [*found.faults, *(error for _, error in file_faults(found.settings))]
    if faults:
        return [unreadable(fault) for fault in faults]
    if (writable := settings_file(found.sources.path)) is not None:
        return [writable]
    places = sorted({found.sources.place(key) for key in found.sources.origins})
    return [Finding("settings", "good", "settings_from", (("places", ", ".join(places)),))]


def unreadable(error: ConfigurationError) -> Finding:
    """Return the finding for settings that cannot be used."""
    return Finding("settings", "bad", error=error)
