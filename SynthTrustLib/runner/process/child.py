"""The child process: one assessment, told as JSON lines on stdout.

``python -m SynthTrustLib run-child REQUEST.json [--leash]``. Exit codes: 0 done, 2 an input, segmenter or output that
cannot be used, 3 stopped with concerns that nobody has accepted, 130 cancelled, 1 anything unexpected. The last event
says the same in words.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias, TypeVar

from SynthTrustLib.codec import FieldError, decode, parse
from SynthTrustLib.errors import Cancelled, ConcernsError, InputError, SynthTrustError
from SynthTrustLib.regular_file import read_regular
from SynthTrustLib.resources import FOLDERS_VARIABLE
from SynthTrustLib.runner.process.events import Concerned, Event, Failed, Listener, Started, to_line
from SynthTrustLib.runner.process.process_tree import GRACE_SECONDS, Parent
from SynthTrustLib.runner.process.request import REQUEST_PREFIX, AssessRequest
from SynthTrustLib.trust.learned.own import FOLDER_VARIABLE as OWN_CALIBRATION

UNEXPECTED_EXIT_CODE = 1

Request = TypeVar("Request")
Work: TypeAlias = Callable[[Request, Listener], object]


def main(arguments: list[str]) -> int:
    """Run one assessment and return the exit code.

    `arguments`: the path of the request, and ``--leash`` when the parent holds the other end of stdin: the run is then
    cancelled when stdin closes. Without it the parent's process is watched.
    """
    return run_child(arguments, AssessRequest, _assess)


def run_child(arguments: list[str], kind: type[Request], work: Work[Request]) -> int:
    """As `main`, for any `kind` of request and the `work` that it asks for."""
    parent = None if "--leash" in arguments else Parent()
    (request_file,) = [Path(argument).absolute() for argument in arguments if argument != "--leash"]
    work_in_temporary_folder()
    return serve(request_file, _take_over_stdout(), work, parent, kind=kind)


def work_in_temporary_folder() -> None:
    """As `case.file.scratch` wants it. The paths of a request are absolute; those of the environment become so here."""
    folders = [str(Path(name).absolute()) for name in os.environ.get(FOLDERS_VARIABLE, "").split(os.pathsep) if name]
    os.environ[FOLDERS_VARIABLE] = os.pathsep.join(folders)
    if os.environ.get(OWN_CALIBRATION):
        os.environ[OWN_CALIBRATION] = str(Path(os.environ[OWN_CALIBRATION]).absolute())
    os.chdir(tempfile.gettempdir())


def _assess(request: AssessRequest, on_event: Listener) -> None:
    from SynthTrustLib.runner.assess import assess  # takes seconds, in which the run can be cancelled already

    assess(request, on_event)


def serve(request_file: Path, channel: int, work: Work[Request], parent: Parent | None, *, kind: type[Request]) -> int:
    """Do `work` for the request in a file, and say what happens on the file descriptor `channel`.

    `parent` is watched; None where stdin is the leash. It must have been made before: who cancels removes the request
    first, so that a child that has seen the wrong parent, as its own had ended already, finds no request.
    """
    workspace: list[Path] = []

    def tell(event: Event) -> None:
        if isinstance(event, Started):
            workspace.append(Path(event.workspace))
        try:
            os.write(channel, (to_line(event) + "\n").encode("ascii"))
        except OSError:  # nobody reads any more: the parent has ended
            raise Cancelled from None

    # SIGINT, too: a child of a background job inherits that it is ignored.
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)
    ended = threading.Event()
    watcher = threading.Thread(target=_watch_parent, args=(parent, ended, workspace, request_file), daemon=True)
    try:
        watcher.start()  # it may interrupt at once, where the parent has ended already
        work(_read_request(request_file, kind), tell)
        return 0
    except (KeyboardInterrupt, SynthTrustError) as problem:
        error = problem if isinstance(problem, SynthTrustError) else Cancelled()
        with contextlib.suppress(Cancelled):
            for concern in error.concerns if isinstance(error, ConcernsError) else ():
                tell(Concerned(concern.key, concern.text))
            tell(Failed(**error.to_dict()))
        return error.exit_code
    except Exception as error:
        with contextlib.suppress(Cancelled):
            tell(_unexpected(error))
        return UNEXPECTED_EXIT_CODE
    finally:
        ended.set()
        _remove_request(request_file)


def _read_request(path: Path, kind: type[Request]) -> Request:
    try:
        request: Request = decode(kind, parse(read_regular(path)))
    except (OSError, FieldError) as error:
        # A value may be a path, which names a patient.
        why = f"{error.field} is wrong or missing" if isinstance(error, FieldError) else type(error).__name__
        raise InputError(
            f"the request cannot be read ({why})",
            source=path.name,
            next_step="Start the assessment again.",
        ) from error

    _remove_request(path)
    return request


def _remove_request(path: Path) -> None:
    """A parent that is killed cannot, and it holds the user's paths. One that somebody has written by hand stays."""
    if path.name.startswith(REQUEST_PREFIX):
        with contextlib.suppress(OSError):
            path.unlink()


def _unexpected(error: Exception) -> Failed:
    if isinstance(error, MemoryError):
        what, step = "the computer ran out of memory", "Close other programs, or choose fewer segmenters."
    else:
        what = f"an unexpected {type(error).__name__} ({str(error)[:300]})"
        step = "Report it with the details that --debug prints."
    return Failed("unexpected", " ".join(what.split()), "SynthTrust", step, "".join(traceback.format_exception(error)))


def _take_over_stdout() -> int:
    """A file descriptor for events only: what libraries print to stdout goes to stderr from now on."""
    sys.stdout.flush()
    channel = os.dup(1)
    os.dup2(2, 1)
    return channel


def _watch_parent(parent: Parent | None, ended: threading.Event, workspace: list[Path], request_file: Path) -> None:
    """Interrupt the run when nobody waits for it any more, and end the process if it does not react."""
    if parent is None:
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
    else:
        while not parent.is_gone():
            if ended.wait(0.5):
                return
    if ended.is_set():
        return
    _interrupt_main_thread()
    if not ended.wait(GRACE_SECONDS - 1.0):
        from SynthTrustLib.runner.files.folder import remove_workspace

        _remove_request(request_file)
        for folder in workspace:
            remove_workspace(folder)
        os._exit(Cancelled.exit_code)


def _interrupt_main_thread() -> None:
    if sys.platform == "win32":
        import _thread

        _thread.interrupt_main()
        return
    # A signal sent to the main thread itself also wakes it from waiting for a lock.
    main_thread = threading.main_thread().ident
    assert main_thread is not None
    signal.pthread_kill(main_thread, signal.SIGINT)
