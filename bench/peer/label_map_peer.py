"""The label map of one lesion by the peer: class probabilities of every patch, in batches."""

import time
from contextlib import nullcontext
from pathlib import Path

import torch
from case_files import read_batch
from image_resize import resize
from load_weights import load_model
from resgl_bdlstm import BasicBlock, Pathway, ResGlBdLstm
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

VARIANTS = ("pairwise", "shared", "folded", "bf16", "compile", "compile_bf16")
"""Each adds to the one before: a ROI beside every patch; global features once; folded BN and channels-last;
bf16 autocast. The compile variants are torch.compile of folded and of bf16."""


class LabelMapPeer:
    """Batches of `batchSize` patches, all of one lesion."""

    def __init__(self, variant: str, directory: Path, batch_size: int) -> None:
        self.network = load_model(directory)
        self.batch = read_batch(directory)
        self.batch_size = batch_size
        self.pairwise = variant == "pairwise"
        self.bf16 = variant.endswith("bf16")
        if variant not in ("pairwise", "shared"):
            fold(self.network)
            self.network.to(memory_format=torch.channels_last)
        if variant.startswith("compile"):
            for pathway in self.network.modules():
                if isinstance(pathway, Pathway):
                    pathway.compile()

    @torch.inference_mode()
    def run(self, count: int) -> dict:
        seconds = []
        for _ in range(count):
            begin = time.perf_counter()
            with torch.autocast("cpu", torch.bfloat16) if self.bf16 else nullcontext():
                self.logits = self.label_pairs() if self.pairwise else self.label_shared()
            self.logits.float().softmax(1).argmax(1)
            seconds.append(time.perf_counter() - begin)
        return {"seconds": seconds}

    def label_pairs(self) -> Tensor:
        """As a user would write it: a batch is patches and, beside each, its ROI."""
        parts = []
        for patch in self.batch.patch.split(self.batch_size):
            roi = self.batch.roi.expand(len(patch), -1, -1, -1)
            parts.append(self.network(patch, roi, torch.arange(len(patch))).last)
        return torch.cat(parts)

    def label_shared(self) -> Tensor:
        config = self.network.config
        once = self.network.branch_features("global", resize(self.batch.roi, config.roiInput))
        parts = []
        for patch in self.batch.patch.split(self.batch_size):
            local = self.network.branch_features("local", resize(patch, config.patchInput))
            feature = self.network.feature(local, once.expand(len(patch), -1, -1))
            parts.append(self.network.fc(feature))
        return torch.cat(parts)

    def outputs(self) -> dict:
        return {"logits": self.logits.float().flatten().tolist()}


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
