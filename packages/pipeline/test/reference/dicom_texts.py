"""Reference values for dicom-texts.test.ts: texts as pydicom encodes them.

    pip install pydicom
    python dicom_texts.py > dicom-texts.json

Names are those of the examples of PS3.5, annexes H to K, where it has one.
"""

import base64
import json
import sys

from pydicom.charset import convert_encodings, encode_string

texts = [
    ("ISO_IR 100", "Läsion"),
    ("ISO_IR 101", "Wałęsa"),
    ("ISO_IR 109", "ħobż"),
    ("ISO_IR 110", "Ģirts"),
    ("ISO_IR 144", "Люксембург"),
    ("ISO_IR 127", "قباني^لنزار"),
    ("ISO_IR 126", "Διονυσιος"),
    ("ISO_IR 138", "שרון^דבורה"),
    ("ISO_IR 148", "Şükrü"),
    ("ISO_IR 166", "นามสกุล"),
    ("ISO_IR 192", "Läsion 肿瘤"),
    ("GB18030", "Wang^XiaoDong=王^小东"),
    ("\\ISO 2022 IR 87", "Yamada^Tarou=山田^太郎=やまだ^たろう"),
    ("ISO 2022 IR 13\\ISO 2022 IR 87", "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎"),
    ("\\ISO 2022 IR 149", "Hong^Gildong=洪^吉洞=홍^길동"),
    ("\\ISO 2022 IR 58", "Zhang^XiaoDong=张^小东"),
    ("ISO 2022 IR 100\\ISO 2022 IR 144", "Jérôme=Люксембург"),
]
report = []
for sets, text in texts:
    encodings = convert_encodings(sets.split("\\"))
    encoded = encode_string(text, encodings)
    report.append({"sets": sets, "text": text, "bytes": base64.b64encode(encoded).decode()})
# What pydicom does not encode, byte by byte from PS3.5, H.3.2 and K.2.
literal = [
    ("ISO_IR 13", "ﾔﾏﾀﾞ^ﾀﾛｳ", b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3"),
    (
        "\\ISO 2022 IR 58",
        "Zhang^XiaoDong=张^小东",
        b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab",
    ),
]
for sets, text, encoded in literal:
    report.append({"sets": sets, "text": text, "bytes": base64.b64encode(encoded).decode()})
json.dump(report, sys.stdout, indent=1, ensure_ascii=False)
print()
