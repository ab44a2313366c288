"""All figures of a municipality as plain data, for ``svarsgrad replay --json``."""

from typing import Any

from streams.domain.report import Report
from streams.figures import cases, phone, presence, questions


def as_data(report: Report, name: str) -> dict[str, Any]:
    """Return a report over the window called ``name`` as plain data; no value is None.

    What goes by due times is told of today where the window slides.
    """
    return {
        "queues": {
            queue: phone.queue_as_data(of_queue, name)
            for queue, of_queue in report.phone.queues.items()
        },
        "contacts": phone.contacts_as_data(report.phone.contacts[name]),
        "phone_coverage": phone.coverage_as_data(report.phone.coverage.get(name, {})),
        "questions": questions.as_data(report.questions),
        "cases": {of: cases.as_data(report.cases, of) for of in report.cases.opened},
        "surveys": {of: cases.surveys_as_data(report.surveys, of) for of in report.cases.opened},
        "channels": {of: cases.channels_as_data(its) for of, its in report.channels.items()},
        "presence": {of: presence.as_data(its) for of, its in report.presence.items()},
        "measures": presence.measures_as_data(report.measures),
    }
