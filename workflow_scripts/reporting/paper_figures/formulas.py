"""Definitions of metrics as a figure."""

from workflow_scripts.drawing.saving import Drawn
from workflow_scripts.drawing.style import new_figure
from workflow_scripts.reporting.results import Results

# Of one class against all others: true and false positives and negatives.
METRICS = (
    ("Precision", r"$P = \frac{TP}{TP + FP}$"),
    ("Recall (sensitivity)", r"$R = \frac{TP}{TP + FN}$"),
    ("F1-score", r"$F_1 = 2 \cdot \frac{P \cdot R}{P + R}$"),
    ("Accuracy, two classes", r"$\frac{TP + TN}{TP + TN + FP + FN}$"),
    ("Accuracy, K classes", r"$\frac{1}{n} \sum_{k=1}^{K} TP_k$"),
    ("Macro average", r"$\frac{1}{K} \sum_{k=1}^{K} M_k$"),
)


def metrics(results: Results) -> Drawn:
    """The definitions that evaluation uses, two columns of them; they do not depend on the results."""
    rows = -(-len(METRICS) // 2)
    figure, axes = new_figure(7.4, 0.75 * rows)
    axes.axis("off")
    axes.set(xlim=(0, 2), ylim=(rows, 0))
    for number, (name, formula) in enumerate(METRICS):
        column, row = divmod(number, rows)
        axes.text(column + 0.02, row + 0.5, name, va="center", fontsize=9)
        axes.text(column + 0.48, row + 0.5, formula, va="center", fontsize=12, parse_math=True)
    return Drawn(figure)
