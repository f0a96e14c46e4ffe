"""A section of the settings: named values of certain types, each with a default; it never changes.

A section is declared as annotated attributes of a class. Types are read when a value is given, so
that a command which starts pays for the settings that somebody wrote, and for no others.
"""

from collections.abc import Callable, Mapping
from inspect import get_annotations
from typing import Any, ClassVar, Self, dataclass_transform, get_origin

from pipeline.config import kinds
from pipeline.config.kinds import RefusedValueError

#: The path of a value: section, key, and the key of a table in it.
Place = tuple[str, ...]
#: Takes what is refused; the default stands in its place.
Refuse = Callable[[Place, RefusedValueError], None]


def _raise(place: Place, error: RefusedValueError) -> None:  # noqa: ARG001 - as Refuse
    raise error


def _is_of_class(kind: Any) -> bool:
    """Return whether an annotation is that of the class itself, not of a value."""
    origin: Any = get_origin(kind)
    return origin is ClassVar


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Section:
    """The base of every section; its methods are called as those of pydantic's models."""

    #: The type of each value by its name.
    types: ClassVar[Mapping[str, Any]] = {}
    #: Whether texts lose the blanks at their ends.
    strips: ClassVar[bool] = True

    def __init_subclass__(cls) -> None:
        own: dict[str, Any] = get_annotations(cls)
        values = {name: kind for name, kind in own.items() if not _is_of_class(kind)}
        cls.types = {**cls.types, **values}

    def __init__(self, **values: Any) -> None:
        """Take values by their names; raises RefusedValueError at the first that is wrong."""
        self.__dict__.update(self._read(values, _raise, ()))

    @classmethod
    def from_written(cls, values: Mapping[str, Any], refuse: Refuse, place: Place = ()) -> Self:
        """Return the section at ``place`` from what was written; ``refuse`` takes what is wrong."""
        return cls._made(cls._read(values, refuse, place))

    @classmethod
    def _made(cls, values: Mapping[str, Any]) -> Self:
        section = cls.__new__(cls)
        section.__dict__.update(values)
        return section

    @classmethod
    def _read(cls, values: Mapping[str, Any], refuse: Refuse, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in (name for name in cls.types if name in values):
            try:
                found[name] = cls._value(cls.types[name], values[name], refuse, (*place, name))
            except RefusedValueError as error:
                refuse((*place, name, *error.below), error)
        for name in (name for name in values if name not in cls.types):
            refuse((*place, name), RefusedValueError("config_unknown_key", values[name]))
        return found

    @classmethod
    def _value(cls, kind: Any, value: Any, refuse: Refuse, place: Place) -> Any:
        """Return ``value`` as the type of its setting."""
        if not (isinstance(kind, type) and issubclass(kind, Section)):
            return kinds.read(kind, cls.checked(value), strip=cls.strips)
        if isinstance(value, kind):
            return value
        if not isinstance(value, dict):
            raise RefusedValueError("config_table", value)
        return kind.from_written(value, refuse, place)

    @classmethod
    def checked(cls, value: Any) -> Any:
        """Return a value as it was written; raises RefusedValueError for what no setting may be."""
        return value

    @classmethod
    def model_validate(cls, values: Mapping[str, Any]) -> Self:
        """Return the section with ``values``; raises RefusedValueError."""
        return cls(**values)

    @property
    def given(self) -> frozenset[str]:
        """The names of the values that somebody wrote, were they those of the defaults."""
        return frozenset(self.__dict__)

    def is_default(self, name: str) -> bool:
        """Return whether a value is the default."""
        return bool(getattr(self, name) == getattr(type(self), name))

    def model_copy(self, *, update: Mapping[str, Any]) -> Self:
        """Return a copy with other values, which are taken as they are."""
        return self._made({**self.__dict__, **update})

    def model_dump(self) -> dict[str, Any]:
        """Return the values by their names; a section in it as one of them."""
        values = {name: getattr(self, name) for name in self.types}
        return {
            name: value.model_dump() if isinstance(value, Section) else value
            for name, value in values.items()
        }

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.model_dump() == other.model_dump()

    def __hash__(self) -> int:
        return hash((type(self), *(str(value) for value in self.model_dump().values())))

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items())
        return f"{type(self).__name__}({values})"
