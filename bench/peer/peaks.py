"""What a device reaches at best: square products in float32 (a GPU: also tf32) and bf16, and a triad in memory.

`python3 peaks.py DEVICE THREADS QUICK` prints {float32, tf32?, bf16: operations a second; triad: bytes a second}.
"""

import json
import sys

import torch
from clock import Clock

device, threads, quick = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "true"
torch.set_num_threads(threads)
clock = Clock(device)
side = 256 if quick else (8192 if clock.cuda else 3072)
values = 2**20 if quick else (2**28 if clock.cuda else 2**26)
repeats = 2 if quick else 7


def best(work) -> float:
    """Shortest time of a repeat; the first one is not counted."""
    marks = [clock.mark()]
    for _ in range(repeats + 1):
        work()
        marks.append(clock.mark())
    return min(clock.seconds(marks)[1:])


def product(kind: torch.dtype, tf32: bool = False) -> float:
    torch.backends.cuda.matmul.allow_tf32 = tf32
    a, b = (torch.rand(side, side, device=device).to(kind) for _ in range(2))
    out = torch.empty_like(a)
    return 2 * side**3 / best(lambda: torch.mm(a, b, out=out))


def triad() -> float:
    a, b, c = (torch.rand(values, device=device) for _ in range(3))
    return 3 * 4 * values / best(lambda: torch.add(b, c, alpha=0.5, out=a))


peaks = {"float32": product(torch.float32), "bf16": product(torch.bfloat16), "triad": triad()}
if clock.cuda:
    peaks["tf32"] = product(torch.float32, tf32=True)
print(json.dumps(peaks))
