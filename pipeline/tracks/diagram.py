"""A track as a diagram (Mermaid) and as a table (Markdown), made from its declaration."""

from pipeline.model.request import END_STATUSES, EventName, Move, Status, Track
from pipeline.model.transition import (
    AlertStaff,
    Effect,
    ExpireCertificate,
    IssueCertificate,
    RevokeCertificate,
    SendNotice,
    SetNumber,
)
from pipeline.tracks.catalogue import TRACKS
from pipeline.tracks.declaration import (
    Anchor,
    Chosen,
    Due,
    FirstOf,
    Special,
    Step,
    Target,
    TransitionRule,
    Unit,
)

#: Possible in (nearly) every status: in the table only, so that the diagram shows the way.
_EVERYWHERE = frozenset(
    {
        EventName.WITHDRAW,
        EventName.SUPERSEDE,
        EventName.REMIND,
        EventName.ALERT,
        EventName.ROUTE,
        EventName.HOLD,
        EventName.ASK,
        EventName.CHANGED_FORM,
    }
)
#: In these statuses a changed form means something of its own.
_FOR_FORMS = frozenset({Status.RECEIVED, Status.NEEDS_CORRECTION})
_FORM_EVENTS = frozenset({EventName.CORRECTED, EventName.PROBLEMS_FOUND})


def mermaid(track: Track) -> str:
    """Return the way of ``track`` as a Mermaid state diagram."""
    declaration = TRACKS[track]
    lines = ["stateDiagram-v2", f"    [*] --> {Status.RECEIVED}"]
    edges: dict[tuple[str, str], list[str]] = {}
    for step in declaration.steps:
        for rule in step.rules:
            target = _target(rule.target, step, declaration.first)
            if _shown(rule, step) and target != step.status.value:
                events = edges.setdefault((step.status.value, target), [])
                if rule.event.value not in events:
                    events.append(rule.event.value)
    lines += [
        f"    {start} --> {end}: {', '.join(events)}" for (start, end), events in edges.items()
    ]
    ends = dict.fromkeys(
        end for _, end in edges if end in {status.value for status in END_STATUSES}
    )
    return "\n".join([*lines, *(f"    {end} --> [*]" for end in ends)])


def _shown(rule: TransitionRule, step: Step) -> bool:
    if rule.refuse or rule.event in _EVERYWHERE:
        return False
    return step.status in _FOR_FORMS or rule.event not in _FORM_EVENTS


def _target(target: Target, step: Step, first: Status) -> str:
    match target:
        case Special.STAY:
            return step.status.value
        case Special.FIRST:
            return first.value
        case Special():
            return target.value
        case FirstOf():
            return f"{target.track.value}_track"
        case Status():
            return target.value


def table(track: Track) -> str:
    """Return the rows of ``track`` as Markdown: one table a status, with its deadlines."""
    return "\n\n".join(_section(step, TRACKS[track].first) for step in TRACKS[track].steps)


def _section(step: Step, first: Status) -> str:
    move = "" if step.move is Move.NOBODY else f" [{step.move.value}]"
    if step.manual_move:
        move = f" [{step.move.value}; manual issuer: {step.manual_move.value}]"
    lines = [f"## `{step.status.value}`{move}", ""]
    lines += [f"- {_deadline(due)}" for due in step.deadlines]
    if step.entry_label:
        lines.append(f"- entering: {step.entry_label}")
    if lines[-1]:
        lines.append("")
    lines += ["| event | by | when | next | effects |", "|---|---|---|---|---|"]
    lines += [_row(rule, step, first) for rule in step.rules]
    return "\n".join(lines)


def _row(rule: TransitionRule, step: Step, first: Status) -> str:
    actors = ", ".join(sorted(actor.value for actor in rule.actors))
    following = f"refused: {rule.refuse}" if rule.refuse else _next(rule, step, first)
    effects = ", ".join(_effect(part) for part in rule.effects) or "—"
    condition = rule.when.name if rule.when else ""
    return f"| {rule.event.value} | {actors} | {condition} | {following} | {effects} |"


def _next(rule: TransitionRule, step: Step, first: Status) -> str:
    target = "stay" if rule.target is Special.STAY else _target(rule.target, step, first)
    if rule.hold is not None:
        return f"{target} ({rule.hold.value})"
    return f"{target}, clock restarts" if rule.restarts and target == "stay" else target


def _effect(part: Effect | Chosen) -> str:
    match part:
        case Chosen():
            text = part.label
        case SendNotice():
            text = f"{part.notice.value} ({part.variant})" if part.variant else part.notice.value
        case AlertStaff():
            text = f"alert {part.code}"
        case IssueCertificate():
            text = "issue"
        case RevokeCertificate():
            text = f"revoke ({part.reason})"
        case ExpireCertificate():
            text = "record the expiry"
        case SetNumber():
            text = f"number {part.state.value}"
    return text


def _deadline(due: Due) -> str:
    anchor = "" if due.anchor is Anchor.ENTERED else f" from {due.anchor.value}"
    unit = " wd" if due.unit is Unit.WORKING_DAYS else " d"
    distance = f"{due.after}{unit}" if due.span is None else str(due.span)
    if due.from_policy is not None:
        distance = "setting"
    again = f", then every {due.every}{unit}" if due.every else ""
    exact = ", exact" if due.exact else ""
    notice = f": {due.notice.value}" if due.notice else ""
    event = "" if due.event.value == due.kind.value else f" ({due.event.value})"
    return f"{due.kind.value}{event} {distance}{anchor}{again}{exact}{notice}"


def document(track: Track) -> str:
    """Return the page of ``track`` for ``docs/tracks``: the diagram, then the tables."""
    note = "Made from the declaration in `pipeline/tracks/`; a test says when it is stale."
    return (
        f"# Track: {track.value}\n\n{note}\n\n```mermaid\n{mermaid(track)}\n```\n\n{table(track)}\n"
    )
