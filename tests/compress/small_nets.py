"""Small networks of the kinds that are compressed: plain, with skips, with concatenations, with several outputs."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn


def digits() -> nn.Sequential:
    """1 × 8 × 8 → 10 classes, of convolutions and dense layers in a row."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(512, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
    )


class Block(nn.Module):
    """Two convolutions around which the input skips, through a projection where the shapes differ."""

    def __init__(self, channels: int, out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(out)
        self.skip = nn.Sequential()
        if stride > 1 or channels != out:
            self.skip = nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x: Tensor) -> Tensor:
        inner = torch.relu(self.norm1(self.conv1(x)))
        return torch.relu(self.norm2(self.conv2(inner)) + self.skip(x))


class ResNet(nn.Module):
    """3 × 16 × 16 → 5 classes."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 1, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        self.blocks = nn.Sequential(Block(8, 8, 1), Block(8, 16, 2), Block(16, 16, 1))
        self.classify = nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.classify(self.blocks(self.stem(x)).mean((2, 3)))


def double(channels: int, out: int) -> nn.Sequential:
    """Two convolutions with batch normalisation."""
    return nn.Sequential(
        nn.Conv2d(channels, out, 3, padding=1),
        nn.BatchNorm2d(out),
        nn.ReLU(inplace=True),
        nn.Conv2d(out, out, 3, padding=1),
        nn.BatchNorm2d(out),
        nn.ReLU(inplace=True),
    )


class UNet(nn.Module):
    """3 × 16 × 16 → a map of 2 classes; the encoder's features are concatenated to the decoder's."""

    def __init__(self) -> None:
        super().__init__()
        self.down1, self.down2, self.bottom = double(3, 8), double(8, 16), double(16, 32)
        self.pool = nn.MaxPool2d(2)
        self.rise2, self.up2 = nn.ConvTranspose2d(32, 16, 2, 2), double(32, 16)
        self.rise1, self.up1 = nn.ConvTranspose2d(16, 8, 2, 2), double(16, 8)
        self.classify = nn.Conv2d(8, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        first = self.down1(x)
        second = self.down2(self.pool(first))
        y = self.up2(torch.cat([self.rise2(self.bottom(self.pool(second))), second], 1))
        return self.classify(self.up1(torch.cat([self.rise1(y), first], 1)))


class Detector(nn.Module):
    """3 × 16 × 16 → classes and boxes of all anchors, from two scales as in SSD."""

    classes, anchors = 3, 2

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = double(3, 8), double(8, 16)
        self.pool = nn.MaxPool2d(2)
        each = self.anchors * self.classes
        self.classes1, self.classes2 = nn.Conv2d(8, each, 3, padding=1), nn.Conv2d(16, each, 3, padding=1)
        self.boxes1 = nn.Conv2d(8, 4 * self.anchors, 3, padding=1)
        self.boxes2 = nn.Conv2d(16, 4 * self.anchors, 3, padding=1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        large = self.pool(self.first(x))
        small = self.pool(self.second(large))
        classes = [self.rows(self.classes1(large), self.classes), self.rows(self.classes2(small), self.classes)]
        boxes = [self.rows(self.boxes1(large), 4), self.rows(self.boxes2(small), 4)]
        return torch.cat(classes, 1), torch.cat(boxes, 1)

    @staticmethod
    def rows(maps: Tensor, width: int) -> Tensor:
        return maps.permute(0, 2, 3, 1).reshape(len(maps), -1, width)


NETS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "digits": (digits, (1, 8, 8)),
    "resnet": (ResNet, (3, 16, 16)),
    "unet": (UNet, (3, 16, 16)),
    "detector": (Detector, (3, 16, 16)),
}
"""A network and the shape of one item that it takes."""


def made(name: str, seed: int = 0, batch: int = 4) -> tuple[nn.Module, Tensor]:
    """The network in eval mode, its batch normalisation having seen data, and a batch for it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        make, shape = NETS[name]
        model = make()
        for _ in range(3):
            model(torch.randn(8, *shape))
        return model.eval(), torch.randn(batch, *shape)
