"""Replays a parity record with the PyTorch network: `python3 replay_parity_record.py RECORD`.

Every stored tensor is computed anew from `input.*` and `init.*`; exit code 1 when one is off.
"""

import sys

from parity_record import compute, network_of
from safetensors_file import read_safetensors

TOLERANCE = 1e-9  # float64, absolute


def replay(path: str) -> dict[str, float]:
    """Largest absolute difference for each group of the record (`eval`, `grad`, ...)."""
    stored, metadata = read_safetensors(path)
    network = network_of(metadata)
    initial = {name[5:]: tensor for name, tensor in stored.items() if name.startswith("init.")}
    network.load_state_dict(initial, strict=True)
    computed = compute(network, stored, metadata)
    expected = {name for name in stored if not name.startswith("input.")}
    if expected != set(computed):
        raise ValueError(f"names differ: {sorted(expected ^ set(computed))[:8]}")
    worst: dict[str, float] = {}
    for name, tensor in computed.items():
        if tensor.shape != stored[name].shape:
            raise ValueError(f"{name}: shape {list(tensor.shape)}, stored {list(stored[name].shape)}")
        group = name.split(".")[0]
        difference = (tensor.double() - stored[name].double()).abs().max().item()
        worst[group] = max(worst.get(group, 0.0), difference)
    return worst


def main() -> int:
    worst = replay(sys.argv[1])
    for group, difference in worst.items():
        print(f"{group:8s} {difference:.3e} {'ok' if difference <= TOLERANCE else 'OFF'}")
    return 0 if all(difference <= TOLERANCE for difference in worst.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
