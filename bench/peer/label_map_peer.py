"""The label map of one lesion by the peer: class probabilities of every patch, in batches."""

from pathlib import Path

import torch
from case_files import read_batch
from clock import Clock
from image_resize import resize
from load_weights import load_model
from resgl_bdlstm import BasicBlock, Pathway, ResGlBdLstm
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
from variants import Variant


class Labeller:
    """The network of a variant on a device, for patches of one lesion at a time, `batch_size` at once."""

    def __init__(self, variant: str, directory: Path, batch_size: int, device: str) -> None:
        self.variant = Variant.named(variant)
        self.variant.set_arithmetic()
        self.device = device
        self.batch_size = batch_size
        self.network = load_model(directory).to(device)
        if self.variant.folded:
            fold(self.network)
            self.network.to(memory_format=torch.channels_last)
        if self.variant.compiled:
            for pathway in self.network.modules():
                if isinstance(pathway, Pathway):
                    pathway.compile()

    def logits(self, patches: Tensor, roi: Tensor) -> Tensor:
        """patches [n, P, 7, 7] and their roi [1, P, h, w], both in [-1, 1] on the device -> [n, K]."""
        with self.variant.autocast(self.device):
            if self.variant.pairwise:
                return self.label_pairs(patches, roi)
            return self.label_shared(patches, roi)

    def label_pairs(self, patches: Tensor, roi: Tensor) -> Tensor:
        """As a user would write it: a batch is patches and, beside each, its ROI."""
        parts = []
        for patch in patches.split(self.batch_size):
            beside = roi.expand(len(patch), -1, -1, -1)
            each = torch.arange(len(patch), device=self.device)
            parts.append(self.network(patch, beside, each).last)
        return torch.cat(parts)

    def label_shared(self, patches: Tensor, roi: Tensor) -> Tensor:
        config = self.network.config
        once = self.network.branch_features("global", resize(roi, config.roiInput))
        parts = []
        for patch in patches.split(self.batch_size):
            local = self.network.branch_features("local", resize(patch, config.patchInput))
            feature = self.network.feature(local, once.expand(len(patch), -1, -1))
            parts.append(self.network.fc(feature))
        return torch.cat(parts)


class LabelMapPeer:
    """All patches are of one lesion."""

    def __init__(self, variant: str, directory: Path, batch_size: int, device: str) -> None:
        self.labeller = Labeller(variant, directory, batch_size, device)
        batch = read_batch(directory)
        self.patch, self.roi = batch.patch.to(device), batch.roi.to(device)
        self.clock = Clock(device)

    @torch.inference_mode()
    def run(self, count: int) -> dict:
        marks = [self.clock.mark()]
        for _ in range(count):
            self.last = self.labeller.logits(self.patch, self.roi)
            self.last.float().softmax(1).argmax(1)
            marks.append(self.clock.mark())
        return {"seconds": self.clock.seconds(marks)}

    def outputs(self) -> dict:
        return {"logits": self.last.float().flatten().tolist()}


def fold(network: ResGlBdLstm) -> None:
    """Folds every BN into the convolution before it (evaluation mode only)."""
    for module in network.modules():
        if isinstance(module, Pathway):
            module.conv1, module.bn1 = fuse_conv_bn_eval(module.conv1, module.bn1), nn.Identity()
        elif isinstance(module, BasicBlock):
            module.conv1, module.bn1 = fuse_conv_bn_eval(module.conv1, module.bn1), nn.Identity()
            module.conv2, module.bn2 = fuse_conv_bn_eval(module.conv2, module.bn2), nn.Identity()
            if module.downsample is not None:
                module.downsample = fuse_conv_bn_eval(module.downsample[0], module.downsample[1])
