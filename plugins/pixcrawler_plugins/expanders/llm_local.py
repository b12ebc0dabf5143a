"""Asks a small language model on this machine for queries; no server is needed, and nothing is sent.

SmolLM2-135M-Instruct is too small to follow an instruction: it goes on with examples, in English. Three of
four queries that it suggests keep near enough to the keyword for the ranking, and a little more than half of
these are right (40 keywords, judged by hand): what WordNet knows it knows better.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Expander, ExpandKeyword, Models
from pixcrawler_core.errors import PluginError
from pixcrawler_core.records import Keyword, Query
from pixcrawler_core.words import folded, shortened
from pixcrawler_plugins.llm import LlmFailed

MODEL = "smollm2"
NAME = "SmolLM2-135M-Instruct"
"""The model by the name that its makers gave it."""
EXAMPLES = """\
Keyword: dog
Searches: dog running on grass, black dog, young dog, dog on a beach, hunting dog, sleeping dog, \
dog in snow, dog portrait

Keyword: fire truck
Searches: red fire truck, fire engine, fire truck in the city, old fire truck, fire truck with ladder, \
fire truck at night, airport fire truck, parked fire engine

Keyword: mouse (animal)
Searches: field mouse, mouse eating grain, house mouse, mouse in grass, white mouse, wood mouse, \
small mouse, mouse close up

Keyword: blue whale
Searches: blue whale tail, blue whale from above, blue whale calf, diving blue whale, big whale, \
blue whale under water, whale near a boat, swimming blue whale

Keyword: bridge
Searches: stone bridge, old bridge, bridge over a river, suspension bridge, bridge at night, railway bridge, \
wooden footbridge, bridge in fog

Keyword:"""
"""What the model goes on with. A space at the end would keep it from words that begin with one."""
GRAMMAR = """\
root ::= query ("," query){{0,{others}}} "\\n"
query ::= (" " word){{2,4}}
word ::= [a-z]{{1,12}}
"""
"""What the model may say (GBNF of llama.cpp). Single words were mostly other things of the same kind."""
LONGEST = 60
"""Characters of a keyword, and of its hint, that the model reads."""
PENALTY, PENALISED = 1.15, 64
"""How far tokens are kept from coming again, and how many of the last ones. With 1.05 the model repeats
itself, with 1.2 it makes up more words (20 keywords, looked at by hand)."""
TOKENS = 12
"""Tokens that the model may say for a query; four words take 4 to 10."""
CONTEXT = 768
"""Tokens that it can hold: 212 of the examples, 130 of the longest keyword and hint, 240 of 20 queries."""
DANGLING = frozenset(
    [
        "a",
        "an",
        "and",
        "as",
        "at",
        "by",
        "for",
        "from",
        "has",
        "in",
        "into",
        "is",
        "of",
        "off",
        "on",
        "or",
        "out",
        "over",
        "that",
        "the",
        "their",
        "to",
        "under",
        "up",
        "where",
        "which",
        "who",
        "with",
    ]
)
"""Words at which no query ends: where one does, the model was cut off."""
_LETTER = re.compile("[a-z]")
_SIGNS = re.compile("[^a-z0-9]+")


class LocalLlmOptions(BaseModel):
    """Options of the expander `llm_local`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    count: int = Field(default=8, ge=1, le=20, description="Queries to ask for.")
    threads: int = Field(
        default=1,
        ge=1,
        le=64,
        description="Threads that compute: more are quicker where cores are free, and answer otherwise.",
    )


class LocalLlm:
    """A model file in llama.cpp, opened when it is first asked: the same question has the same answer.

    May be used by many threads, of which one is answered at a time.
    """

    def __init__(self, path: Path, threads: int) -> None:
        self._path, self._threads = path, threads
        self._lock = Lock()

    def complete(self, start: str, rest: str, grammar: str, tokens: int) -> list[str]:
        """What the model goes on with after `start` and `rest`, between commas, in at most so many tokens.

        Raises LlmFailed. What it computed for `start` is kept. Asking for that alone clears what it has seen
        since, but for the last token, which is computed anew; asking twice makes the first question like all
        others. Otherwise rounding, and with it the answer, would depend on what was asked before.
        """
        with self._lock:
            for _ in range(2):
                self._ask(prompt=start, n_predict=0)
            answer = self._ask(prompt=start + rest, n_predict=tokens, grammar=grammar, stop=["\n"])
        parts = [part.strip() for part in answer["text"].split(",")]
        return parts[:-1] if answer["finish_reason"] == "length" else parts

    def _ask(self, **question: Any) -> Any:
        answer = self._server.handle_completions(
            {
                "temperature": 0,
                "seed": 1,
                "repeat_penalty": PENALTY,
                "repeat_last_n": PENALISED,
                "cache_prompt": True,
                **question,
            }
        )
        if "error" in answer:
            raise LlmFailed(f"the language model {self._path.name} failed: {answer['error']['message']}")
        return answer["choices"][0]

    @cached_property
    def _server(self) -> Any:
        """The model in memory.

        The library listens for requests whether one wants it or not: here on a socket in a folder of one's
        own, which is gone when this returns, so that nobody can ask.
        """
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path = str(self._path)
        params.n_ctx, params.n_gpu_layers = CONTEXT, 0
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = self._threads
        params.verbosity = -1
        params.offline = True
        params.warmup = params.fit_params = params.ui = params.endpoint_slots = False
        params.cache_ram_mib = params.n_ctx_checkpoints = 0
        with TemporaryDirectory(prefix="pixcrawler-") as folder:
            params.hostnames = [f"{folder}/llm.sock"]
            try:
                return xllamacpp.Server(params)
            except RuntimeError as error:
                raise LlmFailed(f"the language model in {self._path} cannot be opened: {error}") from error


@cache
def local_llm(path: Path, threads: int) -> LocalLlm:
    """A model that is kept for the life of the process, as sessions are."""
    return LocalLlm(path, threads)


class LocalLlmExpander:
    """Finds queries by going on with examples."""

    def __init__(self, options: LocalLlmOptions, llm: LocalLlm) -> None:
        self._count, self._llm = options.count, llm
        self._grammar = GRAMMAR.format(others=options.count - 1)

    def __call__(self, keyword: Keyword, /) -> Iterator[Query]:
        """What the model suggests, without repetitions; nothing for keywords without a letter of English.

        Raises LlmFailed.
        """
        text = _plain(keyword.text)
        if not _LETTER.search(text):
            return
        hint = _plain(keyword.hint)
        rest = f" {text} ({hint})\nSearches:" if hint else f" {text}\nSearches:"
        seen = {folded(keyword.text)}
        for found in self._llm.complete(EXAMPLES, rest, self._grammar, TOKENS * self._count):
            if found and found not in seen and found.rpartition(" ")[2] not in DANGLING:
                seen.add(found)
                yield Query(text=found, relation="llm", detail=NAME)


def _plain(text: str) -> str:
    """The words of a stranger's text in the letters that the model knows, without signs that command it."""
    letters = unicodedata.normalize("NFKD", folded(text)).encode("ascii", "ignore").decode()
    return shortened(" ".join(_SIGNS.sub(" ", letters).split()), LONGEST)


def build(options: LocalLlmOptions, models: Models) -> ExpandKeyword:
    """The expander with its model. Raises PluginError without the library xllamacpp, and ModelMissing."""
    if find_spec("xllamacpp") is None:
        raise PluginError(
            "the expander 'llm_local' needs xllamacpp, which is not installed: "
            "pip install 'pixcrawler[local-llm]'"
        )
    return LocalLlmExpander(options, local_llm(models.path(MODEL), options.threads))


@hookimpl
def register_expanders() -> Iterator[Expander]:
    """The expander `llm_local`."""
    yield Expander(
        name="llm_local",
        summary="what a small language model on this machine suggests, in English",
        options=LocalLlmOptions,
        build=build,
        models=(MODEL,),
    )
