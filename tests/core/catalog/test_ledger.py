from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from peewee import Database

from pixcrawler_core.catalog.ledger import Ledger
from pixcrawler_core.catalog.models import CrawlJob, Dataset, Image
from pixcrawler_core.catalog.reader import Count, StreamState
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.records import Candidate, Labelling, Outcome, Placement, Stage, State
from pixcrawler_core.urls import url_key

SHA = "ab" * 32


def found(number: int, rank: int | None = None, **told: object) -> Candidate:
    shape: dict[str, object] = {
        "engine": "openverse",
        "category": "red-panda",
        "query": "red panda",
        "image_url": f"https://example.org/{number}.jpg",
        "rank": number if rank is None else rank,
    }
    return Candidate(**{**shape, **told})  # type: ignore[arg-type]  # checked by the record's fields


def stream(ledger: Ledger, query: str = "red panda", category: str | None = "red-panda") -> StreamState:
    return ledger.open_stream(category, "openverse", query)


def add(ledger: Ledger, *candidates: Candidate) -> list[Candidate]:
    state = stream(ledger)
    return ledger.add_page(state.id, state.next_page, candidates, None, False)


def accepted(number: int, **told: object) -> Outcome:
    shape: dict[str, object] = {
        "state": State.ACCEPTED,
        "stage": Stage.SELECTION,
        "sha256": SHA,
        "size": 70_000,
    }
    return Outcome(number=number, **{**shape, **told})  # type: ignore[arg-type]  # as above


FETCHED = Outcome(
    state=State.FETCHED,
    stage=Stage.FETCH,
    sha256=SHA,
    size=70_000,
    http_status=200,
    final_url="https://cdn.example.org/1.jpg",
    consent={"robots_txt": "allowed", "x_robots_tag": None},
)
TIMED_OUT = Outcome(state=State.FAILED, stage=Stage.FETCH, reason="timeout", passing=True, http_status=503)
GONE = Outcome(state=State.FAILED, stage=Stage.FETCH, reason="http-404", http_status=404)


def test_a_stream_begins_at_page_one_and_is_the_same_when_opened_again(ledger: Ledger) -> None:
    first = stream(ledger)
    assert first == StreamState(
        id=first.id,
        category="red-panda",
        engine="openverse",
        query="red panda",
        next_page=1,
        cursor=None,
        done=False,
        failure=None,
    )
    assert stream(ledger) == first
    assert stream(ledger, category=None).category is None
    assert len({first.id, stream(ledger, "firefox").id, stream(ledger, category=None).id}) == 3


def test_a_page_is_recorded_by_rank_and_moves_the_stream_on(ledger: Ledger) -> None:
    state = stream(ledger)
    added = ledger.add_page(state.id, 1, [found(2), found(1), found(2)], {"token": ["x", 1]}, False)
    assert [each.rank for each in added] == [1, 2]
    assert all(each.id and not each.seen_before for each in added)
    assert added[0] == replace(found(1), id=added[0].id)
    after = stream(ledger)
    assert (after.next_page, after.cursor, after.done) == (2, {"token": ["x", 1]}, False)
    assert ledger.add_page(state.id, 2, [], None, True) == []
    assert (stream(ledger).next_page, stream(ledger).cursor, stream(ledger).done) == (3, None, True)


def test_a_page_recorded_before_changes_nothing(ledger: Ledger) -> None:
    state = stream(ledger)
    ledger.add_page(state.id, 1, [found(1)], "next", False)
    assert ledger.add_page(state.id, 1, [found(2)], "other", True) == []
    assert stream(ledger).cursor == "next"
    assert not stream(ledger).done
    assert len(list(ledger.rows())) == 1


def test_the_same_url_is_new_once_per_stream_and_seen_before_in_others(ledger: Ledger) -> None:
    add(ledger, found(1), found(2))
    assert add(ledger, found(2, image_url="HTTPS://EXAMPLE.org:443/2.jpg#top"), found(3, page=2)) == [
        each for each, _ in ledger.unfinished(stream(ledger).id) if each.page == 2
    ]
    other = stream(ledger, "panda")
    added = ledger.add_page(other.id, 1, [found(3), found(4)], None, False)
    assert [(each.rank, each.seen_before) for each in added] == [(3, True), (4, False)]


def test_another_job_does_not_count_as_seen(ledger: Ledger, database: Database) -> None:
    add(ledger, found(1))
    other = Ledger(database, CrawlJob.create(dataset="red-pandas", max_images=1).id)
    assert [each.seen_before for each in add(other, found(1))] == [False]
    assert other.known(url_key(found(1).image_url), 0, found(1).image_url) is None


def test_a_big_page_is_looked_up_whole(ledger: Ledger) -> None:
    add(ledger, *map(found, range(1200)))
    again = stream(ledger, "again")
    added = ledger.add_page(again.id, 1, [found(number) for number in range(1150, 1250)], None, False)
    assert sum(each.seen_before for each in added) == 50


def test_a_bad_url_is_a_row_but_no_candidate(ledger: Ledger) -> None:
    long = "data:image/png;base64," + "A" * 100_000
    bad = ["http://user:secret@example.org/1.jpg", "\ud800", "nul\0", long]
    assert add(ledger, *(found(rank, image_url=url) for rank, url in enumerate(bad))) == []
    rows = list(ledger.rows())
    assert [(row["state"], row["stage"], row["reason"]) for row in rows] == [
        ("failed", "discovery", "bad-url")
    ] * 4
    assert "credentials" in rows[0]["detail"]
    assert "secret" not in rows[0]["detail"]
    assert len(rows[3]["url"]) == 4096
    assert list(ledger.unfinished(stream(ledger).id)) == []
    assert ledger.retry_passing() == 0


def test_unfinished_rows_come_in_order_with_what_is_known(ledger: Ledger) -> None:
    first = add(ledger, *map(found, range(5)))
    second = add(ledger, *(found(number, page=2) for number in range(5, 8)))
    ledger.apply([(first[1], FETCHED), (first[2], GONE), (second[0], accepted(1))])
    for chunk in (1, 2, 500):
        assert list(ledger.unfinished(stream(ledger).id, chunk)) == [
            (first[0], None),
            (first[1], FETCHED),
            (first[3], None),
            (first[4], None),
            (second[1], None),
            (second[2], None),
        ]


def test_rows_may_change_while_they_are_read(ledger: Ledger) -> None:
    added = add(ledger, *map(found, range(6)))
    rows = ledger.unfinished(stream(ledger).id, chunk=2)
    assert next(rows)[0] == added[0]
    ledger.apply([(each, GONE) for each in added[:4]])
    assert [candidate for candidate, _ in rows] == added[1:2] + added[4:]


def test_only_passing_failures_are_tried_again(ledger: Ledger) -> None:
    added = add(ledger, *map(found, range(3)))
    ledger.apply([(added[0], TIMED_OUT), (added[1], GONE), (added[2], TIMED_OUT)])
    assert ledger.retry_passing() == 2
    assert list(ledger.unfinished(stream(ledger).id)) == [(added[0], None), (added[2], None)]
    assert ledger.retry_passing() == 0


def test_streams_that_failed_are_reopened_and_exhausted_ones_on_request(ledger: Ledger) -> None:
    failed, exhausted, open_ = (stream(ledger, query) for query in ("failed", "exhausted", "open"))
    ledger.end_stream(failed.id, "HTTP 429")
    ledger.end_stream(exhausted.id)
    assert (stream(ledger, "failed").failure, stream(ledger, "exhausted").failure) == ("HTTP 429", None)
    assert ledger.reopen_streams() == 1
    assert stream(ledger, "failed") == failed
    assert stream(ledger, "exhausted").done
    assert ledger.reopen_streams(exhausted=True) == 1
    assert stream(ledger, "exhausted") == exhausted
    assert stream(ledger, "open") == open_


def test_what_became_of_a_url_is_known_once_it_is_more_than_found(ledger: Ledger) -> None:
    (first,) = add(ledger, found(1))
    (second,) = ledger.add_page(stream(ledger, "panda").id, 1, [found(1)], None, False)
    url = first.image_url
    key = url_key(url)
    assert ledger.known(key, second.id, url) is None
    ledger.apply([(first, FETCHED)])
    assert ledger.known(key, second.id, url) == FETCHED
    assert ledger.known(key, first.id, url) is None


def test_a_failure_counts_only_for_the_very_url_that_failed(ledger: Ledger) -> None:
    (first,) = add(ledger, found(1))
    ledger.apply([(first, GONE)])
    key = url_key(first.image_url)
    assert ledger.known(key, 0, first.image_url) == GONE
    assert ledger.known(key, 0, f"{first.image_url}?utm_source=x") is None


def test_of_several_sizes_on_a_page_the_largest_is_taken(ledger: Ledger) -> None:
    small = replace(
        found(1), image_url="https://m.example/iiif/k/full/100,/0/default.jpg", width=100, height=80
    )
    large = replace(
        small, image_url="https://m.example/iiif/k/full/900,/0/default.jpg", width=900, height=720
    )
    (taken,) = add(ledger, replace(small, rank=0), replace(large, rank=1), replace(small, rank=2))
    assert taken.image_url == large.image_url


def test_what_a_small_copy_came_to_is_not_what_the_large_one_comes_to(ledger: Ledger) -> None:
    small = replace(found(1), image_url="https://m.example/iiif/k/full/100,/0/default.jpg")
    (first,) = add(ledger, small)
    outcome = Outcome(state=State.REJECTED, stage=Stage.VALIDATION, reason="too-small")
    ledger.apply([(first, outcome)])
    large = "https://m.example/iiif/k/full/900,/0/default.jpg"
    assert url_key(large) == url_key(small.image_url)
    assert ledger.known(url_key(large), 0, large) is None
    assert ledger.known(url_key(large), 0, small.image_url) == outcome


def test_streams_start_anew_when_they_are_asked_for_something_else(ledger: Ledger) -> None:
    state = stream(ledger)
    ledger.add_page(state.id, 1, [found(1)], {"next": 2}, True)
    assert ledger.restart_streams() >= 1
    again = ledger.stream(state.id)
    assert (again.next_page, again.cursor, again.done) == (1, None, False)
    assert ledger.add_page(state.id, 1, [found(1)], None, True) == [], "known already"


def test_filtered_rows_are_seen_again_when_asked_for(ledger: Ledger) -> None:
    (first,) = add(ledger, found(1))
    outcome = Outcome(state=State.REJECTED, stage=Stage.DISCOVERY, reason="filtered", detail="too small")
    ledger.apply([(first, outcome)])
    assert ledger.known(url_key(first.image_url), 0, first.image_url) is None
    assert ledger.judge_again(refused=True, rejected=True) == 0
    assert ledger.judge_again(refused=False, rejected=False, filtered=True) == 1
    assert [each for _, each in ledger.unfinished(stream(ledger).id)] == [None]


def test_yields_count_what_other_jobs_got_of_each_source(ledger: Ledger, database: Database) -> None:
    added = add(ledger, *map(found, range(3)))
    ledger.apply([(added[0], accepted(1)), (added[1], GONE)])
    assert ledger.yields() == {}
    assert Ledger(database, ledger.job_id + 1).yields() == {added[0].engine: (1, 2)}


def test_accepted_rows_become_images_once(ledger: Ledger) -> None:
    added = add(ledger, *map(found, range(4)), found(9, category="firefox"))
    first = accepted(2, format="JPEG", width=640, height=480, scores={"blur": {"score": 0.5}}, phash="ff00")
    updates = [(added[0], first), (added[1], accepted(1)), (added[4], accepted(1)), (added[2], GONE)]
    ledger.apply(updates)
    ledger.apply(updates)
    assert ledger.accepted_counts() == {"firefox": 1, "red-panda": 2}
    assert (ledger.next_number("red-panda"), ledger.next_number("owl")) == (3, 1)
    assert list(ledger.accepted(chunk=1)) == [
        (added[4], accepted(1)),
        (added[1], accepted(1)),
        (added[0], first),
    ]
    image = Image.get(Image.row == added[0].id)
    assert (image.dataset.id, image.category, image.number, image.filename) == (
        "red-pandas",
        "red-panda",
        2,
        "",
    )
    assert (image.hash, image.file_size, image.format, image.width) == (SHA, 70_000, "JPEG", 640)
    assert (image.original_url, image.labels) == (added[0].image_url, [])
    assert image.metadata == {"scores": {"blur": {"score": 0.5}}}
    assert image.is_valid
    assert not image.is_duplicate


def test_labels_are_kept_until_the_image_is_judged_again(ledger: Ledger) -> None:
    one, two = add(ledger, found(0), found(1))
    ledger.apply([(one, accepted(1, scores={"blur": {"score": 0.5}})), (two, accepted(2))])
    label = {"name": "\ud800 panda", "source": "category", "version": "1"}
    said = Labelling(labels=[label], errors={"title": "\0"}, made_by={"category": "ab", "title": "cd"})
    ledger.save_labels([(one.id, said), (two.id + 1, said)])
    assert [(kept.candidate, kept.outcome.number, kept.labelling) for kept in ledger.kept(chunk=1)] == [
        (one, 1, said),
        (two, 2, Labelling(labels=[])),
    ]
    assert [candidate for candidate, _ in ledger.accepted()] == [one, two]
    image = Image.get(Image.row == one.id)
    assert (image.labels, image.metadata["scores"]) == ([label], {"blur": {"score": 0.5}})
    ledger.apply([(one, accepted(1))])
    assert next(ledger.kept()).labelling.made_by == {}


def test_splits_outlive_their_images(ledger: Ledger) -> None:
    added = add(ledger, *(found(number) for number in range(700)))
    ledger.apply([(each, accepted(number)) for number, each in enumerate(added, 1)])
    train, moved = Placement(split="train", made_by="ab"), Placement(split="val", made_by="cd", before="test")
    ledger.save_splits((each.id, train) for each in added[1:])
    ledger.save_splits([(added[2].id, moved)])
    ledger.check_again([added[1].id, added[2].id])
    assert [kept.placement for kept in ledger.kept()] == [None, *[train] * 697]
    ledger.apply([(added[1], accepted(2)), (added[2], accepted(3))])
    assert [kept.placement for kept in ledger.kept()] == [None, train, moved, *[train] * 697]
    with pytest.raises(WorkspaceError, match="cannot use the catalog"):
        ledger.save_splits([(added[0].id, moved), (added[-1].id + 1, moved)])
    assert next(ledger.kept()).placement is None


def test_a_new_number_for_an_image_replaces_the_old_one(ledger: Ledger) -> None:
    (added,) = add(ledger, found(1))
    ledger.apply([(added, accepted(1))])
    Image.update(filename="categories/red-panda/image_001.jpg").execute()
    ledger.apply([(added, accepted(7))])
    assert [(image.number, image.filename) for image in Image.select()] == [
        (7, "categories/red-panda/image_001.jpg")
    ]


def test_updates_that_cannot_be_right_are_refused_and_nothing_is_written(ledger: Ledger) -> None:
    one, two = add(ledger, found(1), found(2))
    with pytest.raises(ValueError, match="never recorded"):
        ledger.apply([(one, GONE), (found(3), GONE)])
    with pytest.raises(ValueError, match="without a number"):
        ledger.apply([(one, replace(accepted(1), number=None))])
    with pytest.raises(WorkspaceError, match="cannot use the catalog"):
        ledger.apply([(one, accepted(1)), (two, accepted(1))])
    assert list(ledger.unfinished(stream(ledger).id)) == [(one, None), (two, None)]
    assert ledger.accepted_counts() == {}
    ledger.apply([(one, GONE)])


def test_counts_tell_how_many_rows_ended_how(ledger: Ledger) -> None:
    added = add(ledger, *map(found, range(4)))
    other = stream(ledger, "panda")
    ledger.add_page(other.id, 1, [found(7)], None, False)
    ledger.apply([(added[0], GONE), (added[1], GONE), (added[2], accepted(1))])

    def count(query: str, state: State, stage: Stage, reason: str | None, rows: int) -> Count:
        return Count("red-panda", "openverse", query, state, stage, reason, rows)

    assert ledger.counts() == [
        count("panda", State.FOUND, Stage.DISCOVERY, None, 1),
        count("red panda", State.ACCEPTED, Stage.SELECTION, None, 1),
        count("red panda", State.FAILED, Stage.FETCH, "http-404", 2),
        count("red panda", State.FOUND, Stage.DISCOVERY, None, 1),
    ]


def test_all_rows_are_flat_and_in_order(ledger: Ledger, database: Database) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
    ledger = Ledger(database, ledger.job_id, clock=lambda: moment)
    declared = found(0, width=10, height=20, format="png", title="Panda", tags=("a", "b"), extra={"k": 1})
    added = add(ledger, declared, *map(found, range(1, 3)))
    other = Ledger(database, CrawlJob.create(dataset="red-pandas", max_images=1).id)
    add(other, found(1), found(2))
    added += add(ledger, *map(found, range(3, 5)))
    ledger.apply([(added[0], replace(FETCHED, width=640, scores={"blur": {"score": 0.1}}))])
    rows = list(ledger.rows(chunk=2))
    assert [row["id"] for row in rows] == [each.id for each in added]
    row = rows[0]
    assert (row["engine"], row["query"], row["category"]) == ("openverse", "red panda", "red-panda")
    assert (row["width"], row["declared_width"], row["declared_height"], row["declared_format"]) == (
        640,
        10,
        20,
        "png",
    )
    assert (row["title"], row["tags"], row["extra"]) == ("Panda", ["a", "b"], '{"k":1}')
    assert (row["consent"], row["scores"]) == (
        '{"robots_txt":"allowed","x_robots_tag":null}',
        '{"blur":{"score":0.1}}',
    )
    assert (row["created_at"], row["passing"], row["seen_before"]) == (moment, False, False)
    assert rows[1]["tags"] == []
    assert rows[1].keys() == row.keys()


def test_policies_of_hosts_are_replaced(ledger: Ledger) -> None:
    ledger.save_policy("a.org", {"robots": "x\0y"})
    ledger.save_policy("b.org", {"robots": None})
    assert (ledger.policy("a.org"), ledger.policy("b.org")) == ({"robots": "x\0y"}, {"robots": None})
    assert ledger.policy("c.org") is None
    ledger.save_policy("a.org", {"robots": "new"})
    assert ledger.policy("a.org") == {"robots": "new"}


def test_images_without_bytes_are_found_again(ledger: Ledger) -> None:
    first, second = add(ledger, found(0), found(1))
    ledger.apply([(first, accepted(1)), (second, accepted(2))])
    ledger.find_again([first.id])
    assert [candidate.id for candidate, _ in ledger.accepted()] == [second.id]
    assert list(ledger.unfinished(stream(ledger).id)) == [(first, None)]
    assert ledger.next_number("red-panda") == 3


def test_unknown_streams_and_jobs_are_named(ledger: Ledger, database: Database) -> None:
    with pytest.raises(WorkspaceError, match="no stream 99"):
        ledger.add_page(99, 1, [], None, False)
    with pytest.raises(WorkspaceError, match="no job 99"):
        next(Ledger(database, 99).accepted())


def test_deleting_a_dataset_deletes_its_ledger(ledger: Ledger) -> None:
    (added,) = add(ledger, found(1))
    ledger.apply([(added, accepted(1))])
    Dataset.get_by_id("red-pandas").delete_instance()
    assert list(ledger.rows()) == []
    assert Image.select().count() == 0


def test_a_better_duplicate_takes_the_place_of_an_image(ledger: Ledger) -> None:
    first, second, third = add(ledger, found(0), found(1), found(2))
    ledger.apply([(first, accepted(1)), (second, accepted(1, sha256="cd" * 32, replaces=first.id))])
    ledger.apply([(third, accepted(1, sha256="ef" * 32, replaces=second.id))])
    assert {tuple(each[3:]) for each in ledger.decided()} == {(3, 3)}, "they were all accepted once"
    assert [(each.id, outcome.sha256) for each, outcome in ledger.accepted()] == [(third.id, "ef" * 32)]
    rows = {row["id"]: row for row in ledger.rows()}
    told = [
        (rows[each.id]["state"], rows[each.id]["reason"], rows[each.id]["duplicate_of"])
        for each in (first, second)
    ]
    assert told == [("duplicate", "replaced", second.id), ("duplicate", "replaced", third.id)]
    assert [rows[each.id]["number"] for each in (first, second, third)] == [None, None, 1]


def test_what_takes_the_place_of_an_image_stands_in_its_split(ledger: Ledger) -> None:
    """Also if it stood in another one once, and if both come and go at the same time."""
    first, second, third = add(ledger, found(0), found(1), found(2))
    ledger.apply([(first, accepted(1))])
    ledger.save_splits([(first.id, Placement(split="val", made_by="rules"))])
    better = (second, accepted(1, sha256="cd" * 32, replaces=first.id))
    ledger.apply([better, (third, accepted(1, sha256="ef" * 32, replaces=second.id))])
    (kept,) = ledger.kept()
    assert (kept.candidate.id, kept.placement) == (third.id, Placement(split="val", made_by="rules"))
    ledger.save_splits([(third.id, Placement(split="test", made_by="rules", before="val"))])
    ledger.apply([(first, accepted(1, sha256="ab" * 32, replaces=third.id))])
    (kept,) = ledger.kept()
    assert kept.placement == Placement(split="test", made_by="rules", before="val")


def test_images_and_duplicates_are_chosen_again(ledger: Ledger) -> None:
    kept, copy, gone = add(ledger, found(0), found(1), found(2))
    duplicate = replace(
        FETCHED, state=State.DUPLICATE, stage=Stage.DEDUP, reason="duplicate", duplicate_of=kept.id
    )
    ledger.apply([(kept, accepted(1)), (copy, duplicate), (gone, GONE)])
    assert ledger.choose_again() == 2
    assert list(ledger.accepted()) == []
    states = [
        (each.id, outcome.state if outcome else None)
        for each, outcome in ledger.unfinished(stream(ledger).id)
    ]
    assert states == [(kept.id, State.FETCHED), (copy.id, State.FETCHED)]
