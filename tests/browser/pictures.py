"""Make the pictures of the console from the story: ``python -m tests.browser.pictures``."""

import io
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

from pipeline.model.request import HoldReason, Status
from pipeline.resources import root
from pipeline.store.staff_records import Role
from tests.browser.console import Running, storied
from tests.browser.people import Browsers, Person, chromium

FOLDER = root() / "docs" / "pictures" / "console"
#: Bytes that a picture may have at most.
_MOST = 250_000
_COLOURS = (256, 128, 64, 32)
_DESK: Any = {"width": 1400, "height": 900}
_PHONE: Any = {"width": 390, "height": 844}


def make(folder: Path = FOLDER) -> list[Path]:
    """Write all pictures into ``folder``; return them."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, storied(Path(home) / "demo") as running:
        paths = _paths(running)
        with chromium() as browser:
            people = Browsers(browser, running)
            made = []
            for theme in ("light", "dark"):
                person = _person(people, theme, _DESK)
                made += [
                    _taken(person, path, folder / f"{name}-{theme}.png")
                    for name, path in paths.items()
                ]
            phone = _person(people, "light", _PHONE)
            made += [
                _taken(phone, paths[name], folder / f"{name}-phone.png")
                for name in ("queue", "request")
            ]
            for language in ("ja", "de"):
                person = _person(people, "light", _DESK, language)
                made.append(_taken(person, paths["request"], folder / f"request-{language}.png"))
            faults = people.close()
            if faults:
                raise RuntimeError("\n".join(faults))
    return made


def _person(people: Browsers, theme: str, size: Any, language: str = "en") -> Person:
    return people.person("sato", Role.ADMIN, color_scheme=theme, viewport=size, locale=language)


def _paths(running: Running) -> dict[str, str]:
    """Return what is shown, by the name of its picture: requests that a person has to judge."""
    records = running.world.requests()
    waiting = next(one for one in records if one.status is Status.POLICY_REVIEW)
    contested = next(one for one in records if one.held_for(HoldReason.OWNERSHIP))
    shown = f"/r/{waiting.reference}"
    return {
        "queue": "/q/open",
        "request": shown,
        "decision": f"{shown}/d/approve",
        "number": f"/r/{contested.reference}",
        "certificates": "/certificates",
        "outbox": "/outbox",
        "dashboard": "/dashboard",
        "help": "/help",
    }


def _taken(person: Person, path: str, target: Path) -> Path:
    page = person.go(path)
    page.wait_for_load_state("networkidle")
    taken = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    for colours in _COLOURS:
        taken.quantize(colours, method=Image.Quantize.MEDIANCUT).save(target, optimize=True)
        if target.stat().st_size <= _MOST:
            break
    return target


if __name__ == "__main__":
    make()
