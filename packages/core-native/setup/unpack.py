"""Unpacks a wheel (a zip) and prints the bytes written so far: unpack.py WHEEL FOLDER.

Unlike `python3 -m zipfile` it keeps the executable bits and says how far it is.
"""

import os
import sys
import zipfile

REPORT_EVERY = 32 << 20


def main(wheel: str, folder: str) -> None:
    done = reported = 0
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            # extract() strips drive letters, leading slashes and "..": nothing lands outside the folder.
            path = archive.extract(member, folder)
            mode = (member.external_attr >> 16) & 0o777
            if mode and not member.is_dir():
                os.chmod(path, mode | 0o600)
            done += member.file_size
            if done - reported >= REPORT_EVERY:
                print(done, flush=True)
                reported = done


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2])
    except (OSError, zipfile.BadZipFile) as error:
        sys.exit(str(error))
