"""What a page shows wrong: to axe, on a narrow screen, in its title and its headings."""

from functools import cache
from typing import Any

from tests.browser.people import Person
from tests.programs.running import NODE_MODULES

_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_AXE = """async tags => {
  const found = await axe.run(document, {runOnly: {type: "tag", values: tags}});
  return found.violations.map(one => [one.id, one.nodes.map(node =>
    node.target.join(" ") + " " + node.html.slice(0, 120)).slice(0, 3).join(" | "), one.nodes.map(
    node => node.failureSummary).slice(0, 1)]);
}"""
#: The first elements that reach over the right edge.
_OUTSIDE = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  return [...document.querySelectorAll("body *")]
    .filter(one => one.getBoundingClientRect().right > width + 1)
    .slice(0, 3).map(one => one.outerHTML.slice(0, 120));
}"""


@cache
def _axe() -> str:
    return (NODE_MODULES / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def faults(person: Person) -> list[str]:
    """Return what is wrong with the page that is shown, as lines."""
    page = person.page
    page.evaluate(_axe())
    found: list[Any] = page.evaluate(_AXE, _TAGS)
    lines = [f"axe {rule}: {nodes} {why}" for rule, nodes, why in found]
    lines += [f"stands outside: {one}" for one in page.evaluate(_OUTSIDE)]
    if page.locator("h1").count() != 1:
        lines.append(f"{page.locator('h1').count()} headings of the first level")
    return [f"{person.path}: {line}" for line in lines]
