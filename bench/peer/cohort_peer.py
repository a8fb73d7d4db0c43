"""Label maps of a whole cohort by the peer: from the lesions' images in memory to probabilities in memory."""

import time
from pathlib import Path

import torch
from label_map_peer import Labeller
from safetensors_file import read_safetensors
from torch import Tensor

WINDOW = (-70.0, 180.0)
"""HU of -1 and of +1."""


class CohortPeer:
    """Lesion by lesion. Pair-wise, which is slow, only every `stride`-th lesion is mapped."""

    def __init__(self, variant: str, directory: Path, batch_size: int, device: str, stride: int) -> None:
        self.labeller = Labeller(variant, directory, batch_size, device)
        tensors, _ = read_safetensors(directory / "cohort.safetensors")
        images = [tensors[f"lesion-{i}.image"] for i in range(len(tensors))]
        self.images = images[:: stride if self.labeller.variant.pairwise else 1]
        self.side = self.labeller.network.config.patchSize

    @torch.inference_mode()
    def run(self, count: int) -> dict:
        """Seconds of each repeat, per thousand patches."""
        seconds = []
        for _ in range(count):
            begin = time.perf_counter()
            # Results cross to the host at the end, once: nothing waits in between.
            probabilities = torch.cat([self.map(image) for image in self.images]).cpu()
            seconds.append(1000 * (time.perf_counter() - begin) / len(probabilities))
            self.first = probabilities[: self.patches_of(self.images[0])]
        return {"seconds": seconds}

    def map(self, image: Tensor) -> Tensor:
        lower, upper = WINDOW
        pixels = image.to(self.labeller.device, non_blocking=True).float()
        pixels = ((pixels - lower) / (upper - lower) * 2 - 1).clamp(-1, 1)
        grid = pixels.unfold(1, self.side, 1).unfold(2, self.side, 1)
        patches = grid.permute(1, 2, 0, 3, 4).flatten(0, 1)
        return self.labeller.logits(patches, pixels.unsqueeze(0)).float().softmax(1)

    def patches_of(self, image: Tensor) -> int:
        _, rows, columns = image.shape
        return (rows - self.side + 1) * (columns - self.side + 1)

    def outputs(self) -> dict:
        """Of the first lesion."""
        return {"logits": self.first.flatten().tolist()}
