"""Ratios of the same round, their median and spread, and the lines that are printed."""

import statistics

from . import targets


def ratios(ours, theirs, key):
    """One ratio for each round that both have."""
    return [a[key] / b[key] for a, b in zip(ours, theirs) if a and b and key in a and b.get(key)]


def spread(values):
    """`median [lowest–highest]`."""
    if not values:
        return "–"
    return f"{statistics.median(values):.2f} [{min(values):.2f}–{max(values):.2f}]"


def median(runs, key):
    values = [run[key] for run in runs if run and key in run]
    return statistics.median(values) if values else None


def of_profile(profile, competitors, runs):
    """A row for each server: its figures, and ours divided by its."""
    compared = [figure for figure in profile.figures if figure.compared]
    rows = [["server", *(figure.heading for figure in profile.figures), *(f"our {figure.heading} ÷ its" for figure in compared)]]
    for one in competitors:
        mine = runs.get(one.name, [])
        cells = []
        for figure in profile.figures:
            value = median(mine, figure.key)
            cells.append("–" if value is None else f"{value * figure.scale:.{figure.digits}f}")
        for figure in compared:
            cells.append("" if one.name == "ours" else spread(ratios(runs.get("ours", []), mine, figure.key)))
        rows.append([one.title, *cells])
    return lines(rows)


def summary(results, competitors):
    """The targets in their order, with what was reached. Nothing is said of what was not measured."""
    others = [one for one in competitors if one.name in ("debian", "newer")]
    rows = [["", "profile", *(f"÷ {one.short}" for one in others), "% of ceiling"]]
    for line in targets.LINES:
        for name in (*line.profiles, *line.variants):
            runs = results.get(name)
            if not runs:
                continue
            cells = []
            for one in others:
                values = ratios(runs.get("ours", []), runs.get(one.name, []), line.key)
                limit = line.limit(one.name)
                text = spread(values)
                if limit is not None:
                    text += f"  {'≤' if line.most else '≥'} {limit:.2f} {verdict(line, one.name, values)}"
                cells.append(text)
            ceiling = median(runs.get("ours", []), "ceiling") if line.key == "cpu" else None
            rows.append([
                line.title if name in line.profiles else "  (other pattern)", name, *cells,
                "" if ceiling is None else f"{ceiling:.0f}"])
    return lines(rows) if len(rows) > 1 else []


def verdict(line, server, values):
    if not values:
        return "?"
    return "yes" if line.met(server, statistics.median(values)) else "NO"


def lines(rows):
    """Columns as wide as what stands in them."""
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(str(cell).ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
