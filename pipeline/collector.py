"""Python's collector of cycles, kept away from work that leaves none behind."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """Look for no cycles meanwhile: each search would walk through all that there is."""
    is_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_on:
            gc.enable()


@contextmanager
def loading() -> Iterator[None]:
    """Look for no cycles meanwhile, nor ever again in what is there at the end: modules stay."""
    with paused():
        try:
            yield
        finally:
            gc.freeze()
