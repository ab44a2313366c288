"""`python -m stack`: the same as `svarsgrad stack`."""

from stack.command import command

if __name__ == "__main__":
    command()
