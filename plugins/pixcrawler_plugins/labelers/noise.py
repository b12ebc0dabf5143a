"""What machines, cameras, sites and shops add to titles and tags, as patterns. Collected for this project.

Texts are hostile: every repetition that another one can follow has a bound.
"""

from __future__ import annotations

import re


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


MARKUP = _any(
    r"<(?:script|style)\b[^>]{0,200}>[^<]{0,1000}</(?:script|style)\s{0,9}>",
    r"<!--[^<>]{0,1000}-->",
    r"</?[a-z!?][^<>]{0,1000}>",
    r"<[a-z][a-z0-9]{0,9}\s(?=[^<>=]*=)[^<>]*$",
)
"""Tags, comments, scripts with what is in them, and a tag that the text was cut in."""
ADDRESSES = _any(
    r"\b(?:https?|ftp)://\S*",
    r"\bwww\.\S+",
    r"\b[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{1,63}",
    r"\b(?:[\w-]{1,63}\.){1,4}(?:com|org|net|info|biz|gov|edu|co\.uk|de|fr|ru|jp|cn|eu|io)\b(?:/\S*)?",
)
HASHTAGS = _any(r"(?<!\w)[#@](?=\w*[^\W\d_])\w+")
"""Hashtags and handles; `#1` is none."""
MACHINE_TAG = re.compile(r"\w+:\w+=")
"""How Flickr's machine tags begin: `geo:lat=`."""
ENDINGS = _any(
    r"(?<=[\w)\]])\.(?:jpe?g|jpe|jfif|png|gif|webp|bmp|tiff?|avif|hei[cf]|svg|cr[23]|nef|arw|dng|psd)(?!\w)"
)
NAMESPACE = _any(r"^(?:file|image) ?: ?(?=\S)")
"""What Wikimedia's titles begin with."""
CAMERA = _any(
    r"(?<![^\W_])(?:FB_IMG|IMG[PL]?|MVIMG|MVI|PXL|DSC[NFP]?|DSCPDC|SDC|CIMG|PICT|GOPR|DJI|HPIM|SANY|DCIM|VID)"
    r"[ _-]{0,2}\d{3,19}(?:[ _-]\d{1,19}){0,4}(?![^\W_])",
    r"(?:_MG|SAM|KIF|STA|WP)_\d{3,19}(?:_\d{1,19}){0,4}(?![^\W_])",
    r"(?<![^\W_])[PRL]\d{6,9}(?![^\W_])",
    r"(?<![^\W_])(?:photo|image|picture|untitled|download|thumb(?:nail)?)[ _-]?\(?\d{1,9}\)?(?![^\W_])",
    r"(?<![^\W_])(?:WhatsApp[ _-]Image|Screen[ _-]?shot)"
    r"(?:[ _-](?:from|at|[AP]M|\d[\d._:-]{0,29})){0,6}(?!\w)",
)
"""The names that cameras, telephones and programs give to files."""
NUMBERS = _any(
    r"(?<![^\W_])\d{3,5} ?[x\u00d7] ?\d{3,5}(?: ?px)?(?![^\W_])",
    r"(?<![^\W_])\d{7,99}(?:[_-]\d{1,99}){0,4}(?![^\W_])",
    r"(?<![^\W_])(?=[a-f]{0,99}\d)[0-9a-f]{16,99}(?![^\W_])",
    r"(?<![^\W_])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![^\W_])",
)
"""Sizes in pixels, long numbers, digests."""

_SITE = (
    r"123rf|alamy|adobe ?stock|behance|bing|canva|deviantart|depositphotos|dreamstime|ebay|etsy|facebook|"
    r"flickr|freepik|getty ?images|google(?: images)?|imgur|instagram|i ?stock(?:photo)?|pexels|pinterest|"
    r"pixabay|pxhere|quora|reddit|shutterstock|tiktok|tumblr|twitter|unsplash|vecteezy|wallpaper ?flare|"
    r"wikimedia(?: commons)?|wikipedia|yahoo|youtube"
)
SITE = _any(
    rf"(?:on |via |from |at |the )?(?:{_SITE})"
    r"(?:,? (?:photos?|images?|stock|community|the free encyclopedia))?",
    r"(?:photo|image) (?:gallery|stock|library|bank)|stock photography|official (?:web)?site",
)
"""Sites, and what they call themselves; for a whole part of a title."""
_KINDS = (
    r"(?:photo(?:graph)?s?|images?|pictures?|wallpapers?|backgrounds?|vectors?|illustrations?|"
    r"cliparts?|pngs?)"
)
BOILERPLATE = _any(
    r"(?<!\w)(?:\d{1,9}\+? )?(?:royalty[ -]free|free|premium|hd|4k|stock|high[ -]resolution)"
    rf"(?: (?:stock|hd|4k|download|{_KINDS})){{1,4}}(?: of)?(?!\w)",
    r"(?<!\w)(?:wallpapers?|backgrounds?) (?:hd|4k)(?!\w)",
    r"(?<!\w)(?:royalty[ -]free|high[ -]res(?:olution)?|stock photography|all rights reserved)(?!\w)",
    r"^download |(?<!\w)(?:free |for |instant )?download(?: (?:now|free|here|for free))?$",
    r"(?<!\w)(?:click (?:here|to enlarge|to view)|buy (?:now|online)|free shipping|for sale)(?!\w)",
    rf"(?<!\w)(?:on|via|from|at) (?:{_SITE})(?!\w)",
    rf"^(?:an? |the )?(?:stock |close-?up )?{_KINDS} (?:of|showing) ",
    r"\((?:c|r|tm)\)|[\u00a9\u00ae\u2122]",
)
"""What shops and sites say of any picture."""
SEPARATOR = re.compile(r"(\s[-\u2013\u2014\u00b7\u2022:~]\s|\s{0,9}[|\uff5c\u00bb]\s{0,9}|\s::\s)")
"""Stands between the parts of a title, of which the last is often the site."""
BARS = frozenset("|\uff5c\u00bb")
"""Separators behind which there is hardly ever anything but a site or a section of it."""
EMPTY_BRACKETS = re.compile(r"[(\[{][\s,.;-]{0,9}[)\]}]")
EDGES = " -\u2013\u2014_|\uff5c\u00b7\u2022:;,./\\*~\"'`\u00ab\u00bb\u201c\u201d<>=+&#@^"
"""Characters that neither begin nor end a title."""
NOTHING = _words("""
    untitled unnamed unknown default none null undefined nan n a na no title notitle name noname caption
    description image images img photo photos photograph picture pictures pic thumbnail thumb placeholder
    spacer blank logo icon banner file jpg jpeg png dsc dscn copy edit edited new the of
    download free hd 4k stock wallpaper wallpapers
""")
"""Words that say nothing by themselves: a title of nothing else is none."""
