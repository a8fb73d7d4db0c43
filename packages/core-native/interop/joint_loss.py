"""Joint loss, centre update and optimizer (method: Eq. 2-5 of the paper with its errata corrected)."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from resgl_bdlstm import Outputs, ResGlBdLstm


@dataclass(frozen=True)
class LossConfig:
    """Weights of the cross-entropies, of the intra-loss (lambda) and of the centres' step (alpha)."""

    last: float = 0.5
    local: float = 0.25
    global_: float = 0.25
    lambda_: float = 0.1
    alpha: float = 0.2
    intra_reduction: str = "sum"


class JointLoss(NamedTuple):
    """total = inter + lambda * intra; inter is Eq. 2, intra is Eq. 4, each a scalar."""

    total: Tensor
    inter: Tensor
    intra: Tensor


def joint_loss(outputs: Outputs, target: Tensor, centers: Tensor, config: LossConfig) -> JointLoss:
    """Eq. 2-4: mean cross-entropies of the heads and half the squared distance to the centres [K, F]."""
    inter = config.last * F.cross_entropy(outputs.last, target)
    if outputs.local is not None and outputs.global_ is not None:
        inter = inter + config.local * F.cross_entropy(outputs.local, target)
        inter = inter + config.global_ * F.cross_entropy(outputs.global_, target)
    intra = 0.5 * (outputs.feature - centers.index_select(0, target)).square().sum()
    if config.intra_reduction == "mean":
        intra = intra / target.shape[0]
    return JointLoss(inter + config.lambda_ * intra, inter, intra)


@torch.no_grad()
def updated_centers(feature: Tensor, target: Tensor, centers: Tensor, alpha: float) -> Tensor:
    """Eq. 5 with its sign corrected: c_j + alpha * sum_i [y_i = j](f_i - c_j) / (1 + n_j)."""
    member = F.one_hot(target, centers.shape[0]).to(feature.dtype)
    count = member.sum(0).unsqueeze(1)
    return centers + alpha * (member.t() @ feature - count * centers) / (1 + count)


def momentum_sgd(
    network: ResGlBdLstm, rate: float = 0.01, momentum: float = 0.9, decay: float = 4e-5
) -> torch.optim.SGD:
    """SGD with momentum and coupled L2 on every parameter, BN and biases included."""
    return torch.optim.SGD(network.parameters(), lr=rate, momentum=momentum, weight_decay=decay)
