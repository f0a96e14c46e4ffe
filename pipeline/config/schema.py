"""The JSON Schema of the settings, for editors; pydantic writes it from the sections."""

from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, create_model

from pipeline.config.kinds import Between, Positive
from pipeline.config.section import Section
from pipeline.config.sections import Settings


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of ``pipeline.toml``."""
    return model_of(Settings).model_json_schema()


def model_of(section: type[Section]) -> type[BaseModel]:
    """Return a section as a model of pydantic: its types, its ranges and its defaults."""
    fields: dict[str, Any] = {}
    for name, kind in section.types.items():
        default = getattr(section, name)
        if isinstance(default, Section):
            model = model_of(type(default))
            fields[name] = (model, model())
        else:
            fields[name] = (_with_range(kind), default)
    config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=section.strips)
    return create_model(section.__name__, __config__=config, __doc__=section.__doc__, **fields)


def _with_range(kind: Any) -> Any:
    """Return the type of a value with its rule in pydantic's words."""
    if get_origin(kind) is not Annotated:
        return kind
    inner, rule = get_args(kind)
    match rule:
        case Between():
            return Annotated[inner, Field(ge=rule.least, le=rule.most)]
        case Positive():
            return Annotated[inner, Field(gt=0, le=rule.most)]
    return inner
