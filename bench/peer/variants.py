"""What the contenders of the PyTorch side are made of. A name is parts joined by `_`."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from resgl_bdlstm import Pathway, ResGlBdLstm
from torch import Tensor


@dataclass(frozen=True)
class Variant:
    """`pairwise`: a ROI beside every patch. Without `compiled` PyTorch is eager."""

    pairwise: bool
    channels_last: bool
    folded: bool
    precision: str
    compiled: bool

    @staticmethod
    def named(name: str) -> "Variant":
        """`pairwise`, `shared`, or parts of `channels_last`, `folded`, `eager`, `compile`, `bf16`, `tf32`."""
        parts = name.replace("channels_last", "channels-last").split("_")
        precision = next((part for part in ("bf16", "tf32") if part in parts), "float32")
        plain = not {"pairwise", "shared", "eager"}.isdisjoint(parts)
        return Variant("pairwise" in parts, not plain, not plain, precision, "compile" in parts)

    def autocast(self, device: str) -> AbstractContextManager:
        kind = device.split(":")[0]
        return torch.autocast(kind, torch.bfloat16) if self.precision == "bf16" else nullcontext()

    def set_arithmetic(self) -> None:
        """For the whole process: a GPU multiplies in TensorFloat-32 only where that is asked for."""
        allowed = self.precision != "float32"
        torch.backends.cuda.matmul.allow_tf32 = allowed
        torch.backends.cudnn.allow_tf32 = allowed
        torch.backends.cudnn.benchmark = True

    def compile(self, network: ResGlBdLstm, device: str) -> None:
        if not self.compiled:
            return
        if device == "cpu":
            # One pathway at a time: a guard on a submodule called `global` is no valid Python (torch 2.11).
            for pathway in network.modules():
                if isinstance(pathway, Pathway):
                    pathway.compile()
            return
        rename_global(network)
        network.compile(mode="reduce-overhead")


class Renamed(ResGlBdLstm):
    """The same network with its module `global` under another name, so that all of it can be compiled at once."""

    def branch_features(self, name: str, images: Tensor) -> Tensor:
        return super().branch_features("whole" if name == "global" else name, images)


def rename_global(network: ResGlBdLstm) -> None:
    network.__class__ = Renamed
    network.add_module("whole", network._modules.pop("global"))
