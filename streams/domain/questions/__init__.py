"""Questions by e-mail and e-service: what was said of them, and how they are judged."""
