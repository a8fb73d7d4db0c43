"""The training step of the peer: resize, forward, joint loss, backward, SGD, centre update."""

import copy
from pathlib import Path

import torch
from case_files import Batch, read_batch
from clock import Clock
from joint_loss import LossConfig, joint_loss, momentum_sgd, updated_centers
from load_weights import load_model
from resgl_bdlstm import Outputs
from torch import Tensor
from variants import Variant


class TrainingPeer:
    """Every `run` starts from the stored weights, so that the losses of all contenders can be compared."""

    def __init__(self, variant: str, directory: Path, device: str) -> None:
        self.variant = Variant.named(variant)
        self.variant.set_arithmetic()
        self.device = device
        batch = read_batch(directory)
        batch = batch.pairwise() if self.variant.pairwise else batch
        self.batch = Batch(*(part.to(device) for part in vars(batch).values()))
        network = load_model(directory).train().to(device)
        # On the CPU the compiler chooses layouts itself; with channels-last weights its bf16 code fails its own check of strides (torch 2.11).
        chosen_by_compiler = self.variant.compiled and device == "cpu"
        if self.variant.channels_last and not chosen_by_compiler:
            network = network.to(memory_format=torch.channels_last)
        self.network = network
        self.variant.compile(network, device)
        self.initial = copy.deepcopy(network.state_dict())
        self.config = LossConfig()

    def run(self, count: int) -> dict:
        self.network.load_state_dict(self.initial)
        self.optimizer = momentum_sgd(self.network)
        if self.device != "cpu":
            self.optimizer.param_groups[0].update(fused=True, foreach=False)
        width = self.network.config.feature_size
        self.centers = torch.zeros(self.network.config.classes, width, device=self.device)
        clock = Clock(self.device)
        losses, marks = [], [clock.mark()]
        for _ in range(count):
            losses.append(self.step())
            marks.append(clock.mark())
        # On a GPU nothing waits for a loss before all steps are under way.
        seconds = clock.seconds(marks)
        return {"seconds": seconds, "losses": [loss.item() for loss in losses]}

    def step(self) -> Tensor:
        if self.variant.compiled:
            torch.compiler.cudagraph_mark_step_begin()
        self.optimizer.zero_grad(set_to_none=True)
        with self.variant.autocast(self.device):
            outputs = self.network(self.batch.patch, self.batch.roi, self.batch.roi_of_patch)
        outputs = Outputs(*(part.float() if part is not None else None for part in outputs))
        loss = joint_loss(outputs, self.batch.target, self.centers, self.config)
        loss.total.backward()
        self.optimizer.step()
        feature = outputs.feature.detach()
        self.centers = updated_centers(feature, self.batch.target, self.centers, self.config.alpha)
        return loss.total.detach().clone()
