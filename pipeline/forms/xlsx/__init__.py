"""Forms as Excel workbooks (ECMA-376): ``write`` makes them, ``read`` reads filled ones."""
