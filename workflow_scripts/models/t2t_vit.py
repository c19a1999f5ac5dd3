"""T2T-ViT-14 (Yuan et al., ICCV 2021, arXiv:2101.11986), the variant whose tokens are made by Performers.

Three soft splits turn an image into tokens of overlapping patches, with a Performer between two of them (section 3.1,
figure 3); a deep and narrow vision transformer follows (section 3.2, table 2 there: 14 layers, width 384, MLP 1152).
"""

import math

import torch
from torch import nn

from workflow_scripts.models import compat  # noqa: F401  (before timm)
from workflow_scripts.models.input_shape import InputShape, require_colour, side_of
from workflow_scripts.runtime.errors import UserError

# Side, stride and padding of each soft split: neighbouring patches overlap (section 3.1).
SPLITS = ((7, 4, 2), (3, 2, 1), (3, 2, 1))
STRIDE = 16
TOKEN_WIDTH = 64
WIDTH, LAYERS, HEADS, MLP_RATIO = 384, 14, 6, 3.0
EPSILON = 1e-8


class Performer(nn.Module):
    """One transformer layer whose attention is linear in the number of tokens, by random features.

    FAVOR+ of Choromanski et al., ICLR 2021, sections 2.3 and 2.4: positive features, orthogonal directions of length
    √d. It changes the width of the tokens, so its first residual starts from the values, not from the input.
    """

    directions: torch.Tensor

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(inputs)
        self.projections = nn.Linear(inputs, 3 * width)
        self.output = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Linear(width, width))
        directions = nn.init.orthogonal_(torch.empty(width // 2, width)) * math.sqrt(width)
        self.register_buffer("directions", directions)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """B×T×inputs → B×T×width."""
        keys, queries, values = self.projections(self.norm1(tokens)).chunk(3, dim=2)
        tokens = values + self.output(self._attention(queries, keys, values))
        return tokens + self.mlp(self.norm2(tokens))

    def _attention(self, queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        # A factor that a query's features, or all keys' features, share cancels in the quotient: the largest exponent
        # is taken out of either, or they would overflow.
        queries, keys = self._exponents(queries), self._exponents(keys)
        queries = torch.exp(queries - queries.amax(dim=2, keepdim=True).detach())
        keys = torch.exp(keys - keys.amax(dim=(1, 2), keepdim=True).detach())
        sums = queries @ keys.sum(dim=1).unsqueeze(2)
        return queries @ (keys.transpose(1, 2) @ values) / (sums + EPSILON)

    def _exponents(self, vectors: torch.Tensor) -> torch.Tensor:
        vectors = vectors / vectors.shape[2] ** 0.25
        return vectors @ self.directions.T - vectors.square().sum(dim=2, keepdim=True) / 2


class TokensToToken(nn.Module):
    """B×3×S×S images → B×T×384 tokens of overlapping patches; T = grid², one token about every 16 pixels."""

    def __init__(self, size: int) -> None:
        super().__init__()
        sides = []
        for kernel, stride, padding in SPLITS:
            size = (size + 2 * padding - kernel) // stride + 1
            sides.append(size)
        self.sides = sides
        self.grid_size = (size, size)
        self.splits = nn.ModuleList(
            nn.Unfold(kernel, stride=stride, padding=padding) for kernel, stride, padding in SPLITS
        )
        self.performers = nn.ModuleList(
            [Performer(3 * 7 * 7, TOKEN_WIDTH), Performer(TOKEN_WIDTH * 3 * 3, TOKEN_WIDTH)]
        )
        self.project = nn.Linear(TOKEN_WIDTH * 3 * 3, WIDTH)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """See the class."""
        for split, performer, side in zip(self.splits, self.performers, self.sides, strict=False):
            tokens = performer(split(images).transpose(1, 2))
            images = tokens.transpose(1, 2).reshape(tokens.shape[0], -1, side, side)
        return self.project(self.splits[-1](images).transpose(1, 2))


class T2TViT(nn.Module):
    """Tokens, a class token and fixed sinusoidal positions, 14 transformer layers, the class token's classifier.

    `patch_embed`, `blocks` and `num_prefix_tokens` are named as in timm's vision transformers.
    """

    classifier_names = ("head",)
    num_prefix_tokens = 1
    positions: torch.Tensor

    def __init__(self, classes: int, size: int) -> None:
        from timm.models.vision_transformer import Block

        super().__init__()
        self.patch_embed = TokensToToken(size)
        self.class_token = nn.Parameter(torch.zeros(1, 1, WIDTH))
        tokens = self.patch_embed.grid_size[0] * self.patch_embed.grid_size[1]
        self.register_buffer("positions", sinusoids(tokens + 1, WIDTH), persistent=False)
        self.blocks = nn.Sequential(*(Block(WIDTH, HEADS, MLP_RATIO) for _ in range(LAYERS)))
        self.norm = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, classes) if classes else nn.Identity()
        nn.init.trunc_normal_(self.class_token, std=0.02)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """B×3×S×S images → B×K logits, or B×384 features without classifier."""
        tokens = self.patch_embed(images)
        tokens = torch.cat([self.class_token.expand(tokens.shape[0], -1, -1), tokens], dim=1) + self.positions
        return self.head(self.norm(self.blocks(tokens))[:, 0])


def sinusoids(count: int, width: int) -> torch.Tensor:
    """1×count×width positions: sines in even, cosines in odd places (Vaswani et al., NeurIPS 2017, section 3.5)."""
    positions = torch.arange(count, dtype=torch.float64).unsqueeze(1)
    angles = positions / 10000 ** (torch.arange(0, width, 2, dtype=torch.float64) / width)
    return torch.stack([angles.sin(), angles.cos()], dim=2).reshape(1, count, width).float()


def make(classes: int, shape: InputShape) -> T2TViT:
    """The network for `classes` (0: features) and square colour images; UserError for others, and without a token."""
    require_colour("t2t_vit_14", shape)
    size = side_of("t2t_vit_14", shape)
    if size < STRIDE:
        raise UserError(
            f"model 't2t_vit_14' makes a token of about {STRIDE} pixels, images of {size} give none; set "
            f"preprocess.size to at least {STRIDE}"
        )
    return T2TViT(classes, size)
