"""Reads, sorts and rescales a DICOM folder with pydicom; prints seconds, peak memory and a hash."""

import hashlib
import json
import resource
import sys
import time
from pathlib import Path

import numpy as np
import pydicom

started = time.perf_counter()
slices = [pydicom.dcmread(file) for file in Path(sys.argv[1]).iterdir()]


def place(ds):
    x, y = np.array(ds.ImageOrientationPatient[:3]), np.array(ds.ImageOrientationPatient[3:])
    return float(np.dot(np.cross(x, y), np.array(ds.ImagePositionPatient)))


slices.sort(key=place)
gaps = np.diff([place(ds) for ds in slices])
assert np.allclose(gaps, gaps[0], atol=0.01)
volume = np.stack([ds.pixel_array * float(ds.RescaleSlope) + float(ds.RescaleIntercept) for ds in slices])
volume = volume.astype(np.int16)
seconds = time.perf_counter() - started
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
digest = hashlib.sha256(volume.astype("<f4").tobytes()).hexdigest()
print(json.dumps({"seconds": seconds, "peakBytes": peak, "sha256": digest}))
