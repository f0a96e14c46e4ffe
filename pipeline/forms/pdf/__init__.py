"""Forms as PDF (ISO 32000-2): ``write`` makes them, ``reader`` reads filled ones.

The reader takes the values of the fields (``read``), or reads the pages of a copy that has no
fields any more (``printed``).
"""
