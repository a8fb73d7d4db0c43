"""What a parity record holds, computed by PyTorch in float64: the one definition for writer and replay.

A record is a safetensors file of float64 tensors (indices int64):
  input.patch [B, P, 7, 7], input.roi [R, P, h, w]   intensities in [-1, 1], not yet resized
  input.roi_of_patch [B], input.target [B], input.centers [K, F]   centres before the first step
  resized.patch.first [1, P, s, s]   the first patch at the local input size
  resized.roi.row64 [R, P, S]        row S / 2 (64) of every ROI at the global input size
  init.*        the whole state before the first step
  eval.*        outputs in evaluation mode of that state: last, local, global (logits) and feature
  train.*       outputs of the first training step's forward pass
  grad.*        gradients of the joint loss in that step, without weight decay
  after1.*      running statistics and centres after one step
  after3.*      the whole state and centres after three steps on the same batch
  losses [3, 3] a row for each step: total, inter, intra (unweighted)
Metadata, all strings: n, widths (JSON), hidden, phases, classes, lambda, alpha, learning_rate, momentum,
weight_decay, torch; and shortcut, readout, pathways, phaseFusion, directions where not the default.
With one pathway there are no train.local, eval.local and so on, and the inter-loss is L_last.
"""

import json

import torch
from torch import Tensor

from image_resize import resize
from joint_loss import LossConfig, joint_loss, momentum_sgd, updated_centers
from resgl_bdlstm import NetworkConfig, Outputs, ResGlBdLstm

VARIANT_KEYS = ("shortcut", "readout", "pathways", "phaseFusion", "directions")


def network_of(metadata: dict[str, str]) -> ResGlBdLstm:
    """The network, in float64, that a record's metadata describe."""
    config = NetworkConfig(
        phases=int(metadata["phases"]),
        classes=int(metadata["classes"]),
        depth=int(metadata["n"]),
        widths=tuple(json.loads(metadata["widths"])),
        hiddenSize=int(metadata["hidden"]),
        **{key: metadata[key] for key in VARIANT_KEYS if key in metadata},
    )
    return ResGlBdLstm(config).double()


def named(prefix: str, outputs: Outputs) -> dict[str, Tensor]:
    parts = {"last": outputs.last, "local": outputs.local, "global": outputs.global_}
    parts["feature"] = outputs.feature
    return {f"{prefix}.{name}": part.detach().clone() for name, part in parts.items() if part is not None}


def state(prefix: str, network: ResGlBdLstm, statistics_only: bool = False) -> dict[str, Tensor]:
    return {
        f"{prefix}.{name}": tensor.detach().clone()
        for name, tensor in network.state_dict().items()
        if not statistics_only or "running_" in name
    }


def compute(network: ResGlBdLstm, inputs: dict[str, Tensor], metadata: dict[str, str]) -> dict[str, Tensor]:
    """Everything but `input.*`, from the network's present state; the network is trained three steps."""
    config = network.config
    batch = (inputs["input.patch"], inputs["input.roi"], inputs["input.roi_of_patch"])
    target = inputs["input.target"]
    centers = inputs["input.centers"]
    loss_config = LossConfig(
        last=0.5 if config.pathways == "both" else 1.0,
        lambda_=float(metadata["lambda"]),
        alpha=float(metadata["alpha"]),
    )
    optimizer = momentum_sgd(
        network,
        float(metadata["learning_rate"]),
        float(metadata["momentum"]),
        float(metadata["weight_decay"]),
    )
    record = state("init", network)
    record["resized.patch.first"] = resize(batch[0][:1], config.patchInput)
    record["resized.roi.row64"] = resize(batch[1], config.roiInput)[:, :, config.roiInput // 2]
    with torch.no_grad():
        record |= named("eval", network.eval()(*batch))

    losses = []
    network.train()
    for step in range(1, 4):
        optimizer.zero_grad()
        outputs = network(*batch)
        loss = joint_loss(outputs, target, centers, loss_config)
        loss.total.backward()
        if step == 1:
            record |= named("train", outputs)
            for name, parameter in network.named_parameters():
                record[f"grad.{name}"] = parameter.grad.detach().clone()
        optimizer.step()
        centers = updated_centers(outputs.feature, target, centers, loss_config.alpha)
        if step == 1:
            record |= state("after1", network, statistics_only=True)
            record["after1.centers"] = centers
        losses.append(torch.stack(list(loss)).detach())
    record |= state("after3", network)
    record["after3.centers"] = centers
    record["losses"] = torch.stack(losses)
    return record
