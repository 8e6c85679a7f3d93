"""What all end-to-end tests share: when to skip, what runs first, and the table of times at the end."""

import os

import pytest


def pytest_collection_modifyitems(items):
    """The slow ones first, so that others run beside them (Tools/end-to-end)."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """In CI everything is installed: there a skip is a failure, unless root is what is missing."""
    report = yield
    if (report.skipped and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail")
            and "needs root" not in str(call.excinfo.value)):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and nothing may be in CI: {call.excinfo.value}"
    return report


def pytest_terminal_summary(terminalreporter):
    """What tests measured, as `record_property` noted it."""
    rows = [
        (report.nodeid.split("::")[-1], name, value)
        for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
        for name, value in report.user_properties if report.when == "call"
    ]
    if rows:
        terminalreporter.section("measured")
    for test, name, value in sorted(rows, key=str):
        terminalreporter.write_line(f"{test:<75} {name} = {value}")
