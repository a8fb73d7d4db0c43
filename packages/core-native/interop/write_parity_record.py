"""Writes a parity record from a seed: the recipe of crates/net/tests/fixtures/parity-*.safetensors.

`python3 write_parity_record.py OUT --seed 7` wrote parity-small.safetensors. `--variant key=value` (e.g.
`shortcut=projection`) writes another configuration. parity_record.py says what a record holds.
"""

import argparse
import json

import torch
from torch import Tensor

from initial_values import initialise
from parity_record import VARIANT_KEYS, compute, network_of
from resgl_bdlstm import ResGlBdLstm
from safetensors_file import write_safetensors

PAPER = {"widths": "16,32,64", "depth": 3, "hidden": 64}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--phases", type=int, default=3)
    parser.add_argument("--classes", type=int, default=4)
    parser.add_argument("--depth", type=int, default=1, help="n, blocks of a stage")
    parser.add_argument("--widths", default="3,4,5")
    parser.add_argument("--hidden", type=int, default=4)
    parser.add_argument("--patches", type=int, default=8)
    parser.add_argument("--rois", type=int, default=4)
    parser.add_argument("--roi-size", default="17,23", help="rows,columns of the raw ROIs")
    parser.add_argument("--paper", action="store_true", help=f"the paper's network: {PAPER}")
    parser.add_argument("--variant", action="append", default=[], metavar="KEY=VALUE", help=str(VARIANT_KEYS))
    parsed = parser.parse_args()
    if parsed.paper:
        parser.set_defaults(**PAPER)
        parsed = parser.parse_args()
    return parsed


def metadata_of(args: argparse.Namespace) -> dict[str, str]:
    variant = dict(item.split("=", 1) for item in args.variant)
    unknown = set(variant) - set(VARIANT_KEYS)
    if unknown:
        raise SystemExit(f"unknown variant {sorted(unknown)}; known: {', '.join(VARIANT_KEYS)}")
    return variant | {
        "n": str(args.depth),
        "widths": json.dumps([int(width) for width in args.widths.split(",")]),
        "hidden": str(args.hidden),
        "phases": str(args.phases),
        "classes": str(args.classes),
        "lambda": "0.1",
        "alpha": "0.2",
        "learning_rate": "0.01",
        "momentum": "0.9",
        "weight_decay": "4e-5",
        "torch": torch.__version__,
    }


def disturb(network: ResGlBdLstm, generator: torch.Generator) -> None:
    """Moves what starts at 0 or 1 (biases, BN, running statistics), so that no value can hide an error."""

    def draw(like: Tensor) -> Tensor:
        return torch.randn(like.shape, generator=generator, dtype=like.dtype)

    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.dim() == 1:
                parameter.add_(0.1 * draw(parameter))
        for name, buffer in network.named_buffers():
            if name.endswith("running_mean"):
                buffer.add_(0.1 * draw(buffer))
            elif name.endswith("running_var"):
                buffer.mul_(torch.exp(0.2 * draw(buffer)))


def inputs_of(args: argparse.Namespace, feature_size: int, generator: torch.Generator) -> dict[str, Tensor]:
    """Patches lie unevenly and out of order on the ROIs; a ROI and its patches share a class."""
    rows, columns = (int(size) for size in args.roi_size.split(","))

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    patch = torch.arange(args.patches)
    roi_of_patch = (patch * patch + patch // 3 + 1) % args.rois
    return {
        "input.patch": normal(args.patches, args.phases, 7, 7),
        "input.roi": normal(args.rois, args.phases, rows, columns),
        "input.roi_of_patch": roi_of_patch,
        "input.target": (roi_of_patch + 1) % args.classes,
        "input.centers": 0.1 * normal(args.classes, feature_size),
    }


def main() -> None:
    args = arguments()
    metadata = metadata_of(args)
    generator = torch.Generator().manual_seed(args.seed)
    network = network_of(metadata)
    initialise(network, generator)
    disturb(network, generator)
    inputs = inputs_of(args, network.config.feature_size, generator)
    write_safetensors(args.out, inputs | compute(network, inputs, metadata), metadata)


if __name__ == "__main__":
    main()
