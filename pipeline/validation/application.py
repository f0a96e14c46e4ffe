"""The application: the strict, frozen, typed answers of a form that has nothing left open."""

import types
import typing
from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import MappingProxyType

from pydantic import ValidationError

from pipeline.errors import PipelineError
from pipeline.forms.definitions.catalogue import FORMS
from pipeline.forms.definitions.definition import Answers
from pipeline.model.checked import CheckedForm

_TYPED: Mapping[type, Callable[[str], object]] = MappingProxyType(
    {datetime: datetime.fromisoformat, date: date.fromisoformat}
)


def build_application(checked: CheckedForm) -> Answers:
    """Return the application of ``checked``, whose problems are all settled.

    Raises PipelineError (``application_mismatch``) when the model refuses what the readers
    accepted: that is our bug, never the customer's.
    """
    model = FORMS[checked.submission.form].model
    values: dict[str, object] = {}
    for reading in checked.readings:
        if reading.usable and reading.value is not None:
            values[reading.field] = _typed(model, reading.field, reading.value)
    try:
        return model.model_validate(values)
    except ValidationError as error:
        fields = sorted({str(item["loc"][0]) for item in error.errors() if item["loc"]})
        raise PipelineError(
            "application_mismatch", form=checked.submission.form.value, fields=", ".join(fields)
        ) from error


def _typed(model: type[Answers], field: str, value: str) -> object:
    """Return ``value`` as the type that the model declares for ``field``."""
    annotation = model.model_fields[field].annotation
    union = typing.get_origin(annotation) in {typing.Union, types.UnionType}
    options = typing.get_args(annotation) if union else (annotation,)
    convert = next((_TYPED[option] for option in options if option in _TYPED), str)
    return convert(value)
