"""Initial values of method section 3; the widths of the Gaussians are ours, the paper gives none."""

import torch

from resgl_bdlstm import ResGlBdLstm


@torch.no_grad()
def initialise(network: ResGlBdLstm, generator: torch.Generator) -> None:
    """Gaussian: convolutions of variance 2 / fan_out, linear and LSTM weights 1 / fan_in; biases 0, BN 1."""
    for name, parameter in network.named_parameters():
        if parameter.dim() == 4:
            fan_out = parameter.shape[0] * parameter.shape[2] * parameter.shape[3]
            parameter.normal_(0, (2 / fan_out) ** 0.5, generator=generator)
        elif parameter.dim() == 2:
            parameter.normal_(0, parameter.shape[1] ** -0.5, generator=generator)
        else:
            parameter.fill_(1 if name.endswith("weight") else 0)
