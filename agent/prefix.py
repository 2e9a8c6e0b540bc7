"""Counts how many addresses are done without a gap, from the first on."""


class Prefix:
    """`length` addresses from the first on are done; memory follows what is done out of order."""

    def __init__(self) -> None:
        self.length = 0
        self.done = 0
        self._ahead: set[int] = set()
        self._parts: dict[int, int] = {}

    def expect(self, index: int, parts: int) -> None:
        """This address is done only after `parts` times `add` (a name has several addresses)."""
        if parts:
            self._parts[index] = parts
        else:
            self.add(index)

    def add(self, index: int) -> None:
        """One address, or one part of it, is done."""
        if index < self.length or index in self._ahead or self._parts_left(index):
            return
        self.done += 1
        self._ahead.add(index)
        while self.length in self._ahead:
            self._ahead.remove(self.length)
            self.length += 1

    def _parts_left(self, index: int) -> bool:
        left = self._parts.pop(index, 1) - 1
        if left:
            self._parts[index] = left
        return left > 0
