"""Source text of Python: blocks of statements, in each of which what is read again has a name."""

from __future__ import annotations

from collections.abc import Iterator

_INDENT = "    "


class Names:
    """The variables of one function: each stands for one expression, whichever block assigns it."""

    def __init__(self, *taken: str) -> None:
        self._by_expression: dict[str, str] = {}
        self._taken = set(taken)

    def of(self, expression: str, wish: str) -> str:
        """Return the variable of `expression`: `wish`, or that with a number where it stands for something else."""
        if expression not in self._by_expression:
            name, number = wish, 1
            while name in self._taken:
                number += 1
                name = f"{wish}_{number}"
            self._taken.add(name)
            self._by_expression[expression] = name
        return self._by_expression[expression]


class Block:
    """Statements below an opening line (`for …:`): a guard, variables, then the rest in the order it was added."""

    def __init__(self, opening: str, names: Names, around: Block | None = None, guard: str = "") -> None:
        self.opening = opening
        self._guard = guard
        self._names = names
        self._around = around
        self._variables: dict[str, str] = {}
        self._body: list[str | Block] = []

    def variable(self, expression: str, wish: str) -> str:
        """Return a variable that holds `expression` in this block: that of a block around it, if one has it."""
        block: Block | None = self
        while block is not None:
            if expression in block._variables:
                return block._variables[expression]
            block = block._around
        return self._variables.setdefault(expression, self._names.of(expression, wish))

    def add(self, *lines: str) -> None:
        """Add statements at the end."""
        self._body += lines

    def block(self, opening: str, guard: str = "") -> Block:
        """Add an inner block at the end, and return it. Nothing in it is done where the statement `guard` leaves it."""
        inner = Block(opening, self._names, self, guard)
        self._body.append(inner)
        return inner

    def lines(self) -> Iterator[str]:
        """Return the text, line by line."""
        yield self.opening
        if self._guard:
            yield _INDENT + self._guard
        for expression, name in self._variables.items():
            yield f"{_INDENT}{name} = {expression}"
        for part in self._body:
            for line in [part] if isinstance(part, str) else part.lines():
                yield _INDENT + line
