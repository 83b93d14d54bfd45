"""Prints the text of each page of a PDF, and whether its fonts are inside, as JSON."""

import json
import sys

import pypdf

reader = pypdf.PdfReader(sys.argv[1])
embedded = []
for page in reader.pages:
    for font in page["/Resources"]["/Font"].values():
        for descendant in font.get_object()["/DescendantFonts"]:
            descriptor = descendant.get_object()["/FontDescriptor"].get_object()
            embedded.append(any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3")))
json.dump({"pages": [page.extract_text() for page in reader.pages], "fonts_inside": all(embedded) and bool(embedded)}, sys.stdout)
