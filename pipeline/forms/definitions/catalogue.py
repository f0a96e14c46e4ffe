"""Lists all forms by their kind."""

from collections.abc import Mapping
from types import MappingProxyType

from pipeline.forms.definitions.definition import FormDefinition
from pipeline.forms.definitions.migration import MIGRATION
from pipeline.forms.definitions.onboarding import ONBOARDING
from pipeline.forms.definitions.qr import QR
from pipeline.model.form import FormKind

FORMS: Mapping[FormKind, FormDefinition] = MappingProxyType(
    {definition.kind: definition for definition in (ONBOARDING, MIGRATION, QR)}
)
