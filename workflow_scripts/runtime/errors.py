"""The error a user can mend, told apart from a bug."""

# How a class is left out; several messages advise it.
LEAVE_OUT = "leave the class out, with null for its label and a class for every other label: ingest: {labels: {…}}"


class UserError(Exception):
    """A mistake in data, settings or environment: what is wrong, where, and what to do, in one line.

    Entry points print it without a traceback; every other exception is a bug and keeps its traceback in the log.
    """


class OutOfTimeError(UserError):
    """The time limit of a job comes near: nothing else is begun in its process either."""


class NoFileError(UserError):
    """Where a file should be lies a folder, a pipe, a device, or a link in a circle."""
