"""PyTorch as a contender of the benchmarks, one process a variant.

Operations: setup {task: "train-step" | "label-map", variant, directory, threads, batchSize?} -> {base, torch};
run {count} -> {seconds, losses?}; outputs -> {logits}; memory -> {resident, peak}. `base` is what the process
holds with libtorch loaded and used once, before the network exists.
"""

import ctypes
import gc
from pathlib import Path

from protocol import memory, serve

contender = None


def run(request: dict) -> dict:
    """Gives freed memory back afterwards, outside the measured time: other contenders need it next."""
    answer = contender.run(request["count"])
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    return answer


def setup(request: dict) -> dict:
    global contender
    import torch

    torch.set_num_threads(request["threads"])
    torch.conv2d(torch.ones(1, 1, 8, 8), torch.ones(1, 1, 3, 3))
    base = memory()["resident"]
    directory = Path(request["directory"])
    if request["task"] == "train-step":
        from training_peer import TrainingPeer

        contender = TrainingPeer(request["variant"], directory)
    else:
        from label_map_peer import LabelMapPeer

        contender = LabelMapPeer(request["variant"], directory, request["batchSize"])
    return {"base": base, "torch": torch.__version__, "capability": torch.backends.cpu.get_cpu_capability()}


if __name__ == "__main__":
    serve(
        {
            "setup": setup,
            "run": run,
            "outputs": lambda request: contender.outputs(),
            "memory": lambda request: memory(),
        }
    )
