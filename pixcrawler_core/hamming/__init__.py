"""Exact search for 64-bit hashes that differ in a few bits only, by bucketing: nothing is missed or guessed.

`pairs` finds all near pairs of a list in memory, or of two lists; `index` keeps hashes on disk, one by one.

Method: a hash is cut into m chunks, which may differ in r_1, ..., r_m bits. If all (r_i + 1) add up to r + 1,
two hashes that differ in at most r bits agree so far in one chunk at least. So only hashes in the same bucket
of a chunk, or in buckets at most r_i bits apart, have to be compared. Source: M. Norouzi, A. Punjani, D. J.
Fleet, "Fast Search in Hamming Space with Multi-Index Hashing", CVPR 2012, section 3.
"""
