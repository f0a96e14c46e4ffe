"""The one machine that suggests a form: from the words of a mail and what we know of the number."""

from pipeline.model.form import FormKind
from pipeline.model.proposal import Proposals, Told, told
from pipeline.model.request import NumberState
from pipeline.tracks.catalogue import BY_FORM

#: Which form each use of a number so far wants, as the tracks declare it for a wrong form.
_BY_USE = {
    use: track.other_form.form
    for track in BY_FORM.values()
    if track.other_form is not None
    for use in track.other_form.number_uses
}
#: The forms for a number that is active.
_FOR_ACTIVE = frozenset(kind for kind, track in BY_FORM.items() if track.needs_active_number)
#: Wishes that a fact can speak against. A new number is "set up" and "onboarded" by anybody, also
#: by those who move one.
_PLAIN_WISHES = frozenset(FormKind) - {_BY_USE["never"]}


def suggest(proposals: Proposals, number: NumberState) -> FormKind | None:
    """Return the form that fits, or None when nothing tells, or two signs disagree.

    ``number`` is the state of the one number that was told. An active one wants what is for active
    numbers, any other the form of who has run it; only without such a fact the wish decides.
    """
    facts = {_BY_USE[use] for use in told(proposals, Told.USE) if use in _BY_USE}
    if number is NumberState.ACTIVE:
        facts |= _FOR_ACTIVE
    wishes = [FormKind(kind) for kind in told(proposals, Told.FORM)]
    if len(facts) > 1:
        return None
    if not facts:
        return _strongest(proposals, wishes)
    (fact,) = facts
    against = _PLAIN_WISHES.intersection(wishes) - {fact}
    return None if against else fact


def _strongest(proposals: Proposals, wishes: list[FormKind]) -> FormKind | None:
    """Return the wish with the most words; None when two have as many."""
    counts = {
        wish: sum(
            item.words.count(",") + 1
            for item in proposals
            if item.about is Told.FORM and item.value == wish
        )
        for wish in wishes
    }
    ranked = sorted(counts.values(), reverse=True)
    if not ranked or ranked[1:2] == ranked[:1]:
        return None
    return max(counts, key=lambda wish: counts[wish])
