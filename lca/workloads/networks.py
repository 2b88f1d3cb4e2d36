"""The networks of the reference workloads. Importing this module imports torch: do it inside a function.

They are plain: no operation in place, no parameter outside a module, no shape computed from a channel count, so that
channels can be cut out of them and torch.export can follow them. The module `head`, where there is one, is what a
task alone decides.
"""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, arange, cat, nn


class Residual(nn.Module):
    """Image to class scores: stages of basic blocks with skip connections, each stage half as fine and twice as wide.

    K. He, X. Zhang, S. Ren, J. Sun: Deep Residual Learning for Image Recognition, CVPR 2016, with a 3 × 3 first
    convolution of stride 2.
    """

    def __init__(self, channels: tuple[int, ...], blocks: int, classes: int) -> None:
        super().__init__()
        self.stem = _convolution(3, channels[0], stride=2)
        stages = list[nn.Module]()
        for index, width in enumerate(channels):
            before = channels[max(index - 1, 0)]
            stages.append(_ResidualBlock(before, width, 1 if index == 0 else 2))
            stages.extend(_ResidualBlock(width, width) for _ in range(blocks - 1))
        self.stages = nn.Sequential(*stages)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flat = nn.Flatten()
        self.head = nn.Linear(channels[-1], classes)

    def forward(self, images: Tensor) -> Tensor:
        """(images, 3, height, width) to scores (images, classes)."""
        scores: Tensor = self.head(self.flat(self.pool(self.stages(self.stem(images)))))
        return scores


class UNet(nn.Module):
    """Image to class scores of every pixel: down by pooling, up again, with the maps of the way down put beside.

    O. Ronneberger, P. Fischer, T. Brox: U-Net, MICCAI 2015, with padding, normalisation and nearest-neighbour
    enlarging. Sides must divide by 2 once per level below the first.
    """

    def __init__(self, channels: tuple[int, ...], classes: int) -> None:
        super().__init__()
        before = (3, *channels[:-1])
        self.down = nn.ModuleList(
            nn.Sequential(_convolution(there, here), _convolution(here, here))
            for there, here in zip(before, channels, strict=True)
        )
        self.pool = nn.MaxPool2d(2)
        self.enlarge = nn.Upsample(scale_factor=2, mode="nearest")
        self.up = nn.ModuleList(
            nn.Sequential(_convolution(below + beside, beside), _convolution(beside, beside))
            for below, beside in zip(channels[:0:-1], channels[-2::-1], strict=True)
        )
        self.head = nn.Conv2d(channels[0], classes, 1)

    def forward(self, images: Tensor) -> Tensor:
        """(images, 3, height, width) to scores (images, classes, height, width)."""
        maps, beside = images, list[Tensor]()
        for index, level in enumerate(self.down):
            maps = level(maps if index == 0 else self.pool(maps))
            beside.append(maps)
        for level, finer in zip(self.up, beside[-2::-1], strict=True):
            maps = level(cat([finer, self.enlarge(maps)], dim=1))
        scores: Tensor = self.head(maps)
        return scores


class Detector(nn.Module):
    """Image to a grid: per cell the score of each class and four numbers for a box.

    One look without anchors, after Z. Tian, C. Shen, H. Chen, T. He: FCOS, ICCV 2019, with one level of features.
    The cells are 8 pixels wide, or `2 ** len(channels)`.
    """

    def __init__(self, channels: tuple[int, ...], blocks: int, classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [_convolution(3, channels[0], stride=2)]
        for before, width in pairwise(channels):
            layers.append(_ResidualBlock(before, width, 2))
        layers.extend(_ResidualBlock(channels[-1], channels[-1]) for _ in range(blocks))
        self.features = nn.Sequential(*layers)
        self.head = nn.Conv2d(channels[-1], classes + 4, 1)

    def forward(self, images: Tensor) -> Tensor:
        """(images, 3, height, width) to (images, classes + 4, height / cell, width / cell)."""
        cells: Tensor = self.head(self.features(images))
        return cells


class Transformer(nn.Module):
    """Tokens to the scores of each next one, which see only what is before it.

    A. Vaswani et al., Attention Is All You Need, NeurIPS 2017, with normalisation before each part. `width` divides by
    `heads`.
    """

    def __init__(self, tokens: int, context: int, width: int, blocks: int, heads: int) -> None:
        super().__init__()
        self.token = nn.Embedding(tokens, width)
        self.place = nn.Embedding(context, width)
        self.register_buffer("places", arange(context))
        self.blocks = nn.Sequential(*(_AttentionBlock(width, heads) for _ in range(blocks)))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, tokens)

    def forward(self, sequences: Tensor) -> Tensor:
        """(sequences, length) to scores (sequences, tokens, length)."""
        places: Tensor = self.place(self.places)
        length = sequences.shape[1]
        scores: Tensor = self.head(self.norm(self.blocks(self.token(sequences) + places[:length])))
        return scores.transpose(1, 2)


class _AttentionBlock(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.before_attention, self.before_dense = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.out = nn.Linear(width, width)
        self.dense = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, states: Tensor) -> Tensor:
        normal = self.before_attention(states)
        query, key, value = (
            part(normal).unflatten(2, (self.heads, -1)).transpose(1, 2) for part in (self.query, self.key, self.value)
        )
        attended = nn.functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        states = states + self.out(attended.transpose(1, 2).flatten(2))
        summed: Tensor = states + self.dense(self.before_dense(states))
        return summed


class _ResidualBlock(nn.Module):
    def __init__(self, before: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.first = _convolution(before, width, stride)
        self.second = _convolution(width, width, active=False)
        same = before == width and stride == 1
        self.skip = nn.Identity() if same else _convolution(before, width, stride, size=1, active=False)
        self.active = nn.ReLU()

    def forward(self, maps: Tensor) -> Tensor:
        summed: Tensor = self.active(self.second(self.first(maps)) + self.skip(maps))
        return summed


def _convolution(before: int, width: int, stride: int = 1, size: int = 3, active: bool = True) -> nn.Sequential:
    layers: list[nn.Module] = [
        nn.Conv2d(before, width, size, stride=stride, padding=size // 2, bias=False),
        nn.BatchNorm2d(width),
    ]
    return nn.Sequential(*layers, nn.ReLU()) if active else nn.Sequential(*layers)
