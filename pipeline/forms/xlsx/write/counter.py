"""Writes the line above the table: how many required answers are left, with a link to the first.

It counts the words of the check column, so a conditional question counts while its condition holds.
"""

from dataclasses import dataclass

from pipeline.forms.texts import FormTexts
from pipeline.forms.xlsx import layout as at
from pipeline.forms.xlsx.write.checks import quoted


@dataclass(frozen=True, slots=True)
class Counter:
    """The count over the rows from ``first`` to ``last``.

    ``mark`` is what the check column says first at answers that must be corrected; empty where
    none must be.
    """

    texts: FormTexts
    first: int
    last: int
    mark: str

    @property
    def formula(self) -> str:
        """What computes the line in Excel, LibreOffice and programs that know their functions.

        The names of fields stand in the hidden column of keys, those of their cells begin alike.
        """
        checks, keys = self._column(at.CHECK), self._column(at.KEY)
        empty = quoted(self.texts.words("check_empty"))
        count = f"SUMPRODUCT(--({checks}={empty}))"
        row = f"MATCH({empty},{checks},0)"
        if self.mark:
            marked = f"SUMPRODUCT(--(LEFT({checks},{len(self.mark)})={quoted(self.mark)}))"
            count = f"({count}+{marked})"
            other = f"MATCH({quoted(self.mark + '*')},{checks},0)"
            row = f"MIN(IFERROR({row},9999),IFERROR({other},9999))"
        one, many = quoted(self._one), "&".join(map(quoted, self._many.split("{n}")))
        many = many.replace('"&"', f'"&{count}&"')
        link = f'"#{at.FIELD_PREFIX}"&INDEX({keys},{row})'
        some = f"HYPERLINK({link},IF({count}=1,{one},{many}))"
        return f"=IF({count}=0,{quoted(self.texts.words('left_none'))},{some})"

    def shown(self, count: int) -> str:
        """Return what the formula results in, for programs that compute nothing."""
        if not count:
            return self.texts.words("left_none")
        return self._one if count == 1 else self._many.replace("{n}", str(count))

    @property
    def _one(self) -> str:
        key = "left_marked_one" if self.mark else "left_one"
        return self.texts.words(key) + self.texts.words("left_go")

    @property
    def _many(self) -> str:
        key = "left_marked_many" if self.mark else "left_many"
        return self.texts.words(key) + self.texts.words("left_go")

    def _column(self, column: str) -> str:
        return f"${column}${self.first}:${column}${self.last}"
