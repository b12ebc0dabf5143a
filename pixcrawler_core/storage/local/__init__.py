"""Objects in folders: plain files at hand, packs of compressed objects, and an index of all of them."""
