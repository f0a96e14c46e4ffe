"""Pages from templates: escaped, inert, in the language and the zone of who looks."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from pipeline import resources
from pipeline.tracks.moves import move_in
from pipeline.wording import console as words
from pipeline.wording import pages
from pipeline.wording.answers import language_name
from pipeline.wording.inert import visible
from pipeline.wording.instants import span, told, told_twice, weekdays


class Renderer:
    """Renders the templates of ``templates/console/web``; one for the console, safe in threads."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(resources.template("console", "web")),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            finalize=visible,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(
            say=pages.say,
            counted=pages.counted,
            word=words.word,
            status_word=words.status_word,
            step=words.step,
            named=words.named,
            listed=words.listed,
            why=words.why,
            fault=words.fault,
            reason=words.reason,
            question_names=words.question_names,
            explained=lambda error: words.explain(error, to_type=False).split("\n"),
            notice_name=words.notice_name,
            move_in=move_in,
            language_name=language_name,
            languages=resources.languages(),
        )

    def render(self, template: str, zone: str, values: Mapping[str, Any]) -> str:
        """Return the page ``template`` in the language that is spoken now; instants in ``zone``."""
        days = weekdays(words.language())
        return self._environment.get_template(f"{template}.html.jinja").render(
            {
                "language": words.language(),
                "zone": zone,
                "told": partial(told, days=days),
                "told_twice": partial(told_twice, days=days),
                "span": partial(span, days=days),
                **values,
            }
        )
