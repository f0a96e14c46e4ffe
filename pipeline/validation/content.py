"""The digest of what a form says, for "the same content again"."""

import hashlib
import json
import unicodedata

from pipeline.model.checked import CheckedForm

#: How we write back is no part of what is asked for.
_LEFT_OUT = frozenset({"reply_language"})


def content_digest(checked: CheckedForm) -> str:
    """Return the SHA-256 in hexadecimal over the form's kind and its canonical answers.

    Spelling does not count where an answer could be read; where it could not, the raw text counts.
    Blank answers, the order of the answers, the file and the language of reply do not count. What
    was added beside the answers does.
    """
    answers = {
        reading.field: reading.value
        or "raw:" + " ".join(unicodedata.normalize("NFC", reading.raw).split())
        for reading in checked.readings
        if reading.field not in _LEFT_OUT and (reading.value or reading.raw.strip())
    }
    said: list[object] = [checked.submission.form.value, sorted(answers.items())]
    if beside := {item.key for item in checked.submission.left_over}:
        said.append(sorted(beside))
    content = json.dumps(said, ensure_ascii=True)
    return hashlib.sha256(content.encode("ascii")).hexdigest()
