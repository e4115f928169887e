"""SynthTrust: how far can this tumor outline be trusted, given what its segmenters were trained on?

The rooms, in the order in which a patient walks through them (imports go the same way):
``case`` -> ``segmenters`` -> ``maps`` -> ``trust`` -> ``report`` -> ``scene``. ``labelled`` and ``calibration`` are for
labelled patients; ``mixes`` is the laboratory.
"""

__version__ = "0.1.0"
