"""Operations of one training step and of a label map as torch.utils.flop_counter counts them: writes operations.json.

`PYTHONPATH=packages/core-native/interop python3 test/reference/count_operations.py` with torch 2.11.
"""

import json
from pathlib import Path

import torch
from resgl_bdlstm import NetworkConfig, ResGlBdLstm
from torch.utils.flop_counter import FlopCounterMode

CASES = [
    {"config": {}, "patches": 4, "rois": 2},
    {
        "config": {"depth": 1, "widths": [4, 6, 8], "hiddenSize": 5, "patchInput": 17, "roiInput": 30, "phases": 4},
        "patches": 6,
        "rois": 3,
    },
]


def count(case: dict) -> dict:
    network = ResGlBdLstm(NetworkConfig.from_record(case["config"]))
    phases, patches = network.config.phases, case["patches"]
    patch, roi = torch.rand(patches, phases, 7, 7), torch.rand(case["rois"], phases, 20, 20)
    roi_of_patch = torch.arange(patches) % case["rois"]
    # oneDNN's LSTM is one operator, of which the counter knows nothing.
    with torch.backends.mkldnn.flags(enabled=False):
        with FlopCounterMode(display=False) as training:
            outputs = network.train()(patch, roi, roi_of_patch)
            sum(part.sum() for part in outputs).backward()
        network.eval()
        with torch.no_grad(), FlopCounterMode(display=False) as mapping:
            network(patch, roi[:1], torch.zeros(patches, dtype=torch.long))
    heads = 2 * 2 * patches * phases * network.config.widths[-1] * network.config.classes
    return {
        **case,
        "trainingStep": training.get_total_flops(),
        # A label map has no use for the two other heads.
        "labelMap": mapping.get_total_flops() - heads,
    }


if __name__ == "__main__":
    torch.manual_seed(0)
    results = [count(case) for case in CASES]
    Path(__file__).with_name("operations.json").write_text(json.dumps(results, indent=1) + "\n")
