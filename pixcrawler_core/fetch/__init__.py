"""The fetch stage: asks for consent, fetches an image politely and safely, and stores its original bytes.

`fetcher.Fetcher` is its face; `docs/fetching.md` says what is asked, what is refused and why.
"""
