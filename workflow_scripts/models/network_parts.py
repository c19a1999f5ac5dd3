"""What this project notes of a network, whichever library it is of: its classifier, and the length of its output."""

from torch import nn

# Attributes that PyTorch's modules do not declare: of the libraries' networks they are set, of this package's declared.
_CLASSIFIER, _FEATURES = "classifier_names", "feature_count"
# As timm names them in its vision transformers.
_GRID, _PREFIX_TOKENS = "grid_size", "num_prefix_tokens"


def classifier_names(network: nn.Module) -> tuple[str, ...]:
    """Names of the modules that make up the classifier; none where the network gives features."""
    names: tuple[str, ...] = getattr(network, _CLASSIFIER)
    return names


def note_classifier(network: nn.Module, names: tuple[str, ...]) -> None:
    """Note which modules make up the classifier."""
    setattr(network, _CLASSIFIER, names)


def feature_count(network: nn.Module) -> int:
    """The length of the network's output, of one image."""
    count: int = getattr(network, _FEATURES)
    return count


def note_features(network: nn.Module, count: int) -> None:
    """Note the length of the network's output."""
    setattr(network, _FEATURES, count)


def token_grid(transformer: nn.Module) -> tuple[list[int], int]:
    """Rows and columns of a vision transformer's tokens, and how many tokens stand before those of the image."""
    rows, columns = getattr(transformer.patch_embed, _GRID)
    prefix_tokens: int = getattr(transformer, _PREFIX_TOKENS)
    return [rows, columns], prefix_tokens
