"""What tasks do in a simulated run: a pure function of a seed, the step, the path and the attempt."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

from stepwell.documents.task import Transition

Label = tuple[str, tuple[int, ...]]


@dataclass(frozen=True)
class World:
    """Which turns tasks take, and which attempts fail.

    Args:
        turns: Seed of the sizes, switches and loops.
        luck: Seed of the failures.
        trouble: Share of the attempts that fail.
        width: Size of one outermost foreach in ten; others are small.
    """

    turns: int
    luck: int
    trouble: float
    width: int

    def transition(self, node, label: Label) -> Transition:
        """What a task decides when it runs."""
        if node.kind == "foreach":
            size = self._size(label, node.level)
            return Transition(targets=tuple(node.targets), foreach="xs", size=size)
        if node.kind == "gang":
            return Transition(targets=tuple(node.targets), gang=True, size=self._draw(label, "gang") % 5)
        if node.kind == "loop":
            again = self._draw(label, "loop") % 3 and label[1][-1] < 12
            return Transition(targets=(node.targets[0 if again else 1],), case="again" if again else "done")
        if node.kind == "switch":
            return Transition(targets=(node.targets[self._draw(label, "switch") % len(node.targets)],), case="x")
        return Transition(targets=tuple(node.targets))

    def outcome(self, label: Label, attempt: int) -> str:
        """`succeeds`, `fails`, `fails for good`, or `is lost` (fails, and the attempt does not count)."""
        draw = self._chance(label, attempt)
        if draw >= self.trouble:
            return "succeeds"
        share = draw / self.trouble
        return "fails" if share < 0.7 else "is lost" if share < 0.85 else "fails for good"

    def member_outcome(self, gang: Label, index: int, size: int, attempt: int) -> str:
        """The same for one of a gang, which is named by its step and the path of the task that split.

        All that fail in one attempt fail in the same way, so that it does not matter which of them is the first.
        """
        draw = crc32(f"{self.luck} {gang} {attempt} member".encode())
        if index == draw % size or (draw >> index % 32) % 4 == 0:
            return self.outcome(gang, attempt)
        return "succeeds"

    def succeeds(self, label: Label, max_attempts: int, fallback: bool) -> bool:
        """Whether a task succeeds in the end, when it is given all its attempts, and one more to fall back on.

        A gang has the label of a task; see `member_outcome`.
        """
        attempt = 0
        while True:
            outcome = self.outcome(label, attempt)
            if outcome == "succeeds":
                return True
            if outcome == "is lost":
                max_attempts += 1
            attempt += 1
            if outcome == "fails for good":
                return False
            if attempt >= max_attempts:
                if not fallback:
                    return False
                fallback, max_attempts = False, attempt + 1

    def _chance(self, label: Label, attempt: int) -> float:
        return crc32(f"{self.luck} {label} {attempt}".encode()) / 2**32

    def _size(self, label: Label, level: int) -> int:
        draw = self._draw(label, "foreach")
        if level == 0 and draw % 10 == 0:
            return self.width
        return (0, 0, 1, 2, 2, 3, 3, 4, 5, 7)[draw // 10 % 10] if level < 3 else draw % 3

    def _draw(self, label: Label, what: str) -> int:
        return crc32(f"{self.turns} {label} {what}".encode())
