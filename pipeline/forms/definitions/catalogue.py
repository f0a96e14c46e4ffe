"""All forms, each from the module that is called like it."""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from pipeline.forms.definitions.definition import FormDefinition
from pipeline.model.form import FormKind


def _defined(kind: FormKind) -> FormDefinition:
    module = import_module(f"pipeline.forms.definitions.{kind.value}")
    definition: FormDefinition = module.DEFINITION
    return definition


FORMS: Mapping[FormKind, FormDefinition] = MappingProxyType(
    {kind: _defined(kind) for kind in FormKind}
)
