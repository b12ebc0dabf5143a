"""Asks language models behind an OpenAI-compatible interface, and takes nothing but answers of a schema.

`POST {url}/chat/completions`, as https://platform.openai.com/docs/api-reference/chat describes it and Ollama,
llama.cpp, vLLM, LM Studio and most hosts of models offer it too.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, Field, ValidationError

from pixcrawler_core.errors import PassingError, PluginError, told
from pixcrawler_plugins.services import ServiceOptions

if TYPE_CHECKING:
    from openai import OpenAI

AnswerT = TypeVar("AnswerT", bound=BaseModel)
LONGEST = 1 << 20
"""Bytes of an answer that are read; no answer that was asked for has as many."""
MOST_TOKENS = 2000
"""Tokens that a model may answer with."""
NO_SUCH_FORMAT = (400, 422)
"""Statuses by which servers refuse a request for a schema that they do not know."""
_FENCED = re.compile(r"^\s*```[a-z]*\s*(.*?)\s*```\s*$", re.DOTALL)


class LlmFailed(PassingError):
    """A language model was not reached, or did not answer as it was asked to."""


class LlmOptions(ServiceOptions):
    """Where the model is, and how it is asked."""

    url: str = Field(
        pattern="^https?://[^/?#]+",
        description="Address of the interface, below which `chat/completions` is: "
        "`http://localhost:11434/v1` of an Ollama on this machine.",
    )
    model: str = Field(min_length=1, max_length=200, description="Name of the model, as the server knows it.")
    key_env: str = Field(
        default="PIXCRAWLER_LLM_KEY",
        pattern="^[A-Za-z_][A-Za-z0-9_]*$",
        description="Environment variable that holds the key, if the server wants one.",
    )
    temperature: float = Field(
        default=0, ge=0, le=2, description="How freely the model chooses its words; 0: as little as it can."
    )


class Llm:
    """A language model. May be used by many threads."""

    def __init__(self, options: LlmOptions, environment: Mapping[str, str] = os.environ) -> None:
        """Raises PluginError when the library `openai` is not installed."""
        try:
            import httpx2
            import openai
        except ModuleNotFoundError as error:
            raise PluginError(
                "asking a language model needs openai, which is not installed: pip install 'pixcrawler[llm]'"
            ) from error
        self._openai = openai
        self._failures = (openai.OpenAIError, httpx2.HTTPError)
        self._options = options
        self._key = environment.get(options.key_env) or "none"

    def ask(self, task: str, content: str | list[dict[str, Any]], answer: type[AnswerT]) -> AnswerT:
        """What the model answers to a message, by the task it was given, in the form of `answer`.

        Raises LlmFailed when there is no such answer.
        """
        form = {"name": "answer", "strict": True, "schema": answer.model_json_schema()}
        messages = [{"role": "system", "content": task}, {"role": "user", "content": content}]
        asked = {"messages": messages, "response_format": {"type": "json_schema", "json_schema": form}}
        try:
            with self._client() as client:
                body = self._answered(client, asked)
        except self._failures as error:
            raise LlmFailed(f"the language model at {self._options.url} failed: {_why(error)}") from error
        return self._read(body, answer)

    def _answered(self, client: OpenAI, asked: Mapping[str, Any]) -> bytes:
        """The body of an answer; servers that know no schemas are told the schema in words, once more."""
        try:
            return self._complete(client, asked)
        except self._openai.APIStatusError as error:
            if error.status_code not in NO_SUCH_FORMAT:
                raise
            task, question = asked["messages"]
            wanted = json.dumps(asked["response_format"]["json_schema"]["schema"])
            task = {**task, "content": f"{task['content']} Answer with JSON of this schema alone: {wanted}"}
            return self._complete(client, {"messages": [task, question]})

    def _client(self) -> OpenAI:
        return self._openai.OpenAI(
            api_key=self._key,
            base_url=self._options.url,
            timeout=self._options.timeout,
            max_retries=self._options.retries,
            http_client=self._openai.DefaultHttpxClient(follow_redirects=False),
        )

    def _complete(self, client: OpenAI, asked: Mapping[str, Any]) -> bytes:
        create = client.chat.completions.with_streaming_response.create
        with create(
            model=self._options.model,
            temperature=self._options.temperature,
            max_tokens=MOST_TOKENS,
            **asked,
        ) as response:
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > LONGEST:
                    raise LlmFailed(
                        f"the language model at {self._options.url} answers with more than {LONGEST} bytes"
                    )
            return bytes(body)

    def _read(self, body: bytes, answer: type[AnswerT]) -> AnswerT:
        try:
            text = _Completion.model_validate_json(body).choices[0].message.content
            fenced = _FENCED.match(text)
            return answer.model_validate_json(fenced[1] if fenced else text)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(map(str, first["loc"]))
            raise LlmFailed(
                f"the language model {self._options.model!r} at {self._options.url} did not answer in the "
                f"form it was asked for: {f'{place}: ' if place else ''}{first['msg']}"
            ) from error


class _Message(BaseModel):
    content: str


class _Choice(BaseModel):
    message: _Message


class _Completion(BaseModel):
    choices: list[_Choice] = Field(min_length=1)


def _why(error: Exception) -> str:
    """What the server said, without the page that it may have sent with it."""
    status = getattr(error, "status_code", None)
    return f"HTTP {status}" if status else told(error)
