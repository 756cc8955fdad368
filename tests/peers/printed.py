"""Reads a PDF with pypdf.

    python printed.py < PDF > JSON

Says {"title", "author", "pages": [the text of each page]}.
"""

import io
import json
import sys

from pypdf import PdfReader


def main():
    reader = PdfReader(io.BytesIO(sys.stdin.buffer.read()), strict=True)
    about = reader.metadata or {}
    pages = [page.extract_text() for page in reader.pages]
    json.dump({"title": about.get("/Title"), "author": about.get("/Author"), "pages": pages}, sys.stdout)


main()
