"""Ratios of the same round, their median and spread, and the lines that are printed."""

import statistics


def ratios(ours, theirs, key):
    """One ratio for each round that both have."""
    return [a[key] / b[key] for a, b in zip(ours, theirs) if a and b and b[key]]


def spread(values):
    """`median [lowest–highest]`."""
    if not values:
        return "–"
    return f"{statistics.median(values):.2f} [{min(values):.2f}–{max(values):.2f}]"


def median(runs, key):
    values = [run[key] for run in runs if run]
    return statistics.median(values) if values else None


def verdict(values, limit, most):
    """Whether a target is met by the median; `most` when smaller is better."""
    if limit is None:
        return ""
    sign = "≤" if most else "≥"
    if not values:
        return f"{sign} {limit:.2f} ?"
    met = statistics.median(values) <= limit if most else statistics.median(values) >= limit
    return f"{sign} {limit:.2f} {'yes' if met else 'NO'}"


def lines(headings, rows):
    """Columns as wide as what stands in them."""
    rows = [headings, *rows]
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(headings))]
    return ["  ".join(str(cell).ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
