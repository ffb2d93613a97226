"""The shape of the code: lines of files, lines, branches and parameters of functions, with the largest of each.

Branches count if, for, while, except, conditional expressions, comprehensions with their conditions, and each further
term of a boolean. ``python benchmarks/shape.py [FOLDER ...]`` prints; by default the package and its pages.
"""

import argparse
import ast
import statistics
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
_BRANCHES = (ast.If, ast.For, ast.While, ast.ExceptHandler, ast.IfExp, ast.match_case)


@dataclass(frozen=True)
class Function:
    """One function: where it is and how large."""

    place: str
    lines: int
    branches: int
    parameters: int


def functions(path: Path, name: str) -> list[Function]:
    """List the functions and methods of a file."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            parameters = sum(argument.arg not in ("self", "cls") for argument in given)
            lines = node.end_lineno - node.lineno + 1
            found.append(Function(f"{name}:{node.name}", lines, branches(node), parameters))
    return found


def branches(node: ast.AST) -> int:
    """Count the branches and comprehensions inside of a function."""
    count = 0
    for inner in ast.walk(node):
        count += isinstance(inner, _BRANCHES)
        if isinstance(inner, ast.comprehension):
            count += 1 + len(inner.ifs)
        elif isinstance(inner, ast.BoolOp):
            count += len(inner.values) - 1
    return count


def at(values: list[int], percent: int) -> int:
    """Give a percentile by nearest rank."""
    return sorted(values)[max(0, -(-percent * len(values) // 100) - 1)]


def main() -> None:
    """Measure the files and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, default=[ROOT / "fairal", ROOT / "pages"])
    arguments = parser.parse_args()
    files = {str(p.relative_to(f.parent)): p for f in arguments.folders for p in sorted(f.rglob("*.py"))}
    sizes = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in files.items()}
    sizes = {name: size for name, size in sizes.items() if size}
    found = [function for name, path in files.items() for function in functions(path, name)]
    print(f"{len(sizes)} files, {sum(sizes.values())} lines, {len(found)} functions")
    rows = {"lines of a file": list(sizes.values())}
    rows |= {
        f"{field} of a function": [getattr(f, field) for f in found] for field in ("lines", "branches", "parameters")
    }
    for name, values in rows.items():
        print(f"{name:24} median {statistics.median(values):.0f}, p95 {at(values, 95)}, most {max(values)}")
    print("largest files:", ", ".join(f"{n} {s}" for n, s in sorted(sizes.items(), key=lambda r: -r[1])[:6]))
    for field in ("lines", "branches", "parameters"):
        most = sorted(found, key=lambda f: -getattr(f, field))[:6]
        print(f"most {field}:", ", ".join(f"{f.place} {getattr(f, field)}" for f in most))


if __name__ == "__main__":
    main()
