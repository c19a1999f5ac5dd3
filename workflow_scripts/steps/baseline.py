"""Predict without a network, from numbers that should not tell the classes apart.

In: the packed pixels, the manifest, a fold of a split. Done: features of every sample, scaled and classified by
logistic regression (scikit-learn, ridge penalty, C = 1) fitted on the training subset alone. Out, in --out:
predictions.csv, units.csv, ledger.json and, last, record.json.
"""

import argparse

from workflow_scripts.contracts.record import input_digests, ledger, make_record, write_record
from workflow_scripts.contracts.run_tables import class_columns, write_run_tables
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.files import digest_file

ITERATIONS = 5000


def arguments() -> argparse.Namespace:
    """Command line of this step."""
    return entry.fold_parser(__doc__, "--out", device=False, masks=False).parse_args()


def main(args: argparse.Namespace) -> None:
    """Run the step; see the module's docstring."""
    with ledger(args.out / "ledger.json") as cost:
        cost.update(_fit_and_predict(args))
    inputs = entry.fold_inputs(args)
    outputs = {name: digest_file(args.out / name) for name in ("predictions.csv", "units.csv")}
    digests = input_digests(args.dataset.parent, inputs)
    write_record(args.out / "record.json", make_record(args.settings, args.code, digests, outputs=outputs))


def _fit_and_predict(args: argparse.Namespace) -> dict:
    """Write the tables; returns what predicting cost."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from workflow_scripts.baselines import simple_features
    from workflow_scripts.contracts.arrays import open_arrays
    from workflow_scripts.contracts.dataset import read_manifest
    from workflow_scripts.data.fold_samples import read_fold

    settings = args.settings
    classes, samples = read_fold(args.dataset, args.arrays, args.split, settings["fold"])
    manifest = read_manifest(args.dataset).set_index("id").loc[samples["id"]]
    values = simple_features.table(
        settings["spec"]["features"], open_arrays(args.arrays), samples["first"].to_numpy(), manifest
    )
    training = (samples["subset"] == "train").to_numpy()
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=ITERATIONS))
    model.fit(values[training], samples.loc[training, "label"])
    table = samples[~training].assign(fold=settings["fold"])
    found = model.predict_proba(values[~training])
    columns = class_columns(classes)
    table[columns] = 0.0  # a class without training samples is never predicted
    table[class_columns(model.classes_)] = found
    write_run_tables(args.out, table, classes, settings["aggregate"])
    entry.log.info(
        "%s: %d numbers a sample (%s), fitted on %d samples",
        settings["run"],
        values.shape[1],
        ", ".join(settings["spec"]["features"]),
        int(np.sum(training)),
    )
    return {"device": "cpu", "features": int(values.shape[1])}


if __name__ == "__main__":
    entry.run(main, arguments())
