"""Prints the characters that the font of documents keeps, as pyftsubset reads them."""

kept = set(range(0x20, 0x7F)) | set(range(0xA0, 0x180)) | set(range(0x370, 0x460))
for first in range(0x81, 0xFD):
    for second in range(0x40, 0xFD):
        try:
            text = bytes([first, second]).decode("cp932")
        except UnicodeDecodeError:
            continue
        if len(text) == 1 and not 0xE000 <= ord(text) <= 0xF8FF:
            kept.add(ord(text))
kept.update(ord(bytes([byte]).decode("cp932")) for byte in range(0xA1, 0xE0))
kept.update(map(ord, "‐‑‒–—―‘’“”•…€™−✓✔✗○●　〓\u2002\u2003\u2009\ufffd\U0001f16a"))
print(",".join(f"U+{character:04X}" for character in sorted(kept)))
