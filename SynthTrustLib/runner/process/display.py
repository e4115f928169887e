"""Progress for people: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TextIO

from SynthTrustLib.runner.process.events import Event, Listener, Noted, Progressed, ignore

_PLAIN_STEP = 0.1


@contextmanager
def show_progress(stream: TextIO, *, quiet: bool = False) -> Iterator[Listener]:
    """A listener that shows a run on `stream`; a bar where it is a terminal and rich is installed."""
    if quiet:
        yield ignore
    elif stream.isatty() and find_spec("rich"):
        with _bar(stream) as listener:
            yield listener
    else:
        yield PlainLines(stream)


class PlainLines:
    """One line per stage and per tenth of the run, for logs and pipes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._stage = ""
        self._next = 0.0

    def __call__(self, event: Event) -> None:
        if isinstance(event, Noted):
            self._say(_one_line(event.text))
        if isinstance(event, Progressed) and (event.stage != self._stage or event.overall >= self._next):
            self._stage = event.stage
            self._next = event.overall + _PLAIN_STEP
            self._say(f"{event.overall:4.0%}  {event.stage}{in_words(event.seconds_left)}")

    def _say(self, text: str) -> None:
        print(text, file=self._stream, flush=True)


@contextmanager
def _bar(stream: TextIO) -> Iterator[Listener]:
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    console = Console(file=stream, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[left]}"))
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("starting", total=1.0, left="")

        def listen(event: Event) -> None:
            if isinstance(event, Noted):
                console.print(escape(_one_line(event.text)))
            if isinstance(event, Progressed):
                left = in_words(event.seconds_left)
                progress.update(task, completed=event.overall, description=escape(event.stage), left=left)

        yield listen


def _one_line(text: str) -> str:
    """A name of a file may hold line breaks, and what stands behind one must not look like a line of ours."""
    return " ".join(text.split())


def in_words(seconds: float | None) -> str:
    """``", about 20 s left"``; nothing where it is unknown, or done."""
    if not seconds:
        return ""
    if seconds < 90:
        return f", about {max(1, round(seconds))} s left"
    return f", about {round(seconds / 60)} min left"
