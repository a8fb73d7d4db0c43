"""ResGL-BDLSTM in PyTorch (Liang et al., MICCAI 2018, section 2.2): the outside check of crates/net.

The state_dict of `ResGlBdLstm` has exactly the names of the native weight files. Nothing here is
used at run time; it writes parity records, loads native weights and is the peer of the benchmarks.
"""

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from image_resize import resize


@dataclass(frozen=True)
class NetworkConfig:
    """The keys of the native NetworkConfig, in its spelling; defaults are the paper's network."""

    phases: int = 3
    classes: int = 4
    depth: int = 3
    widths: tuple[int, ...] = (16, 32, 64)
    hiddenSize: int = 64
    readout: str = "last"
    shortcut: str = "pad"
    pathways: str = "both"
    phaseFusion: str = "bdlstm"
    directions: str = "both"
    patchSize: int = 7
    patchInput: int = 64
    roiInput: int = 128
    # The comparison networks' and ablations' keys: kept, so that a file comes back as it was.
    backbone: str = "residual"
    patchScales: list[int] | None = None
    phaseOrder: list[int] | None = None

    @staticmethod
    def from_json(path: str | Path) -> "NetworkConfig":
        """Reads the network of a network.json."""
        return NetworkConfig.from_record(json.loads(Path(path).read_text())["network"])

    @staticmethod
    def from_record(record: dict) -> "NetworkConfig":
        if record.get("backbone", "residual") != "residual":
            raise ValueError(f"backbone {record['backbone']} is not built here, only the residual one")
        known = {field.name: record[field.name] for field in fields(NetworkConfig) if field.name in record}
        if "widths" in known:
            known["widths"] = tuple(known["widths"])
        return NetworkConfig(**known)

    @property
    def branches(self) -> int:
        """ResGLNets side by side: one per phase, or one that sees the phases as channels."""
        return 1 if self.phaseFusion == "channels" else self.phases

    @property
    def recurrent(self) -> bool:
        return self.phaseFusion in ("bdlstm", "lstm")

    @property
    def bidirectional(self) -> bool:
        return self.phaseFusion == "bdlstm" and self.directions == "both"

    @property
    def feature_size(self) -> int:
        """Width of the feature f that the centre loss and `fc` see."""
        if not self.recurrent:
            return self.branches * self.step_size
        state = self.hiddenSize * (2 if self.bidirectional else 1)
        return state * (self.phases if self.readout == "all" else 1)

    @property
    def step_size(self) -> int:
        """Width of what one branch hands to the fusion: [local, global] or one of them."""
        return self.widths[-1] * (2 if self.pathways == "both" else 1)


class Outputs(NamedTuple):
    """Logits [B, K] of the heads (local and global only where both pathways exist), feature [B, F]."""

    last: Tensor
    local: Tensor | None
    global_: Tensor | None
    feature: Tensor


class BasicBlock(nn.Module):
    """conv-BN-ReLU-conv-BN, added to the shortcut, ReLU (He et al. 2016)."""

    def __init__(self, inputs: int, width: int, stride: int, projection: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.stride = stride
        self.extra = width - inputs
        changes = stride != 1 or inputs != width
        self.downsample: nn.Module | None = None
        if changes and projection:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, width, 1, stride, bias=False), nn.BatchNorm2d(width)
            )

    def shortcut(self, x: Tensor) -> Tensor:
        if self.downsample is not None:
            return self.downsample(x)
        if self.stride != 1:
            x = x[:, :, :: self.stride, :: self.stride]
        # Option A: the new channels are zero and come last.
        return F.pad(x, (0, 0, 0, 0, 0, self.extra)) if self.extra else x

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


class Pathway(nn.Module):
    """A residual network of 6n+2 layers without its classifier: [B, C, s, s] -> [B, widths[-1]]."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        channels = config.phases if config.phaseFusion == "channels" else 1
        width = config.widths[0]
        self.conv1 = nn.Conv2d(channels, width, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        blocks = []
        for stage, next_width in enumerate(config.widths):
            for block in range(config.depth):
                stride = 2 if stage > 0 and block == 0 else 1
                blocks.append(BasicBlock(width, next_width, stride, config.shortcut == "projection"))
                width = next_width
        self.blocks = nn.Sequential(*blocks)

    def forward(self, x: Tensor) -> Tensor:
        return self.blocks(F.relu(self.bn1(self.conv1(x)))).mean((2, 3))


class ResGlBdLstm(nn.Module):
    """The whole network; every row of Table 2 that has a network is one configuration of it."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        if config.pathways != "global":
            self.local = nn.ModuleList(Pathway(config) for _ in range(config.branches))
        if config.pathways != "local":
            self.add_module("global", nn.ModuleList(Pathway(config) for _ in range(config.branches)))
        if config.recurrent:
            self.lstm = nn.LSTM(
                config.step_size, config.hiddenSize, batch_first=True, bidirectional=config.bidirectional
            )
        self.fc = nn.Linear(config.feature_size, config.classes)
        if config.pathways == "both":
            width = config.branches * config.widths[-1]
            self.fc_local = nn.Linear(width, config.classes)
            self.fc_global = nn.Linear(width, config.classes)

    def branch_features(self, name: str, images: Tensor) -> Tensor:
        """Features [N, branches, width] of the pathways `name` for resized images [N, P, s, s]."""
        pathways = self.get_submodule(name)
        if self.config.phaseFusion == "channels":
            return torch.stack([pathways[0](images)], 1)
        return torch.stack([pathways[p](images[:, p : p + 1]) for p in range(self.config.phases)], 1)

    def feature(self, local: Tensor | None, global_: Tensor | None) -> Tensor:
        """Fuses branch features [B, branches, width] to f [B, F]."""
        parts = [part for part in (local, global_) if part is not None]
        if not self.config.recurrent:
            return torch.cat([part.flatten(1) for part in parts], 1)
        steps = torch.cat(parts, 2)
        if self.config.directions == "backward":
            steps = steps.flip(1)
        outputs, (state, _) = self.lstm(steps)
        if self.config.readout == "all":
            return outputs.flatten(1)
        return torch.cat(list(state), 1)

    def forward(self, patch: Tensor, roi: Tensor, roi_of_patch: Tensor) -> Outputs:
        """patch [B, P, h, w], roi [R, P, h', w'], roi_of_patch [B]; the images are resized here.

        The global pathway runs once per ROI; `index_select` hands its features to the patches.
        """
        local = global_ = None
        if self.config.pathways != "global":
            local = self.branch_features("local", resize(patch, self.config.patchInput))
        if self.config.pathways != "local":
            once = self.branch_features("global", resize(roi, self.config.roiInput))
            global_ = once.index_select(0, roi_of_patch)
        feature = self.feature(local, global_)
        heads: list[Tensor | None] = [None, None]
        if local is not None and global_ is not None:
            heads = [self.fc_local(local.flatten(1)), self.fc_global(global_.flatten(1))]
        return Outputs(self.fc(feature), heads[0], heads[1], feature)
