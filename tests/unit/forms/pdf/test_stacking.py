"""Parts of a form, stacked on pages."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.forms.pdf.write.stacking import Part, Place, stacked

ROOM = 100.0


def tops(parts: list[Part]) -> list[tuple[int, float]]:
    return [(place.page, place.top) for place in stacked(parts, ROOM)]


def test_parts_stand_below_each_other_with_their_gaps() -> None:
    assert tops([Part(20, 5), Part(30, 5), Part(40)]) == [(0, 0), (0, 25), (0, 55)]


def test_what_does_not_fit_begins_a_page_without_its_gap() -> None:
    assert tops([Part(70), Part(30, 5), Part(10, 5)]) == [(0, 0), (1, 0), (1, 35)]


def test_what_is_bound_stays_with_what_follows() -> None:
    parts = [Part(60), Part(10, 5, is_bound=True), Part(10, 5, is_bound=True), Part(30)]
    assert tops(parts) == [(0, 0), (1, 0), (1, 15), (1, 25)]


def test_what_is_bound_parts_where_no_page_has_room_for_all() -> None:
    parts = [Part(60, is_bound=True), Part(60)]
    assert tops(parts) == [(0, 0), (1, 0)]


def test_part_taller_than_a_page_goes_on_behind_it() -> None:
    part = Part(30, lines=20, line_height=8, end=5)
    assert stacked([Part(10), part, Part(10)], ROOM) == [
        Place(0, 0, 0, 10, 0, 0),
        Place(1, 1, 0, 89, 0, 8, ends=False),
        Place(1, 2, 0, 88, 8, 19, begins=False, ends=False),
        Place(1, 3, 0, 13, 19, 20, begins=False),
        Place(2, 3, 13, 10, 0, 0),
    ]


PARTS = st.lists(
    st.builds(
        Part,
        height=st.floats(min_value=5, max_value=60),
        gap=st.floats(min_value=0, max_value=10),
        is_bound=st.booleans(),
        lines=st.integers(min_value=0, max_value=60),
        line_height=st.just(7.0),
        end=st.just(4.0),
    ),
    min_size=1,
    max_size=12,
)


@given(parts=PARTS)
def test_places_follow_each_other_and_hold_everything(parts: list[Part]) -> None:
    places = stacked(parts, ROOM)
    before = Place(-1, 0, 0, 0, 0, 0)
    for place in places:
        assert place.top >= 0
        assert place.top + place.height <= ROOM + 1e-6
        assert (place.page, place.part) >= (before.page, before.part)
        if place.page == before.page:
            assert place.top >= before.top + before.height - 1e-6
        before = place
    for index, part in enumerate(parts):
        shares = [place for place in places if place.part == index]
        assert [share.begins for share in shares] == [True] + [False] * (len(shares) - 1)
        assert [share.ends for share in shares] == [False] * (len(shares) - 1) + [True]
        lines = [line for share in shares for line in range(share.first, share.last)]
        assert lines == list(range(part.lines))
