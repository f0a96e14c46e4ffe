"""What a check asks about the place of a setting."""

from collections.abc import Callable

#: Returns the file, variable or option that sets a key.
Origin = Callable[[str], str]
