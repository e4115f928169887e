"""Packages that only some runs need, so that they are imported late: said at once, and in one sentence."""

from __future__ import annotations

from importlib import import_module

from SynthTrustLib.errors import SynthTrustError

_PIP_NAMES = {"sklearn": "scikit-learn"}
"""Where pip knows a module by another name."""


def require(*modules: str) -> None:
    """Import what hours of work will end in, before they begin.

    Raises SynthTrustError if one of them is not installed; it names the first.
    """
    for module in modules:
        try:
            import_module(module)
        except ImportError:
            name = _PIP_NAMES.get(module, module)
            raise SynthTrustError(
                f"{name} is not installed, which this needs",
                source="synthtrust trust",
                next_step=f"Install it with: pip install {name}.",
            ) from None
