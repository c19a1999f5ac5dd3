"""Means and shares that an innocent reading explains, and the same altered."""

from made_tables import altered, outcomes, paper_of, reading


def test_a_share_of_a_total_may_be_of_those_who_have_a_value():
    shares = {"Total": "200", "HPV": "120 (60.0)", "Smoker": "40 (20.2)", "CIN1": "50 (25.0)", "CIN2": "31 (15.5)"}
    rows = {name: {"patients": text} for name, text in {**shares, "CIN3": "22 (11.0)", "Pregnant": "7 (3.5)"}.items()}
    assert "no value" in reading(paper_of(rows, key="row"), "shares of counts")
    below = {**rows, "Smoker": {"patients": "40 (17.2)"}}
    assert outcomes(paper_of(below, key="row"), "shares of counts") == [("contradiction", "Smoker", "patients")]


def test_the_average_of_readers_may_have_the_precision_of_all_answers_together():
    rows = {
        "A": {"sensitivity": "96.2", "specificity": "60.3", "precision": "61.7"},
        "B": {"sensitivity": "78.8", "specificity": "94.9", "precision": "91.1"},
        "C": {"sensitivity": "82.7", "specificity": "84.6", "precision": "78.2"},
        "D": {"sensitivity": "96.2", "specificity": "73.1", "precision": "70.4"},
        "Average": {"sensitivity": "88.5", "specificity": "78.2", "precision": "73.0"},
    }
    paper = paper_of(rows, "who", unit="percent", average="two classes")
    assert "all answers together" in reading(paper, "means of rows")
    wrong = altered(paper, "Average", "precision", "78.9")
    assert outcomes(wrong, "means of rows") == [("contradiction", "Average", "precision")]
