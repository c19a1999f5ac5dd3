"""Settings of what comes before training: synthetic data, ingest, preprocessing, protocols."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from workflow_scripts.contracts.step_settings import (
    embed_settings,
    ingest_settings,
    preprocess_settings,
    split_settings,
    synthesise_settings,
)
from workflow_scripts.settings.base import block_of

if TYPE_CHECKING:
    from workflow_scripts.contracts.step_settings.embed_settings import Embedding
    from workflow_scripts.contracts.step_settings.ingest_settings import Ingest
    from workflow_scripts.contracts.step_settings.preprocess_settings import Preprocess
    from workflow_scripts.contracts.step_settings.split_settings import Holdout, KFold, SplitFile
    from workflow_scripts.contracts.step_settings.synthesise_settings import Synthetic
else:
    Embedding = block_of(embed_settings.Embedding)
    Synthetic = block_of(synthesise_settings.Synthetic)
    Ingest = block_of(ingest_settings.Ingest)
    Preprocess = block_of(preprocess_settings.Preprocess)
    Holdout = block_of(split_settings.Holdout)
    KFold = block_of(split_settings.KFold)
    SplitFile = block_of(split_settings.SplitFile)

Protocol = Annotated[Holdout | KFold | SplitFile, Field(discriminator="kind")]
