"""Segmenter packages: which there are, and what they outline."""

from pathlib import Path


class Segmenters:
    """The part of the logic that finds them."""

    def findSegmenters(self, folder="", verify=True):
        """The installed segmenter packages, and those in one more folder; `damaged` of the list cannot be used.

        Without `verify` only their cards are read, which is quick; `checkingSegmenters` does the rest.
        """
        from SynthTrustLib.segmenters.package.registry import find_packages

        return find_packages([Path(folder)] if folder else [], verify=verify)

    def checkingSegmenters(self, packages):
        """Steps that check packages whose cards were read, file by file; their result is the list anew."""
        from SynthTrustLib.segmenters.package.registry import checking

        return checking(packages)

    def presets(self, packages):
        """Name -> cards of the preset's members."""
        from SynthTrustLib.segmenters.package.registry import presets

        return {name: [package.card for package in members] for name, members in presets(packages).items() if members}
