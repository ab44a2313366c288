"""Writes docs/logs.md from the table of entries: ``python -m streams.logs.page``."""

import logging
from pathlib import Path

from streams.logs import entries as e
from streams.logs.sparing import EVERY_SECONDS
from streams.logs.stderr import FORMAT

PAGE = Path(__file__).parents[2] / "docs" / "logs.md"
HEAD = f"""# Logs

Made by `python -m streams.logs.page` from `streams/logs/entries.py`; a test compares them, and
holds both against the code.

Commands that run until they are told to stop (`worker`, `archive`, `intake`, `follow-queue-log`,
`follow-mailbox`, `wall`) log to standard error: one line an event that somebody can act on, none
for each record, and nothing of what is read or sent. There is no log file to rotate: systemd's
journal or the container's runtime keeps the lines.

## Format

`{FORMAT}=text` (the default) is for reading:

```
2026-11-26 08:00:03 info assigned: assigned partitions [0, 1, 2, 3]
2026-11-26 08:00:04 warning commit_failed: commit failed: TimeoutError (and 9 more like it)
```

`{FORMAT}=json` is for machines, one object a line:

```json
{{"time":"2026-11-26T08:00:03.127+01:00","level":"info","event":"assigned",
"message":"assigned partitions [0, 1, 2, 3]","partitions":[0,1,2,3],
"logger":"streams.worker.ownership"}}
```

- `event` is one of the identifiers below. It never changes its meaning, and `message` may: search
  and alert by `event`. What worker and archive say is English; producers, the wall and what keeps
  a process from running speak Swedish (decision 0007).
- `level`: `critical` – the process has ended, and must not have; `error` – act now; `warning` –
  act today; `info` – what has changed.
- `exception`: the error with where it was raised, in the same line; in text its lines follow,
  indented, at most forty. The message of an error that could quote what was read is masked.
- `held_back`: what would come again and again (marked ↻, and all that libraries say) is said once
  in {EVERY_SECONDS:.0f} seconds; so many like it were not since the last.
- Where standard error is systemd's journal (`JOURNAL_STREAM`), text has no time, which the journal
  has, and each line begins with its priority (`<3>`), which the journal takes: `journalctl -p err
  -u svarsgrad-worker` works, in both formats.
- With `--once` a follower talks to a person who waits, and text is the messages alone. Other
  commands do their work and end: what they say is for people, and is no log.

What a line never has: telephone numbers, addresses of mail, names of persons, subjects, ids of
contacts, or secrets. Names of queues that the catalogue lacks are shown (`unusable_lines`), since
somebody must add them.
"""
TITLES = (
    ("All commands", e.COMMON),
    ("Worker, and archive where it does the same", e.WORKER),
    ("Archive", e.ARCHIVE),
    ("Producers", e.PRODUCERS),
    ("Wall", e.WALL),
)


def page() -> str:
    """Return the page."""
    parts = [HEAD]
    for title, entries in TITLES:
        parts += [f"## {title}\n", "| event | level | what it means | what to do | fields |"]
        parts += ["|---|---|---|---|---|", *map(_row, entries), ""]
    return "\n".join(parts)


def _row(its: e.Entry) -> str:
    level = logging.getLevelName(its.level).lower()
    fields = ", ".join(f"`{field}`" for field in its.fields) or "–"
    mark = " ↻" if its.is_spared else ""
    return f"| `{its.name}`{mark} | {level} | {its.means} | {its.do or '–'} | {fields} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
