"""PyTorch as a contender of the benchmarks, one process a variant.

Operations: setup {task: "train-step" | "label-map" | "cohort", variant, directory, threads, device?, batchSize?,
stride?} -> {base, torch}; run {count} -> {seconds, losses?}; outputs -> {logits}; memory -> {resident, peak, device}.
`base` is what the process holds with libtorch loaded and used once, before the network exists.
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


def device_memory() -> int:
    """Highest number of bytes of tensors on the GPU; 0 without one."""
    import torch

    return torch.cuda.max_memory_allocated() if torch.cuda.is_initialized() else 0


def setup(request: dict) -> dict:
    global contender
    import torch

    torch.set_num_threads(request["threads"])
    device = request.get("device", "cpu")
    torch.conv2d(torch.ones(1, 1, 8, 8, device=device), torch.ones(1, 1, 3, 3, device=device))
    base = memory()["resident"]
    what = (request["variant"], Path(request["directory"]))
    if request["task"] == "train-step":
        from training_peer import TrainingPeer

        contender = TrainingPeer(*what, device)
    elif request["task"] == "label-map":
        from label_map_peer import LabelMapPeer

        contender = LabelMapPeer(*what, request["batchSize"], device)
    else:
        from cohort_peer import CohortPeer

        contender = CohortPeer(*what, request["batchSize"], device, request["stride"])
    return {"base": base, "torch": torch.__version__, "capability": torch.backends.cpu.get_cpu_capability()}


if __name__ == "__main__":
    serve(
        {
            "setup": setup,
            "run": run,
            "outputs": lambda request: contender.outputs(),
            "memory": lambda request: {**memory(), "device": device_memory()},
        }
    )
