"""How long a workflow still takes: trainings are not guessed from jobs of seconds."""

import pytest

from workflow_scripts.console.time_left import TimeLeft, minutes

PLANNED = {"ingest": 1, "make_run": 12, "train": 6, "report_study": 1}


def after_the_short_jobs() -> TimeLeft:
    """A second each of ingest and what trains nothing, then two trainings begin at 13 s."""
    left = TimeLeft(0.0)
    left.plan(PLANNED)
    for job in range(13):
        left.begin(job, "make_run" if job else "ingest", float(job))
        left.end(job, job + 1.0)
    for job in (13, 14):
        left.begin(job, "train", 13.0)
    return left


def test_nothing_is_said_before_a_training_has_ended():
    assert after_the_short_jobs().words(13.0) == ""


def test_what_is_left_goes_by_how_long_jobs_of_the_same_rule_took():
    left = after_the_short_jobs()
    left.end(13, 613.0)
    left.begin(15, "train", 613.0)
    left.end(14, 613.0)
    left.begin(16, "train", 613.0)
    # Four trainings of 600 s, two at a time, and a report of a second: 1,213 s of work were done in 613 s.
    assert left.words(613.0) == f"about {minutes((4 * 600 + 1) / (1213 / 613))}" == "about 20 min"


def test_a_training_that_was_not_timed_makes_it_the_least():
    left = after_the_short_jobs()
    left.plan({**PLANNED, "train_batch_mri_published_0": 3})
    left.end(13, 613.0)
    assert left.words(613.0).startswith("at least ")


def test_a_job_that_takes_longer_than_usual_says_that_those_to_come_may_too():
    left = after_the_short_jobs()
    left.end(13, 53.0)
    assert left.words(53.0) == "about 2 min"
    # Four of (40 + 600) / 2 s are to come.
    assert left.words(613.0) == "about 20 min"


def test_a_failed_job_is_not_timed():
    left = after_the_short_jobs()
    left.fail(13)
    assert left.words(14.0) == ""


@pytest.mark.parametrize(("seconds", "words"), [(40, "40 s"), (720, "12 min"), (12_600, "3.5 h")])
def test_a_time_is_said_as_people_say_it(seconds, words):
    assert minutes(seconds) == words
