from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixcrawler_core.urls import canonical_url, url_key
from pixcrawler_core.variants import same_image

COMMONS = "https://upload.wikimedia.org/wikipedia/commons"
SAME = [
    (f"{COMMONS}/a/ab/X.jpg", f"{COMMONS}/thumb/a/ab/X.jpg/640px-X.jpg"),
    (
        "https://live.staticflickr.com/1/22_0a1b2c3d4e_b.jpg",
        "http://live.staticflickr.com/1/22_0a1b2c3d4e.jpg",
    ),
    ("https://images.unsplash.com/photo-1?ixid=abc&w=1080&q=80", "https://images.unsplash.com/photo-1"),
    ("https://example.org/a.jpg?id=7&utm_source=x", "http://www.example.org/a.jpg?id=7"),
    ("https://i.pinimg.com/236x/ab/cd.jpg", "https://i.pinimg.com/originals/ab/cd.jpg"),
    (
        "https://m.example/iiif/2/k/full/843,/0/default.jpg",
        "https://m.example/iiif/2/k/full/200,/0/default.jpg",
    ),
    (
        "https://static.inaturalist.org/photos/7/square.jpg",
        "https://static.inaturalist.org/photos/7/original.jpg",
    ),
    ("https://cdn.stocksnap.io/img-thumbs/960w/A.jpg", "https://cdn.stocksnap.io/img-thumbs/280h/A.jpg"),
]
OTHER = [
    (f"{COMMONS}/a/ab/X.jpg", f"{COMMONS}/a/ab/Y.jpg"),
    (
        "https://live.staticflickr.com/1/22_0a1b2c3d4e_b.jpg",
        "https://live.staticflickr.com/1/23_0a1b2c3d4e_b.jpg",
    ),
    ("https://example.org/a.jpg?w=100", "https://example.org/a.jpg?w=200"),
    ("https://example.org/a.jpg?id=7", "https://example.org/a.jpg?id=8"),
    ("https://example.org:8443/a.jpg", "https://example.org/a.jpg"),
    ("https://example.org/a_b.jpg", "https://example.org/a.jpg"),
    ("https://notpinimg.com/236x/ab/cd.jpg", "https://notpinimg.com/originals/ab/cd.jpg"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_other_addresses_of_an_image_share_its_key(one: str, other: str) -> None:
    assert url_key(one) == url_key(other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_other_images_do_not(one: str, other: str) -> None:
    assert url_key(one) != url_key(other)


@given(
    st.from_regex(
        r"https?://[a-z]{1,8}\.(org|pinimg\.com|staticflickr\.com)/[\w/~%=.&?-]{0,40}", fullmatch=True
    )
)
def test_the_spelling_is_stable(url: str) -> None:
    try:
        canonical = canonical_url(url)
    except ValueError:
        return
    assert same_image(canonical).startswith("//")
    assert same_image(canonical) == same_image(f"https:{same_image(canonical)}")
