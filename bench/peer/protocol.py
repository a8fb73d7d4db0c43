"""One JSON object a line on stdin, one answer a line on stdout; the driver interleaves its contenders so."""

import json
import os
import sys
import traceback
from collections.abc import Callable

Handler = Callable[[dict], dict]


def serve(handlers: dict[str, Handler]) -> None:
    """Answers `{"op": name, ...}` by `handlers[name]` until stdin ends; an exception becomes `{"error"}`."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints must not end up between the answers
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = handlers[request["op"]](request)
        except Exception as error:
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"}
        answers.write(json.dumps(answer) + "\n")


def memory() -> dict[str, int]:
    """Resident bytes of this process: now and at its highest (VmHWM)."""
    values = {}
    with open("/proc/self/status") as status:
        for line in status:
            name, _, rest = line.partition(":")
            if name in ("VmRSS", "VmHWM"):
                values[name] = int(rest.split()[0]) * 1024
    return {"resident": values["VmRSS"], "peak": values["VmHWM"]}
