#!/usr/bin/env python3
"""Makes site/assets/wordmark.woff2: the letters of "b2-edge", each drawn as dots on a grid."""

from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

DOT = 100  # font units; 1000 are an em
ASCENT, DESCENT = 700, -200
NEW_YEAR_2026 = 3_850_070_400  # in seconds since 1904, where fonts begin to count

# From the top down; the last two rows of each are below the baseline.
DRAWN = {
    "b": ("b", "#.... #.... ###.. #..#. #..#. #..#. ###.. ..... ....."),
    "d": ("d", "...#. ...#. .###. #..#. #..#. #..#. .###. ..... ....."),
    "e": ("e", "..... ..... .##.. #..#. ####. #.... .###. ..... ....."),
    "g": ("g", "..... ..... .###. #..#. #..#. #..#. .###. ...#. .##.."),
    "2": ("two", ".##.. #..#. ...#. ..#.. .#... #.... ####. ..... ....."),
    "-": ("hyphen", "..... ..... ..... ..... ####. ..... ..... ..... ....."),
    " ": ("space", "..... ..... ..... ..... ..... ..... ..... ..... ....."),
}
NOTDEF = "####. #..#. #..#. #..#. #..#. #..#. ####. ..... ....."


def glyph(rows):
    """Each run of dots in a row is a rectangle."""
    pen = TTGlyphPen(None)
    for number, row in enumerate(rows.split()):
        top = ASCENT - number * DOT
        start = 0
        while (start := row.find("#", start)) >= 0:
            end = start + len(row[start:]) - len(row[start:].lstrip("#"))
            corners = [(start, top), (end, top), (end, top - DOT), (start, top - DOT)]
            points = [(x * DOT, y) for x, y in corners]
            pen.moveTo(points[0])
            for point in points[1:]:
                pen.lineTo(point)
            pen.closePath()
            start = end
    return pen.glyph()


def main():
    names = [".notdef", *(name for name, _ in DRAWN.values())]
    glyphs = {".notdef": glyph(NOTDEF)} | {name: glyph(rows) for name, rows in DRAWN.values()}
    builder = FontBuilder(1000, isTTF=True)
    # A fixed time, so that the same drawing is the same file.
    builder.updateHead(created=NEW_YEAR_2026, modified=NEW_YEAR_2026)
    builder.font.recalcTimestamp = False
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(character): name for character, (name, _) in DRAWN.items()})
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics({name: (5 * DOT, glyphs[name].xMin if name != "space" else 0) for name in names})
    builder.setupHorizontalHeader(ascent=ASCENT, descent=DESCENT)
    builder.setupNameTable({"familyName": "Wordmark", "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=ASCENT, sTypoDescender=DESCENT, usWinAscent=ASCENT, usWinDescent=-DESCENT)
    builder.setupPost()
    builder.font.flavor = "woff2"
    builder.save(Path(__file__).parent / "site/assets/wordmark.woff2")


main()
