"""Native weights in PyTorch: `PYTHONPATH=<site with torch 2.11> python3 -m unittest` in this folder.

FLC_INTEROP_MODEL names a directory written by the native side: weights.safetensors, network.json and
outputs.safetensors (inputs with the native outputs, as load_weights.py describes). Without it, or without
torch, tests are skipped; FLC_INTEROP_REQUIRED=1 makes each such skip a failure, as CI needs it.
"""

import json
import os
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
REQUIRED = os.environ.get("FLC_INTEROP_REQUIRED") == "1"
MODEL = os.environ.get("FLC_INTEROP_MODEL")
RECORD = HERE.parent / "crates/net/tests/fixtures/parity-small.safetensors"

try:
    import torch
except ImportError as error:
    if REQUIRED:
        raise
    raise unittest.SkipTest(f"torch cannot be imported: {error}") from error

from initial_values import initialise
from load_weights import TOLERANCE, differences, load_model, save_model
from replay_parity_record import TOLERANCE as REPLAY_TOLERANCE, replay
from resgl_bdlstm import NetworkConfig, ResGlBdLstm
from safetensors_file import read_safetensors, write_safetensors


def small_network(**keys: object) -> ResGlBdLstm:
    network = ResGlBdLstm(NetworkConfig(**{"depth": 1, "widths": (2, 3, 4), "hiddenSize": 3, **keys}))
    initialise(network, torch.Generator().manual_seed(5))
    return network


class NativeModel(unittest.TestCase):
    def setUp(self) -> None:
        if MODEL is None:
            (self.fail if REQUIRED else self.skipTest)("FLC_INTEROP_MODEL is not set")
        self.directory = Path(str(MODEL))

    def test_loads_strictly(self) -> None:
        network = load_model(self.directory)
        stored, _ = read_safetensors(self.directory / "weights.safetensors")
        self.assertEqual(set(stored), set(network.state_dict()))

    def test_outputs_are_those_of_the_native_network(self) -> None:
        worst = differences(load_model(self.directory), self.directory / "outputs.safetensors")
        for name, difference in worst.items():
            self.assertLessEqual(difference, TOLERANCE, name)

    def test_round_trip_keeps_every_bit(self) -> None:
        with tempfile.TemporaryDirectory() as copy:
            background = json.loads((self.directory / "network.json").read_text())["background"]
            save_model(load_model(self.directory), copy, background)
            first, _ = read_safetensors(self.directory / "weights.safetensors")
            second, _ = read_safetensors(Path(copy) / "weights.safetensors")
            native, own = (json.loads((Path(d) / "network.json").read_text()) for d in (self.directory, copy))
        self.assertEqual(set(first), set(second))
        self.assertTrue(all(torch.equal(first[name], second[name]) for name in first))
        self.assertEqual(native, own)


class OwnModel(unittest.TestCase):
    def test_the_papers_network_has_its_size(self) -> None:
        # A pathway of prior-systems' arithmetic without the two projections: 269,968 - 2,560 weights of
        # convolutions and 1,568 - 192 of BN; BD-LSTM 2 (4*64*(128+64) + 8*64) = 99,328; heads 516 + 2 * 772.
        network = ResGlBdLstm(NetworkConfig())
        count = sum(parameter.numel() for parameter in network.parameters())
        self.assertEqual(count, 6 * (267408 + 1376) + 99328 + 516 + 2 * 772)

    def test_every_configuration_survives_the_file(self) -> None:
        for keys in (
            {"shortcut": "projection", "readout": "all"},
            {"phaseFusion": "concat", "pathways": "local"},
            {"phaseFusion": "channels"},
            {"phaseFusion": "lstm", "directions": "backward"},
        ):
            with self.subTest(keys), tempfile.TemporaryDirectory() as directory:
                network = small_network(**keys)
                save_model(network, directory)
                loaded = load_model(directory)
                self.assertEqual(loaded.config, network.config)
                for name, tensor in network.state_dict().items():
                    self.assertTrue(torch.equal(tensor, loaded.state_dict()[name]), name)

    def test_a_missing_or_foreign_tensor_is_refused(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            save_model(small_network(), directory)
            file = Path(directory) / "weights.safetensors"
            weights, _ = read_safetensors(file)
            for change in ({"fc.bias": None}, {"fc.other": torch.zeros(1)}):
                kept = {name: tensor for name, tensor in (weights | change).items() if tensor is not None}
                write_safetensors(file, kept, {})
                with self.assertRaises(RuntimeError):
                    load_model(directory)

    def test_the_projects_record_replays(self) -> None:
        for group, difference in replay(str(RECORD)).items():
            self.assertLessEqual(difference, REPLAY_TOLERANCE, group)


if __name__ == "__main__":
    unittest.main()
