"""docs/endpoints.md, and how it tells Prometheus to ask."""

import re
from pathlib import Path

import yaml

PAGE = (Path(__file__).parents[1] / "docs" / "endpoints.md").read_text("utf-8")
(EXAMPLE,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def scrape_config(directory: Path) -> dict[str, object]:
    """Return how a job asks, by the example, with its files in a directory."""
    found = yaml.safe_load(EXAMPLE.replace("/etc/prometheus", str(directory)))
    (job,) = found["scrape_configs"]
    return {key: its for key, its in job.items() if key not in {"job_name", "static_configs"}}
