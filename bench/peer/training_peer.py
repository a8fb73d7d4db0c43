"""The training step of the peer: resize, forward, joint loss, backward, SGD, centre update."""

import copy
import time
from contextlib import nullcontext
from pathlib import Path

import torch
from case_files import read_batch
from joint_loss import LossConfig, joint_loss, momentum_sgd, updated_centers
from load_weights import load_model
from resgl_bdlstm import Outputs, Pathway

VARIANTS = ("pairwise", "shared", "channels_last", "bf16", "compile", "compile_bf16")
"""Each adds to the one before: pair-wise float32; global pathway once per ROI; channels-last; bf16 autocast.
The compile variants are torch.compile of channels_last and of bf16."""


class TrainingPeer:
    """Every `run` starts from the stored weights, so that the losses of all contenders can be compared."""

    def __init__(self, variant: str, directory: Path) -> None:
        batch = read_batch(directory)
        self.batch = batch.pairwise() if variant == "pairwise" else batch
        network = load_model(directory).train()
        if variant not in ("pairwise", "shared"):
            network = network.to(memory_format=torch.channels_last)
        self.network = network
        self.initial = copy.deepcopy(network.state_dict())
        self.bf16 = variant.endswith("bf16")
        if variant.startswith("compile"):
            # One pathway at a time: a guard on a submodule called `global` is no valid Python (torch 2.11).
            for pathway in network.modules():
                if isinstance(pathway, Pathway):
                    pathway.compile()
        self.config = LossConfig()
        self.last: Outputs | None = None

    def run(self, count: int) -> dict:
        self.network.load_state_dict(self.initial)
        optimizer = momentum_sgd(self.network)
        centers = torch.zeros(self.network.config.classes, self.network.config.feature_size)
        seconds, losses = [], []
        for _ in range(count):
            begin = time.perf_counter()
            optimizer.zero_grad(set_to_none=True)
            with torch.autocast("cpu", torch.bfloat16) if self.bf16 else nullcontext():
                outputs = self.network(self.batch.patch, self.batch.roi, self.batch.roi_of_patch)
            outputs = Outputs(*(part.float() if part is not None else None for part in outputs))
            loss = joint_loss(outputs, self.batch.target, centers, self.config)
            loss.total.backward()
            optimizer.step()
            centers = updated_centers(outputs.feature, self.batch.target, centers, self.config.alpha)
            losses.append(loss.total.item())
            seconds.append(time.perf_counter() - begin)
        return {"seconds": seconds, "losses": losses}
