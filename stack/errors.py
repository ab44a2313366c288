"""What goes wrong with a local stack, said to the person who must do something about it."""


class StackError(Exception):
    """A component is missing, busy or died; the text is one Swedish line that says what to do."""
