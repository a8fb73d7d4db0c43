"""Reference values for dicom-real.test.ts, by pydicom with pylibjpeg (openjpeg, libjpeg).

    pip install pydicom numpy pylibjpeg pylibjpeg-openjpeg pylibjpeg-libjpeg
    python dicom_volumes.py <folder of the test data> > dicom-volumes.json

Of each volume: its size, the SHA-256 of its HU as little endian float32 with x fastest and slices in
ascending order of their position along the normal, padding set to -1024 (and, where the padding
value itself is below -1024 HU, whatever is below), and some statistics.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import pydicom

AIR = -1024


def frames_of(file):
    """(place along the normal, HU) of each frame of a file."""
    ds = pydicom.dcmread(file)
    stored = ds.pixel_array.reshape(-1, ds.Rows, ds.Columns)
    shared = getattr(ds, "SharedFunctionalGroupsSequence", [None])[0]
    result = []
    for i, pixels in enumerate(stored):
        own = ds.PerFrameFunctionalGroupsSequence[i] if shared else ds

        def macro(name):
            return getattr(own, name, None) or getattr(shared, name)

        if shared:
            position = macro("PlanePositionSequence")[0].ImagePositionPatient
            cosines = macro("PlaneOrientationSequence")[0].ImageOrientationPatient
            rescale = macro("PixelValueTransformationSequence")[0]
        else:
            position, cosines, rescale = ds.ImagePositionPatient, ds.ImageOrientationPatient, ds
        normal = np.cross(np.array(cosines[:3], float), np.array(cosines[3:], float))
        values = pixels.astype(np.float64) * float(rescale.RescaleSlope)
        values += float(rescale.RescaleIntercept)
        if "PixelPaddingValue" in ds:
            padding = int(ds.PixelPaddingValue)
            if ds.PixelRepresentation == 1 and padding > 32767:
                padding -= 65536
            values[pixels == padding] = AIR
            if padding * float(rescale.RescaleSlope) + float(rescale.RescaleIntercept) < AIR:
                values = np.maximum(values, AIR)
        result.append((float(np.dot(normal, np.array(position, float))), values))
    return result


def describe(files):
    frames = sorted((f for file in files for f in frames_of(file)), key=lambda f: f[0])
    volume = np.stack([values for _, values in frames]).astype("<f4")
    z, y, x = volume.shape
    return {
        "size": [x, y, z],
        "sha256": hashlib.sha256(volume.tobytes()).hexdigest(),
        "mean": float(volume.mean(dtype=np.float64)),
        "min": float(volume.min()),
        "max": float(volume.max()),
    }


root = Path(sys.argv[1])
single = [
    "cornerstone3D/CTImage.dcm",
    "cornerstone3D/CT1_J2KR",
    "cornerstone3D/CT2_J2KR",
    "cornerstone3D/CT0012.fragmented_no_bot_jpeg_baseline.51.dcm",
    "cornerstone3D/CTImage.dcm_JPEGProcess1TransferSyntax_1.2.840.10008.1.2.4.50.dcm",
    "cornerstone3D/CTImage.dcm_JPEGProcess2_4TransferSyntax_1.2.840.10008.1.2.4.51.dcm",
    "cornerstone3D/CTImage.dcm_JPEGProcess6_8TransferSyntax_1.2.840.10008.1.2.4.53.dcm",
    "cornerstone3D/CTImage.dcm_JPEGProcess10_12TransferSyntax_1.2.840.10008.1.2.4.55.dcm",
    "pydicom-data/eCT_Supplemental.dcm",
    "pydicom-data/explicit_VR-UN.dcm",
]
report = {}
for name in single:
    try:
        report[name] = describe([root / name])
    except Exception as error:
        report[name] = {"unread": type(error).__name__}
for name in ["totalsegmentator/example_ct_dicom", "dcmqi/ct-3slice"]:
    report[name] = describe(sorted((root / name).iterdir()))
json.dump(report, sys.stdout, indent=1)
print()
