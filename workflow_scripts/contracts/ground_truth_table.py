"""Both truth.csv: the ground truth of synthetic data, and a study's own: what the steps recovered of it."""

from workflow_scripts.contracts.tables import Table

# In a folder of synthetic data: masks of the ground truth, under the names of the files. Hidden from readers of images.
MASKS = ".truth"

# Values of the mask of a whole slide. A fold is tissue, and so is what tells the class; where ink or padding covers
# tissue, the mask holds what covers it.
GLASS, TISSUE, PEN, PADDING, FOLD, CLASS_SIGN = range(6)
TISSUE_VALUES = (TISSUE, FOLD, CLASS_SIGN)

# truth.csv of a folder of synthetic data: a line per sample, its ground truth. defect: of a copy or broken file,
# which; copy_of: id of the original, or empty. Further columns: what the generator varied.
SAMPLE_TRUTH = Table(
    "ground truth of samples",
    {
        "id": "str",
        "path": "str",
        "label": "str",
        "group": "str",
        "field": "str",
        "defect": "str",
        "copy_of": "str",
    },
    open=True,
    key=("id",),
)

# what: masks, tissue (of whole slides), duplicates, gradcam, refused (patients with a planted fault); part: the kind of
# mask, the slide (MEAN: of all of them), or the branch of a network; measure: dice, precision, recall, energy (share of
# a map's sum inside the true region). chance: what knowing nothing would give; untrained: what the same network with
# random weights gives; both empty where there is no such number. n: images, slides, patients, pairs or maps behind it.
MEAN = "mean"
TRUTH = Table(
    "truth",
    {
        "what": "str",
        "protocol": "str",
        "run": "str",
        "part": "str",
        "measure": "str",
        "value": "float",
        "chance": "float",
        "untrained": "float",
        "n": "int",
    },
    key=("what", "protocol", "run", "part", "measure"),
)
