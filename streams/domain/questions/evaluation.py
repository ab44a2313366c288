"""The figures of a municipality's questions at an instant, mailbox by mailbox, and by promise.

Both the live system and ``svarsgrad replay`` call this; neither computes anything of its own.

Source: docs/decisions/0009-questions.md.
"""

from collections.abc import Iterable
from datetime import timedelta

import numpy as np

from streams.domain.catalogue import UNKNOWN_QUEUE, Municipality
from streams.domain.kept import Promised
from streams.domain.questions.as_of import AskedColumns, as_of
from streams.domain.questions.coverage import coverage_of, heard_of, promises_on
from streams.domain.questions.due import is_mailbox, versions_by_promise
from streams.domain.questions.figures import MailboxReport, PromiseReport, QuestionsReport
from streams.domain.questions.frame import Frame
from streams.domain.questions.receipts import open_now, received_in
from streams.domain.questions.verdicts import Judged, judged, kept, pending, pooled
from streams.domain.windows import Window, day_of, midnight


def evaluate_questions(
    municipality: Municipality, frame: Frame, now: int, windows: Iterable[Window]
) -> QuestionsReport:
    """Return what there is to say of a municipality's questions as of now.

    ``frame`` has what matters since :func:`~streams.domain.questions.due.needed_since` of the
    windows, none of which reaches beyond now. Every mailbox of the catalogue is in the report,
    with zero counts and no values where nothing has come; what came to others is pooled as one, if
    there is any. A promise is in it where it holds at the last instant before now, or has anything
    to count.
    """
    spans = list(windows)
    today = day_of(now - 1, municipality.zone)
    heard = heard_of(municipality, frame, now)
    questions = _by_mailbox(municipality, as_of(frame, now), frame.queues)
    mailboxes: dict[str, MailboxReport] = {}
    parts: dict[str, list[Judged]] = {}
    for queue in filter(is_mailbox, municipality.queues.values()):
        promises = {}
        for promise, versions in versions_by_promise(queue.targets).items():
            those = judged(municipality, queue.id, versions, questions[queue.id])
            parts.setdefault(promise, []).append(those)
            promised = _promised(municipality, those, now, spans)
            if promised.has_any or promises_on(queue, promise, today):
                promises[promise] = promised
        mailboxes[queue.id] = _mailbox(
            questions[queue.id], spans, promises, is_reporting=queue.id in heard
        )
    unknown = _mailbox(questions[UNKNOWN_QUEUE], spans, {}, is_reporting=None)
    if unknown.has_any:
        mailboxes[UNKNOWN_QUEUE] = unknown
    pools = {}
    for promise in versions_by_promise(sum(municipality.targets.values(), ())):
        promised = _promised(municipality, pooled(parts.get(promise, [])), now, spans)
        coverage = coverage_of(municipality, promise, today, heard)
        if promised.has_any or coverage is not None:
            pools[promise] = PromiseReport(promised, coverage)
    return QuestionsReport(mailboxes, pools)


def _by_mailbox(
    municipality: Municipality, questions: AskedColumns, names: tuple[str, ...]
) -> dict[str, AskedColumns]:
    """Return the questions of each mailbox of the catalogue, and all others as of one."""
    ids = [queue.id for queue in filter(is_mailbox, municipality.queues.values())]
    ids.append(UNKNOWN_QUEUE)
    place = {id_: number for number, id_ in enumerate(ids)}
    places = np.array([place.get(name, len(ids) - 1) for name in names], dtype=np.intp)
    of = places[questions.queue]
    order = np.argsort(of, kind="stable")
    bounds = np.searchsorted(of[order], np.arange(len(ids) + 1)).tolist()
    return {
        id_: questions.only(order[begins:ends])
        for id_, begins, ends in zip(ids, bounds, bounds[1:], strict=False)
    }


def _mailbox(
    questions: AskedColumns,
    windows: list[Window],
    promises: dict[str, Promised],
    *,
    is_reporting: bool | None,
) -> MailboxReport:
    return MailboxReport(
        open=open_now(questions),
        received={window.name: received_in(questions, window) for window in windows},
        promises=promises,
        is_reporting=is_reporting,
    )


def _promised(
    municipality: Municipality, those: Judged, now: int, windows: list[Window]
) -> Promised:
    tomorrow = day_of(now, municipality.zone) + timedelta(days=1)
    return Promised(
        pending=pending(those, midnight(tomorrow, municipality.zone), now),
        kept={window.name: kept(those, window, now) for window in windows},
    )
