"""The figures as a picture: CPU time by size, a line for each route (SVG 1.1, nothing but text)."""

import math

import table

COLORS = {
    "auto": "#111827", "copy": "#dc2626", "sendfile": "#2563eb", "splice": "#059669",
    "ring-splice": "#84cc16", "mapped": "#d97706", "zero-copy-send": "#7c3aed", "nginx": "#9ca3af",
}
WIDTH, HEIGHT = 460, 300
LEFT, RIGHT, TOP, BOTTOM = 56, 26, 34, 36
FIGURES = {
    "µs per request": lambda value, size: value * size * 1e6,
    "ms per GB": lambda value, _: value * 1e12,
}


def svg(results):
    present = {condition for rows in results.values() for condition, _ in rows}
    panels = [(condition, f"{title}: {unit}", figure) for condition, title in table.TITLES.items()
              if condition in present for unit, figure in FIGURES.items()]
    height = HEIGHT * math.ceil(len(panels) / 2) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * WIDTH} {height}" '
        'font-family="system-ui, sans-serif" font-size="11">',
        "<title>Server CPU time by route and size of the body</title>",
        f'<rect width="{2 * WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    for number, (condition, title, figure) in enumerate(panels):
        x, y = (number % 2) * WIDTH, (number // 2) * HEIGHT
        parts.append(f'<g transform="translate({x} {y})">')
        parts += panel_parts(results, condition, title, figure)
        parts.append("</g>")
    parts += legend(results, height - 18)
    parts.append("</svg>\n")
    return "\n".join(parts)


def panel_parts(results, condition, title, figure):
    lines = {name: sorted((size, figure(value, size)) for (t, size), value in rows.items()
                          if t == condition) for name, rows in results.items()}
    sizes = sorted({size for points in lines.values() for size, _ in points})
    values = [value for points in lines.values() for _, value in points]
    x = Axis(sizes[0], sizes[-1], LEFT, WIDTH - RIGHT)
    y = Axis(min(values) / 1.1, max(values) * 1.1, HEIGHT - BOTTOM, TOP)
    parts = [f'<text x="{LEFT}" y="20" font-size="13" font-weight="600">{title}</text>']
    for mark in y.marks():
        at = y.place(mark)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}" '
                     'stroke="#e5e7eb"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{mark:g}</text>')
    for size in sizes[::2]:
        parts.append(f'<text x="{x.place(size):.1f}" y="{HEIGHT - BOTTOM + 16}" '
                     f'text-anchor="middle">{table.size_name(size)}</text>')
    for name, points in lines.items():
        path = " ".join(f"{x.place(size):.1f},{y.place(value):.1f}" for size, value in points)
        style = ('stroke-width="2.6" stroke-dasharray="2 3"' if name == "auto"
                 else 'stroke-width="1.6"')
        parts.append(f'<polyline points="{path}" fill="none" stroke="{COLORS[name]}" {style}/>')
    return parts


def legend(results, y):
    parts, x = [], LEFT
    for name in results:
        parts.append(f'<line x1="{x}" x2="{x + 18}" y1="{y}" y2="{y}" stroke="{COLORS[name]}" '
                     f'stroke-width="3"/><text x="{x + 24}" y="{y + 4}">{name}</text>')
        x += 44 + 7 * len(name)
    return parts


class Axis:
    """Logarithmic: a value's place between two ends of a line."""

    def __init__(self, low, high, start, end):
        self.low, self.high, self.start, self.end = low, high, start, end

    def place(self, value):
        span = math.log(self.high / self.low)
        share = math.log(value / self.low) / span if span > 0 else 0.5
        return self.start + share * (self.end - self.start)

    def marks(self):
        first = math.floor(math.log10(self.low))
        last = math.ceil(math.log10(self.high))
        digits = (1, 2, 5) if last - first <= 3 else (1,)
        marks = [digit * 10.0 ** power for power in range(first, last + 1) for digit in digits]
        return [mark for mark in marks if self.low <= mark <= self.high]
