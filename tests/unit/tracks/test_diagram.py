from pathlib import Path

import pytest

from pipeline.model.request import END_STATUSES, Track
from pipeline.tracks.catalogue import TRACKS
from pipeline.tracks.diagram import document, mermaid, table

_PAGES = Path(__file__).parents[3] / "docs" / "tracks"
_MAKE = (
    'stale; run: python -c "from pathlib import Path; from pipeline.model.request import Track; '
    "from pipeline.tracks.diagram import document; "
    "[Path('docs/tracks', f'{t}.md').write_text(document(t), 'utf-8') for t in Track]\""
)


@pytest.mark.parametrize("track", list(Track))
def test_page_of_the_track_is_as_the_declaration_says(track: Track) -> None:
    page = _PAGES / f"{track.value}.md"
    assert page.read_text(encoding="utf-8") == document(track), _MAKE


@pytest.mark.parametrize("track", list(Track))
def test_diagram_begins_with_received_and_draws_no_way_out_of_an_end(track: Track) -> None:
    lines = mermaid(track).splitlines()
    assert lines[:2] == ["stateDiagram-v2", "    [*] --> received"]
    leaving = {line.split()[0]: line.split()[2] for line in lines[2:]}
    # A withdrawal can be undone for a day.
    ends = ({status.value for status in END_STATUSES} & set(leaving)) - {"withdrawn"}
    assert {leaving[end] for end in ends} == {"[*]"}


@pytest.mark.parametrize("track", list(Track))
def test_table_has_a_section_for_every_step_and_a_row_for_every_rule(track: Track) -> None:
    steps = TRACKS[track].steps
    lines = table(track).splitlines()
    titles = [line.split("`")[1] for line in lines if line.startswith("## ")]
    assert titles == [step.status.value for step in steps]
    rows = [line for line in lines if line.startswith("| ")]
    assert len(rows) == sum(len(step.rules) + 1 for step in steps)
