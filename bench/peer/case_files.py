"""The files of one benchmark case: a model directory and inputs.safetensors, read by peer and native side.

`python3 case_files.py OUT '{"network": {...}, "patches": 100, "rois": 10, "roiSize": [36, 41], "seed": 1}'`
Patches are raw 7 x 7 in [-1, 1] (input.patch), ROIs raw and all of one size (input.roi); each ROI has the same
number of patches (input.roi_of_patch) and one class (input.target). With `"lesions": 480` there is also
cohort.safetensors: lesion-0.image and so on, int16 HU [P, h, w] of about 20 to 60 pixels a side.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

INTEROP = Path(__file__).resolve().parents[2] / "packages/core-native/interop"
sys.path.insert(0, str(INTEROP))

import torch
from initial_values import initialise
from load_weights import save_model
from resgl_bdlstm import NetworkConfig, ResGlBdLstm
from safetensors_file import read_safetensors, write_safetensors
from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """patch [B, P, 7, 7], roi [R, P, h, w], roi_of_patch [B], target [B]."""

    patch: Tensor
    roi: Tensor
    roi_of_patch: Tensor
    target: Tensor

    def pairwise(self) -> "Batch":
        """The same members with a ROI of its own for each patch, as the paper's plainest reading has it."""
        roi = self.roi.index_select(0, self.roi_of_patch)
        return Batch(self.patch, roi, torch.arange(len(roi)), self.target)


def write_case(directory: Path, case: dict) -> None:
    generator = torch.Generator().manual_seed(case["seed"])
    config = NetworkConfig.from_record(case["network"])
    network = ResGlBdLstm(config)
    initialise(network, generator)
    if case.get("warm"):
        settle_statistics(network, generator)
    save_model(network, directory)
    rows, columns = case["roiSize"]
    roi_of_patch = torch.arange(case["patches"]) * case["rois"] // case["patches"]

    def uniform(*shape: int) -> Tensor:
        return 2 * torch.rand(shape, generator=generator) - 1

    tensors = {
        "input.patch": uniform(case["patches"], config.phases, config.patchSize, config.patchSize),
        "input.roi": uniform(case["rois"], config.phases, rows, columns),
        "input.roi_of_patch": roi_of_patch,
        "input.target": roi_of_patch % config.classes,
    }
    write_safetensors(directory / "inputs.safetensors", tensors, {})
    if case.get("lesions"):
        write_safetensors(directory / "cohort.safetensors", lesions(case, config, generator), {})


def lesions(case: dict, config: NetworkConfig, generator: torch.Generator) -> dict[str, Tensor]:
    """Noise round 55 HU in rectangles between the sides of `lesionSides`."""
    least, most = case["lesionSides"]
    images = {}
    for index in range(case["lesions"]):
        rows, columns = torch.randint(least, most + 1, (2,), generator=generator).tolist()
        pixels = 55 + 40 * torch.randn((config.phases, rows, columns), generator=generator)
        images[f"lesion-{index}.image"] = pixels.round().to(torch.int16)
    return images


@torch.no_grad()
def settle_statistics(network: ResGlBdLstm, generator: torch.Generator) -> None:
    """Running statistics as a trained network has them, or the logits in evaluation mode would explode."""
    config = network.config
    network.train()
    for _ in range(20):
        patch = 2 * torch.rand((4, config.phases, 7, 7), generator=generator) - 1
        roi = 2 * torch.rand((4, config.phases, 20, 20), generator=generator) - 1
        network(patch, roi, torch.arange(4))
    network.eval()


def read_batch(directory: Path) -> Batch:
    tensors, _ = read_safetensors(directory / "inputs.safetensors")
    return Batch(*(tensors[f"input.{name}"] for name in ("patch", "roi", "roi_of_patch", "target")))


if __name__ == "__main__":
    write_case(Path(sys.argv[1]), json.loads(sys.argv[2]))
