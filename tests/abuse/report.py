"""What a run has shown: a table, and the memory as a plot."""

import collections

COLOURS = ("#1f77b4", "#d62728")


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class Calls:
    """The calls of one good caller, by phase."""

    def __init__(self, path, phases):
        self.by_phase = {name: [] for name in phases}
        self.verdicts = {name: collections.Counter() for name in phases}
        with open(path) as lines:
            for line in lines:
                parts = line.split()
                if len(parts) != 3:
                    continue  # the last one, half written
                began, took, verdict = float(parts[0]), float(parts[1]), parts[2]
                for name, (start, end) in phases.items():
                    if start <= began < end:
                        self.by_phase[name].append(took)
                        self.verdicts[name][verdict] += 1

    def row(self, phase):
        took = self.by_phase[phase]
        if not took:
            return "no calls"
        failed = {verdict: count
                  for verdict, count in self.verdicts[phase].items()
                  if verdict != "VERIFIED"}
        return (f"{len(took):6} calls, p50 {percentile(took, 0.5):7.1f} ms, "
                f"p99 {percentile(took, 0.99):7.1f} ms, "
                f"failed {sum(failed.values())} {failed or ''}".rstrip())


def plot(path, memory, phases, attacks):
    """`memory`: {replica: [(time, MiB)]}; `attacks`: [(time, name)]."""
    width, height, left, top, bottom = 1200, 420, 60, 30, 90
    start = min(begin for begin, _ in phases.values())
    end = max(finish for _, finish in phases.values())
    most = max((mib for points in memory.values() for _, mib in points),
               default=1) * 1.1
    x = lambda when: left + (when - start) / (end - start) * (width - left - 10)
    y = lambda mib: height - bottom - mib / most * (height - top - bottom)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" '
           f'height="{height}" font-family="sans-serif" font-size="11">',
           f'<rect width="{width}" height="{height}" fill="white"/>',
           f'<text x="{left}" y="18" font-size="14">resident memory of usherd, '
           'MiB</text>']
    for step in range(5):
        mib = most * step / 4
        out.append(f'<line x1="{left}" x2="{width - 10}" y1="{y(mib):.0f}" '
                   f'y2="{y(mib):.0f}" stroke="#ddd"/>'
                   f'<text x="{left - 6}" y="{y(mib) + 4:.0f}" '
                   f'text-anchor="end">{mib:.0f}</text>')
    for name, (begin, finish) in phases.items():
        out.append(f'<line x1="{x(begin):.0f}" x2="{x(begin):.0f}" y1="{top}" '
                   f'y2="{height - bottom}" stroke="#888"/>'
                   f'<text x="{x(begin) + 4:.0f}" y="{top + 10}">{name}</text>')
    for i, (when, name) in enumerate(attacks):
        row = height - bottom + 14 + (i % 6) * 12
        out.append(f'<text x="{x(when):.0f}" y="{row}" font-size="9" '
                   f'fill="#555">{name}</text>')
    for colour, (replica, points) in zip(COLOURS, memory.items()):
        line = " ".join(f"{x(when):.1f},{y(mib):.1f}" for when, mib in points)
        out.append(f'<polyline points="{line}" fill="none" '
                   f'stroke="{colour}" stroke-width="1.5"/>')
    for i, (colour, replica) in enumerate(zip(COLOURS, memory)):
        out.append(f'<text x="{width - 120}" y="{18 + 14 * i}" '
                   f'fill="{colour}">{replica}</text>')
    out.append("</svg>\n")
    path.write_text("\n".join(out))
