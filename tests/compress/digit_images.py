"""The handwritten digits that scikit-learn ships, to train and to test with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn


class Digits(NamedTuple):
    """Images (items, 1, 8, 8) and labels; every fifth one is for the test."""

    images: Tensor
    labels: Tensor
    test_images: Tensor
    test_labels: Tensor

    @classmethod
    def load(cls) -> Digits:
        loaded = load_digits()
        images = torch.tensor(loaded.images, dtype=torch.float32).unsqueeze(1) / 16
        labels = torch.tensor(loaded.target)
        test = torch.arange(len(labels)) % 5 == 4
        return cls(images[~test], labels[~test], images[test], labels[test])

    def batches(self, epochs: int, seed: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        shuffle = torch.Generator().manual_seed(seed)
        for _ in range(epochs):
            for batch in torch.randperm(len(self.labels), generator=shuffle).split(32):
                yield self.images[batch], self.labels[batch]

    def train(self, model: nn.Module, epochs: int) -> None:
        optimiser = torch.optim.Adam(model.parameters(), lr=2e-3)
        for images, labels in self.batches(epochs):
            optimiser.zero_grad()
            nn.functional.cross_entropy(model(images), labels).backward()
            optimiser.step()

    def accuracy(self, model: nn.Module) -> float:
        with torch.no_grad():
            return float((model(self.test_images).argmax(1) == self.test_labels).float().mean())
