"""Which modality the samples must be of that a feature is taken of, see simple_features; imports nothing."""

MODALITIES = {"rim": "image", "colour": "image", "size": "image", "stained": "image"}
