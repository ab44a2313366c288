"""What is exported of the rest of today."""

from streams import metrics as m
from streams.domain.outlook.evaluation import QueueOutlook
from streams.exposition.sheet import Sheet


def add(sheet: Sheet, outlook: QueueOutlook, now: int, *labels: str) -> None:
    """Add what there is to say of a queue's; labels are municipality and queue."""
    sheet.add(m.PROFILE_DAYS, outlook.days, *labels)
    sheet.add(m.USUAL, outlook.usual, *labels)
    if outlook.rest is not None:
        sheet.add(m.TO_COME, outlook.rest.mean, *labels)
        sheet.add(m.TO_COME_LOW, outlook.rest.low, *labels)
        sheet.add(m.TO_COME_HIGH, outlook.rest.high, *labels)
    for target, its in outlook.targets.items():
        sheet.add(m.BEST, its.likely.best, *labels, target)
        sheet.add(m.BEST_OF_FEW, its.of_few.best, *labels, target)
        sheet.add(m.BEST_OF_MANY, its.of_many.best, *labels, target)
        sheet.add(m.NEEDED, its.likely.needed, *labels, target)
        sheet.add(m.SPENT, its.likely.spent, *labels, target)
        sheet.add(m.EXPECTED, its.expected, *labels, target)
        sheet.add(m.PROJECTED, its.projected, *labels, target)
    for target, by in outlook.alerting.items():
        sheet.add(m.ALERT_LEVEL, by.level, *labels, target)
        sheet.add(m.CHRONIC, float(by.is_chronic), *labels, target)
        sheet.add(m.CLUSTERING, by.clustering, *labels, target)
        for span, highest in by.highest.items():
            sheet.add(m.ALERT_HIGH, highest, *labels, span, target)
    quarter = next(outlook.quarters, None)
    if quarter is not None and quarter.start <= now:
        sheet.add(m.ERLANGS, quarter.erlangs, *labels)
        sheet.add(m.PEOPLE_NEEDED, quarter.people, *labels)
