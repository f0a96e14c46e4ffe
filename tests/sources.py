"""The documents that a notice has, read from its template beside the programme."""

import tomllib

from pipeline.resources import read_text, template


def variants(name: str, language: str) -> tuple[str, ...]:
    """Return the variants of the notice ``name`` in order (empty: the notice itself).

    They are those of English when ``language`` does not have the notice.
    """
    own = template("notices", name, f"{language}.md").is_file()
    text = "\n" + read_text("notices", name, f"{language if own else 'en'}.md")
    heads = map(tomllib.loads, text.split("\n+++\n")[1::2])
    return tuple(str(head.get("variant", "")) for head in heads)
