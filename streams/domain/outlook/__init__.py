"""What the rest of the day is like: how much is still to come, what it takes, who it takes.

Source: docs/decisions/0014-outlook.md.
"""
