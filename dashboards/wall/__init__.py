"""The wall: a page on a screen that says how each queue does, while the day can still be saved.

Asks Prometheus, tells browsers. What is on it is decided here, in words; the page but draws it.
"""
