"""Whose labels a run asks for, in words: of a strategy that is the control, and of those that choose."""

RANDOM = "random"
STRATEGY_WORDS = {
    RANDOM: "labels at random",
    "uncertainty": "the labels it is least sure of",
    "bald": "the labels that passes with dropout disagree about most (BALD)",
    "diverse": "labels that it is unsure of and that differ from each other (k-means++ on gradients)",
}
