"""The table of states as a picture (Graphviz) and as Markdown, so that neither can lie. Pure."""

from collections.abc import Iterable

from dossiers.rules.states import CLOSED, EDGES, NAMES, Actor, Clock, Edge, State

COLOURS = {
    Actor.CITIZEN: "#1b6e3c",
    Actor.RECEPTION: "#1f4e9c",
    Actor.HANDLER: "#8a4b08",
    Actor.APPROVER: "#8b1a3a",
    Actor.SYSTEM: "#666666",
}
ACTORS = {
    Actor.CITIZEN: "người nộp",
    Actor.RECEPTION: "một cửa",
    Actor.HANDLER: "thụ lý",
    Actor.APPROVER: "người ký",
    Actor.SYSTEM: "hệ thống",
}
CLOCKS = {
    Clock.NONE: "đứng, chưa chạy",
    Clock.START: "bắt đầu",
    Clock.RUN: "chạy tiếp",
    Clock.PAUSE: "tạm dừng",
    Clock.RESET: "dừng, tính lại từ đầu",
    Clock.RESUME: "chạy lại",
    Clock.STOP: "kết thúc",
}


def dot(edges: Iterable[Edge] = EDGES) -> str:
    """Return the states and moves as a Graphviz graph: one arrow a pair of states and an actor."""
    arrows: dict[tuple[State | None, State, Actor], list[str]] = {}
    for edge in edges:
        names = arrows.setdefault((edge.start, edge.end, edge.actor), [])
        if edge.move not in names:
            names.append(edge.move)
    lines = [
        "digraph states {",
        '  graph [rankdir=TB, fontname="Helvetica", nodesep=0.55, ranksep=0.75, pad=0.3];',
        '  node [shape=box, style="rounded,filled", fillcolor="#f4f6fb", fontname="Helvetica"];',
        '  edge [fontname="Helvetica", fontsize=10];',
        '  start [shape=circle, label="", width=0.2, fillcolor=black];',
    ]
    for state in State:
        ends = ', peripheries=2, fillcolor="#eeeeee"' if state in CLOSED else ""
        lines.append(f'  s{int(state)} [label="{int(state)}\\n{NAMES[state].vi}"{ends}];')
    for (begin, end, actor), names in arrows.items():
        source = "start" if begin is None else f"s{int(begin)}"
        label = "\\n".join(names)
        colour = COLOURS[actor]
        lines.append(
            f'  {source} -> s{int(end)} [label="{label}", color="{colour}", fontcolor="{colour}"];'
        )
    lines.append('  subgraph cluster_legend { label=""; color=white;')
    for actor in Actor:
        lines.append(
            f'    legend_{actor} [shape=plaintext, style="", label="{ACTORS[actor]}",'
            f' fontcolor="{COLOURS[actor]}"];'
        )
    lines += ["  }", "}"]
    return "\n".join(lines) + "\n"


def table(edges: Iterable[Edge] = EDGES) -> str:
    """Return every edge as a row of a Markdown table."""
    rows = [
        "| from | move | to | who | clock | reason | must hold | brings | basis |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for edge in edges:
        begin = "—" if edge.start is None else f"{int(edge.start)} {NAMES[edge.start].vi}"
        if edge.back is not None:
            begin += f" (came from {', '.join(str(int(one)) for one in sorted(edge.back))})"
        guards = ", ".join(f"`{guard}`" for guard in edge.guards)
        effects = ", ".join(f"`{effect}`" for effect in edge.effects)
        rows.append(
            f"| {begin} | `{edge.move}` | {int(edge.end)} {NAMES[edge.end].vi} "
            f"| {ACTORS[edge.actor]} (`{edge.actor}`) | {CLOCKS[edge.clock]} "
            f"| {'needed' if edge.needs_reason else ''} | {guards} | {effects} | {edge.basis} |"
        )
    return "\n".join(rows) + "\n"
