"""Writes ../fixtures/batch-norm-relu.json with PyTorch 2.11 in float64: batch norm, addition and ReLU of numbers that the test makes by the
same formula, with gradients and running statistics. `python batch_norm_relu.py`, then `npx biome format --write` on the file."""

import json
from pathlib import Path

import torch
import torch.nn.functional as F

# Rows, channels, residual, second gradient, offset of x (0: exact in bfloat16 too). More rows than a block, more parts than a block merges
# at once, channels that do not divide a block, and as many as it can have.
CASES = [
    *[(rows, channels, residual, second, 0) for rows, channels in [(1301, 16), (333, 32), (77, 64)]
      for residual in (False, True) for second in (False, True)],
    (17021, 16, True, True, 0),
    (2903, 16, False, False, 50),
    (203, 24, True, False, 0),
    (2, 8, False, True, 0),
    (5, 1024, True, True, 0),
]
TAKEN = 41


def numbers(count, salt):
    """Multiples of 1/64 between -2 and 2 that look random; bfloat16 holds them."""
    index = torch.arange(count, dtype=torch.int64)
    mixed = (index * 2654435761 + salt * 40503) % 2**32
    mixed = (mixed ^ (mixed >> 15)) * 2246822519 % 2**32
    return ((mixed >> 24) - 128).to(torch.float64) / 64


def case(rows, channels, residual, second, offset, salt):
    value = lambda place: numbers(rows * channels, salt + place).view(rows, channels)
    vector = lambda place: numbers(channels, salt + place)
    x = (value(0) * (3 if offset else 1) + offset).requires_grad_()
    around = value(1).requires_grad_()
    weight, bias = (vector(4) + 0.5).requires_grad_(), vector(5).requires_grad_()
    mean, variance = vector(6), vector(7) + 3
    running = mean.clone(), variance.clone()
    normal = F.batch_norm(x, *running, weight, bias, training=True, momentum=0.1, eps=1e-5)
    before = normal + around if residual else normal
    # Of a number next to 0 float32 may take the other side.
    if before.abs().min() < 4e-6:
        return None
    out = before.relu()
    loss = (out * value(2)).sum() + ((out * value(3)).sum() if second else 0)
    wanted = [x, weight, bias, around] if residual else [x, weight, bias]
    dx, dweight, dbias, *dresidual = torch.autograd.grad(loss, wanted)
    step = max(1, rows * channels // TAKEN)
    digits = lambda tensor: [float(f"{number:.8g}") for number in tensor.detach().flatten().tolist()]
    result = {"rows": rows, "channels": channels, "residual": residual, "second": second, "offset": offset, "salt": salt}
    result |= {"step": step, "out": digits(out.flatten()[::step]), "dx": digits(dx.flatten()[::step])}
    result |= {"dresidual": digits(dresidual[0].flatten()[::step]) if residual else []}
    kept = slice(0, 64)
    result |= {"dweight": digits(dweight[kept]), "dbias": digits(dbias[kept])}
    return result | {"mean": digits(running[0][kept]), "variance": digits(running[1][kept])}


if __name__ == "__main__":
    content = []
    for parameters in CASES:
        tries = (case(*parameters, salt) for salt in range(1, 1000, 10))
        content.append(next(found for found in tries if found is not None))
    target = Path(__file__).parent.parent / "fixtures" / "batch-norm-relu.json"
    target.write_text(json.dumps(content, separators=(",", ":")) + "\n")
