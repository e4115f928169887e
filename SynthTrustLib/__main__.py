"""``python -m SynthTrustLib``: the same as the command ``synthtrust``."""

from SynthTrustLib.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
