"""Times of consecutive pieces of work on a device, without making the host wait between them."""

import time

import torch


class Clock:
    """On a GPU the marks are events in its stream; on the CPU they are the wall clock."""

    def __init__(self, device: str) -> None:
        self.cuda = device.startswith("cuda")

    def mark(self) -> "torch.cuda.Event | float":
        if not self.cuda:
            return time.perf_counter()
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event

    def seconds(self, marks: list) -> list[float]:
        """Between each mark and the next; waits for the last one."""
        pairs = zip(marks, marks[1:])
        if not self.cuda:
            return [end - begin for begin, end in pairs]
        torch.cuda.synchronize()
        return [begin.elapsed_time(end) / 1000 for begin, end in pairs]
