"""The application: the strict, frozen, typed answers of a form that has nothing left open."""

import types
import typing
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from pipeline.errors import PipelineError
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import Answers
from pipeline.model.checked import CheckedForm

Convert = Callable[[str], object]

_TYPED: Mapping[type, Convert] = MappingProxyType(
    {datetime: datetime.fromisoformat, date: date.fromisoformat}
)


class _Strict(BaseModel):
    """Nothing is converted, changed or unknown."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


def build_application(checked: CheckedForm) -> Answers:
    """Return the application of ``checked``, whose problems are all settled.

    Raises PipelineError (``application_mismatch``, with the ids of the fields) when the model
    refuses what the readers accepted: that is our bug, never the customer's.
    """
    model = _strict(FORMS[checked.submission.form].model)
    converters = _converters(model)
    values: dict[str, object] = {}
    unfit: set[str] = set()
    for reading in checked.readings:
        if reading.usable and reading.value is not None:
            try:
                values[reading.field] = converters.get(reading.field, str)(reading.value)
            except ValueError:
                unfit.add(reading.field)
    try:
        application: Answers = model.model_validate(values)
    except ValidationError as error:
        unfit.update(str(item["loc"][0]) for item in error.errors() if item["loc"])
        raise _mismatch(checked, unfit) from error
    if unfit:
        raise _mismatch(checked, unfit)
    return application


def _mismatch(checked: CheckedForm, fields: set[str]) -> PipelineError:
    return PipelineError(
        "application_mismatch",
        form=checked.submission.form.value,
        fields=", ".join(sorted(fields)),
    )


@cache
def _strict(declared: Any) -> Any:
    """Return the model of an application; its instances are also of the class declared."""
    return create_model(declared.__name__, __base__=(declared, _Strict), __doc__=declared.__doc__)


@cache
def _converters(model: Any) -> Mapping[str, Convert]:
    """Return what makes the type that ``model`` declares for a field, where it is no text."""
    found: dict[str, Convert] = {}
    for name, info in model.model_fields.items():
        union = typing.get_origin(info.annotation) in {typing.Union, types.UnionType}
        options = typing.get_args(info.annotation) if union else (info.annotation,)
        convert = next((_TYPED[option] for option in options if option in _TYPED), None)
        if convert is not None:
            found[name] = convert
    return MappingProxyType(found)
