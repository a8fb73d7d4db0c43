"""Loads a native model directory in PyTorch: `python3 load_weights.py MODEL_DIR [--compare RECORD]`.

MODEL_DIR holds weights.safetensors, which is a PyTorch state_dict, and network.json with its NetworkConfig.
RECORD is a safetensors file with input.patch, input.roi, input.roi_of_patch and the evaluation-mode outputs
that were computed from them elsewhere: eval.last and, where present, eval.local, eval.global, eval.feature.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

import torch

from resgl_bdlstm import NetworkConfig, ResGlBdLstm
from safetensors_file import read_safetensors, write_safetensors

TOLERANCE = 1e-5  # absolute, for logits computed in float32


def load_model(directory: str | Path) -> ResGlBdLstm:
    """The network in evaluation mode; a missing, foreign or wrongly shaped tensor raises RuntimeError."""
    directory = Path(directory)
    network = ResGlBdLstm(NetworkConfig.from_json(directory / "network.json"))
    weights, _ = read_safetensors(directory / "weights.safetensors")
    network.to(next(tensor.dtype for tensor in weights.values() if tensor.is_floating_point()))
    network.load_state_dict(weights, strict=True)
    return network.eval()


def save_model(network: ResGlBdLstm, directory: str | Path, background: str = "lower") -> None:
    """Writes a directory that `load_model` and the native `Network.load` read.

    `background` is what the native side puts outside the lesion: lower, zero or keep.
    """
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    write_safetensors(directory / "weights.safetensors", dict(network.state_dict()), {"format": "pt"})
    record = {"format": "flc-network", "version": 1, "network": asdict(network.config), "background": background}
    (directory / "network.json").write_text(json.dumps(record, indent=2) + "\n")


@torch.no_grad()
def differences(network: ResGlBdLstm, record: str | Path) -> dict[str, float]:
    """Largest absolute difference of each stored output from the one computed here."""
    stored, _ = read_safetensors(record)
    dtype = next(network.parameters()).dtype
    outputs = network(stored["input.patch"].to(dtype), stored["input.roi"].to(dtype), stored["input.roi_of_patch"])
    computed = {"last": outputs.last, "local": outputs.local, "global": outputs.global_, "feature": outputs.feature}
    names = [name for name in computed if f"eval.{name}" in stored]
    if "last" not in names:
        raise KeyError(f"{record}: no eval.last")
    return {name: (computed[name].double() - stored[f"eval.{name}"].double()).abs().max().item() for name in names}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--compare", metavar="RECORD")
    args = parser.parse_args()
    network = load_model(args.model)
    print(f"{sum(parameter.numel() for parameter in network.parameters())} parameters")
    if not args.compare:
        return 0
    worst = differences(network, args.compare)
    for name, difference in worst.items():
        print(f"{name:8s} {difference:.3e} {'ok' if difference <= TOLERANCE else 'OFF'}")
    return 0 if all(difference <= TOLERANCE for difference in worst.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
