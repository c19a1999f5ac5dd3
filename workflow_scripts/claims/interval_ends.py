"""Printed intervals against their numbers: `tables.printed_intervals`."""

from collections.abc import Iterator
from dataclasses import replace

from workflow_scripts.claims import as_tables
from workflow_scripts.claims.arithmetic.ways_of_writing import ROUNDED
from workflow_scripts.claims.granularity import possible
from workflow_scripts.claims.outcome import CONSISTENT, WEAK, Outcome
from workflow_scripts.claims.printed import numerators, shown
from workflow_scripts.claims.sizes import Sizes, by_place, groups, measured, printed_together
from workflow_scripts.claims.tables.printed_entries import Cell, Entry
from workflow_scripts.claims.tables.printed_intervals import of_cell
from workflow_scripts.contracts.claims import Claim, Published

NAME = "intervals"
# Metrics that are a share of a whole number of samples.
_SHARES = ("accuracy", "sensitivity", "specificity")


def check(published: Published) -> Iterator[Outcome]:
    """A number lies in the interval that is printed with it; of k out of n, whether it is a usual one.

    Clopper-Pearson, Wilson, Wald, Agresti-Coull, Jeffreys and logit, with and without correction, at 95 %.
    Reference: L. D. Brown, T. T. Cai, A. DasGupta, Statistical Science 16(2):101-133 (2001), for the ways.
    """
    sizes = Sizes(published)
    for _, group in groups(measured(published), "study", "run", "subset", "class_name"):
        for here in by_place(group):
            entry = Entry(printed_together(here[0]), {}, {claim.id: _cell(claim, sizes) for claim in here})
            for claim in (claim for claim in here if claim.interval):
                findings = list(of_cell(as_tables.table([claim]), entry, entry.cells[claim.id]))
                yield from as_tables.outcomes(NAME, findings, [claim])
                if not findings:
                    why = f"{shown(claim)} lies in the interval that is printed with it."
                    yield Outcome(claim.id, NAME, CONSISTENT, why, strength=WEAK)


def _cell(claim: Claim, sizes: Sizes) -> Cell:
    """The number as a cell, with the right answers out of the samples where only one number of them is possible."""
    cell = as_tables.cell(claim)
    totals = possible(claim, sizes) if claim.interval and claim.metric in _SHARES else []
    right = numerators(claim, totals[0], ROUNDED) if len(totals) == 1 else []
    return replace(cell, value=replace(cell.value, fraction=(right[0], totals[0]))) if len(right) == 1 else cell
