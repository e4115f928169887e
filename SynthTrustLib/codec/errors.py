"""What is wrong with JSON that was read, and in which field."""

from __future__ import annotations


class FieldError(ValueError):
    """A field that is missing, unknown, mistyped, out of range, or contradicts another.

    Parameters
    ----------
    problem : str
        What is wrong with it, to be read after its name: ``"is missing"``.
    *path : str or int
        Names and indexes that lead to it, from the outside; none for the whole.

    Attributes
    ----------
    between_fields : bool
        Whether each field could be right alone: no schema tells that.
    """

    def __init__(self, problem: str, *path: str | int) -> None:
        self.problem = problem
        self.path = path
        self.between_fields = False
        super().__init__(problem)

    def inside(self, key: str | int) -> FieldError:
        """Itself, with the way to it one step longer."""
        self.path = (key, *self.path)
        return self

    @property
    def field(self) -> str:
        """``training_mix.real_cases``, ``rows[3].unit``; ``it`` for the whole."""
        steps = (f"[{key}]" if isinstance(key, int) else f".{key}" for key in self.path)
        return "".join(steps).removeprefix(".") or "it"

    def __str__(self) -> str:
        return f"{self.field} {self.problem}"


class FormatError(FieldError):
    """It was written in a form that this version does not read.

    Attributes
    ----------
    words : str
        ``"is of format 2, this SynthTrust reads format 1"``.
    """

    def __init__(self, found: object, known: int) -> None:
        self.words = f"is of format {found}, this SynthTrust reads format {known}"
        super().__init__(f"is {found}, this SynthTrust reads format {known}", "format")
