"""A small training: its settings, and where its run and a vote of it lie in the study."""

from tests import made

SETTINGS = made.settings(epochs=1)
RUN, VOTE = "runs/published/tiny/fold0-seed0", "runs/published/vote/fold0-seed0"
