"""The metrics as the text that Prometheus reads, and as a file for its node exporter."""

import logging
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import logs
from pipeline.durable import write_file
from pipeline.errors import PipelineError
from pipeline.flow.services import Services
from pipeline.flow.views.metrics.gather import Sample, samples
from pipeline.flow.views.metrics.names import METRICS, PREFIX, Kind
from pipeline.wording import console as words

if TYPE_CHECKING:
    from prometheus_client.core import Metric

#: The node exporter is another user; nothing in the file is of a person.
_MODE = 0o644


#: The type of what :func:`exposition` returns.
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def measured(services: Services) -> tuple[Sample, ...]:
    """Return what every metric stands at now."""
    with services.store.read() as tx:
        return samples(services.work(tx))


def exposition(services: Services) -> bytes:
    """Return all metrics in the text format of Prometheus."""
    from prometheus_client.exposition import generate_latest  # noqa: PLC0415 - slow to import

    return generate_latest(_Collected(measured(services)))


def as_plain(found: Iterable[Sample]) -> list[dict[str, object]]:
    """Return samples as plain values, each with the names of its labels."""
    return [
        {
            "name": f"{PREFIX}{sample.name}",
            "labels": dict(zip(METRICS[sample.name].labels, sample.labels, strict=True)),
            "value": sample.value,
        }
        for sample in found
    ]


def keep_textfile(services: Services) -> None:
    """Write the metrics to ``metrics.textfile``, whole or not at all; a failure is logged alone."""
    name = services.settings.metrics.textfile
    if not name:
        return
    try:
        write_file(Path(name), exposition(services), mode=_MODE)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        logs.event("metrics", "not_written", logging.WARNING, reason=reason)
    except PipelineError as error:
        logs.event("metrics", "not_written", logging.WARNING, reason=error.code)
    except Exception as error:  # noqa: BLE001 - what is measured is done already
        logs.unknown("metrics", error)


class _Collected:
    """Hands samples to the library, those of one metric together."""

    def __init__(self, found: tuple[Sample, ...]) -> None:
        self._found = found

    def collect(self) -> Iterator["Metric"]:
        """Yield each metric with its samples."""
        from prometheus_client.core import (  # noqa: PLC0415 - slow to import
            CounterMetricFamily,
            GaugeMetricFamily,
        )

        families = {Kind.COUNTER: CounterMetricFamily, Kind.GAUGE: GaugeMetricFamily}
        for name, group in groupby(self._found, key=lambda sample: sample.name):
            metric = METRICS[name]
            text = words.word(f"metric_{name}")
            family = families[metric.kind](f"{PREFIX}{name}", text, labels=metric.labels)
            for sample in group:
                family.add_metric(sample.labels, sample.value)
            yield family
