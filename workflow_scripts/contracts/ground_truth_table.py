"""Both truth.csv: what was planted in made data, and a study's own: what the steps found of it."""

from workflow_scripts.contracts.tables import Table

# In a folder of made data: masks of what was planted, under the names of the files. Hidden from readers of images.
MASKS = ".truth"

# truth.csv of a folder of made data: a line per sample, what was planted and where. copy_of: id of the original, or
# empty. Further columns: what the generator planted.
PLANTED = Table(
    "planted samples",
    {
        "id": "str",
        "path": "str",
        "label": "str",
        "group": "str",
        "field": "str",
        "planted": "str",
        "copy_of": "str",
    },
    open=True,
    key=("id",),
)

# what: masks, duplicates, gradcam; part: the kind of mask, or the branch of a network; measure: dice, precision,
# recall, energy (share of a map's sum inside the planted region). chance: what knowing nothing would give; untrained:
# what the same network with random weights gives; both empty where there is no such number. n: images, pairs or maps
# behind it.
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
