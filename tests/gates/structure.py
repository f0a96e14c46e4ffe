"""The structure of the package, measured by its own imports (``-m tests.gates.structure``)."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "pipeline"

Graph = Mapping[str, frozenset[str]]


def imports(package: Path = PACKAGE) -> Graph:
    """Return for each module the modules of the package that it imports, wherever it does."""
    files = {_name(path, package): path for path in sorted(package.rglob("*.py"))}
    graph = {}
    for name, path in files.items():
        found = set(_imported(ast.parse(path.read_text(encoding="utf-8")), files.keys()))
        graph[name] = frozenset(found - {name})
    return graph


def _name(path: Path, package: Path) -> str:
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(tree: ast.AST, known: Iterable[str]) -> Iterator[str]:
    known = set(known)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                if inner in known or node.module in known:
                    yield inner if inner in known else node.module


def circles(graph: Graph) -> list[tuple[str, ...]]:
    """Return each set of modules that reach each other, sorted (Tarjan's algorithm)."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    path: list[str] = []
    found: list[tuple[str, ...]] = []

    def visit(module: str) -> None:
        order[module] = lowest[module] = len(order)
        path.append(module)
        for other in graph[module]:
            if other not in order:
                visit(other)
                lowest[module] = min(lowest[module], lowest[other])
            elif other in path:
                lowest[module] = min(lowest[module], order[other])
        if lowest[module] == order[module]:
            circle = path[path.index(module) :]
            del path[path.index(module) :]
            if len(circle) > 1:
                found.append(tuple(sorted(circle)))

    for module in graph:
        if module not in order:
            visit(module)
    return sorted(found)


def floors(graph: Graph, package: str) -> int:
    """Return how many rooms of ``package`` stand above one another on the longest way down.

    A room is a file or a folder right inside it.
    """
    rooms: dict[str, set[str]] = defaultdict(set)
    for module, others in graph.items():
        room = _room(module, package)
        if room:
            rooms[room] |= {_room(other, package) for other in others} - {room, ""}
    heights: dict[str, int] = {}

    def height(room: str) -> int:
        if room not in heights:
            heights[room] = 0  # a circle of rooms would end here; circles of files are found apart
            heights[room] = 1 + max((height(other) for other in rooms[room]), default=0)
        return heights[room]

    return max(height(room) for room in list(rooms))


def _room(module: str, package: str) -> str:
    prefix = f"{package}."
    return module.removeprefix(prefix).partition(".")[0] if module.startswith(prefix) else ""


def folders(package: Path = PACKAGE) -> dict[str, int]:
    """Return how many Python files each folder holds, the fullest first."""
    counts = {
        str(folder.relative_to(package.parent)): len(list(folder.glob("*.py")))
        for folder in (package, *package.rglob("*"))
        if folder.is_dir() and any(folder.glob("*.py"))
    }
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def longest_parameters(package: Path) -> list[tuple[int, str]]:
    """Return the number of parameters and the name of each function, the longest first."""
    found = []
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                names = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
                count = len([name for name in names if name.arg not in {"self", "cls"}])
                found.append((count, f"{path.relative_to(package.parent)}:{node.name}"))
    return sorted(found, reverse=True)


def main() -> None:
    """Print the figures."""
    graph = imports()
    print(f"files {len(graph)}, imports {sum(map(len, graph.values()))}")  # noqa: T201 - the result
    print(f"circles of files: {circles(graph) or 'none'}")  # noqa: T201
    for package in ("pipeline.flow", "pipeline.forms", "pipeline.store", "pipeline.cli"):
        print(f"floors in {package}: {floors(graph, package)}")  # noqa: T201
    fullest = ", ".join(f"{name} {count}" for name, count in list(folders().items())[:5])
    print(f"fullest folders: {fullest}")  # noqa: T201
    count, name = longest_parameters(PACKAGE / "flow")[0]
    print(f"most parameters in flow: {count} ({name})")  # noqa: T201


if __name__ == "__main__":
    main()
