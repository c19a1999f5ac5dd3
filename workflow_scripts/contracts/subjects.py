"""What the classes of a study are told by in its pictures (setting `subject`) → how a caption calls it."""

SUBJECTS = {
    "cell": "the cell",
    "lesion": "the lesion",
    "cervix": "the cervix",
    "tissue": "the tissue",
    "visit": "what the visit's pictures show",
    "image": "what tells the classes apart",
}
