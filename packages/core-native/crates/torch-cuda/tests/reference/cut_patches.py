"""Writes ../fixtures/cut-patches.json with PyTorch 2.11 and NumPy: squares turned by numpy.rot90/flip and resized by F.interpolate in
float64, and float32 numbers rounded to bfloat16. `python cut_patches.py`, then
`npx biome format --write` on the file."""

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

# In the order of crates/net/src/data/dihedral.rs.
SYMMETRIES = [
    lambda square: square,
    np.fliplr,
    np.flipud,
    lambda square: np.rot90(square, 2),
    np.transpose,
    lambda square: np.rot90(square, -1),
    lambda square: np.rot90(square, 1),
    lambda square: np.rot90(square.T, 2),
]
SIZES = [(5, 8), (6, 3), (4, 4), (1, 3), (13, 7), (3, 17)]
PHASES = 2


def resized(square, side):
    image = torch.from_numpy(square.copy())[None, None]
    result = F.interpolate(image, size=(side, side), mode="bilinear", align_corners=False)
    return [round(value, 7) for value in result.flatten().tolist()]


def case(random, side, out):
    phases = random.normal(size=(PHASES, side, side)).astype(np.float32).round(3).astype(np.float64)
    results = [[resized(turn(phase), out) for phase in phases] for turn in SYMMETRIES]
    return {"side": side, "input": out, "phases": phases.reshape(PHASES, -1).tolist(), "results": results}


def bfloat16():
    bits = [0x3F800000, 0x3F808000, 0x3F818000, 0x3F808001, 0x3F807FFF, 0xBF808000, 0x80000000, 0x00000001]
    bits += [0x7F7FFFFF, 0xFF7FFFFF, 0x7F7F7FFF, 0x00008000, 0x00018000, 0x40490FDB]
    values = torch.tensor(np.array(bits, dtype=np.uint32).view(np.int32)).view(torch.float32)
    rounded = values.bfloat16().view(torch.int16).to(torch.int32) & 0xFFFF
    return {"float32": bits, "bfloat16": rounded.tolist()}


if __name__ == "__main__":
    random = np.random.default_rng(6)
    content = {"cases": [case(random, side, out) for side, out in SIZES], "rounding": bfloat16()}
    target = Path(__file__).parent.parent / "fixtures" / "cut-patches.json"
    target.write_text(json.dumps(content, separators=(",", ":")) + "\n")
