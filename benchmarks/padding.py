"""Pads simulated web pages to the size of real ones, with markup, scripts and styles."""

from __future__ import annotations

import itertools

LARGE = 850_000
"""Bytes to which HTML pages are padded: as large as Bing's."""
SCRIPT = """<style>.c{n}-x>.c{n}-y:hover,.c{n}-z::after{{margin:0 {n}px;background:#f{n:03d}}}</style>
<script nonce="x{n}">(function(w,d){{var a{n}=w["m{n}"]||[],u="https:\\/\\/h{n}.example\\/s.js?a=\\u0026b";
if(a{n}.length<{n}&&d)a{n}.push({{"k":[{n},null,"t{n}",{{"x":1.5,"y":[true,false]}}]}})}})(window);</script>"""
MARKUP = """<div class="b_r{n} dg_u" data-k="ID=S,{n}.1" style="height:{n}px"><div class="i"><span class="t">
Related {n} &amp; more</span><a class="rs" href="/images/search?q=a+{n}&amp;FORM=IR{n}" title="No. {n}">
<svg viewBox="0 0 16 16"><path d="M1 {n}h3v2z"/></svg><strong>thing {n}</strong></a></div><ul class="l"><li>
<button type="button" aria-label="Save {n}" data-h="a,{n}">Save</button></li><li>Share</li></ul></div>"""
"""What fills a page between and around its results."""


def grown(page: str, rows: int) -> str:
    """An HTML page with more markup and scripts in it, as real ones have: in its rows, before and after.

    It gets `LARGE` bytes, half of them in the rows where at least `rows` of these can be told.
    """
    number = itertools.cycle(range(100, 1000))
    row = next((each for each in ("</li>", "</article>") if page.count(each) >= rows), "</nothing>")
    pieces = (LARGE - len(page)) // 2 // max(1, page.count(row)) // len(MARKUP)
    page = page.replace(row, "".join(MARKUP.format(n=next(number)) for _ in range(pieces)) + row)
    count = max(0, LARGE - len(page)) // len((MARKUP + SCRIPT).format(n=999))
    blocks = [(MARKUP + SCRIPT).format(n=next(number)) for _ in range(count)]
    head, start, body = page.partition("<body>") if "<body>" in page else page.partition(">")
    body, end, tail = body.rpartition("</body>") if "</body>" in body else (body, "", "")
    return "".join((head, start, *blocks[: count // 2], body, *blocks[count // 2 :], end, tail))
