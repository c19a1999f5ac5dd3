"""Which numbers of a visit a model sees, by the columns and the settings alone: no sample is looked at."""

from dataclasses import dataclass
from functools import cached_property

from workflow_scripts.contracts.step_settings.preprocess_settings import VisitPacking
from workflow_scripts.contracts.visit_columns import TIME, VisitColumn
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.wording import nearest


@dataclass(frozen=True)
class PreparedColumns:
    """The columns of an array of visits, and what is made of them.

    extra: sources of columns of the use on_request that are taken besides; UserError for one that is none of them.
    """

    columns: tuple[VisitColumn, ...]
    packing: VisitPacking
    extra: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        on_request = list(dict.fromkeys(column.source for column in self.columns if column.on_request))
        for name in self.extra:
            if name not in on_request:
                hint = nearest(name, on_request) if on_request else "there is none"
                raise UserError(f"{name!r} is no column of the use on_request (ingest.visits.columns); {hint}")

    @cached_property
    def taken(self) -> tuple[int, ...]:
        """Places of the columns of the array that are taken, in their order; the time comes first."""
        wanted = enumerate(self.columns)
        return tuple(position for position, column in wanted if not column.on_request or column.source in self.extra)

    @cached_property
    def kept(self) -> tuple[VisitColumn, ...]:
        """The columns that are taken."""
        return tuple(self.columns[position] for position in self.taken)

    @cached_property
    def sources(self) -> dict[str, int]:
        """Column of the user's table → the first of the taken columns that are of it; the time is none."""
        firsts: dict[str, int] = {}
        for position, column in enumerate(self.kept):
            if column.kind != TIME:
                firsts.setdefault(column.source, position)
        return firsts

    @property
    def names(self) -> tuple[str, ...]:
        """What a model sees of a visit, in this order: the columns, what is missing, years since it was measured."""
        indicators = [f"{source} missing" for source in self.sources] if self.packing.indicators else []
        elapsed = [f"{source} years ago" for source in self.sources] if self.packing.elapsed else []
        return (*(column.name for column in self.kept), *indicators, *elapsed)
