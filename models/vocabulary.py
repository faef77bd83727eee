"""A model's words: text into tokens, tokens into text, and the tokens that mean something to the model itself."""

import ctypes
from pathlib import Path
from typing import Any

from bot.core.errors import ModelFailed
from models.library import library, load


class Vocabulary:
    """The words of a loaded model, or of a file whose weights are not loaded (`open`). Not thread-safe."""

    def __init__(self, model: Any) -> None:
        """`model`: a handle of models.library.load. It stays its owner's."""
        self._lib, self._model = library()[0], model
        self._vocab = self._lib.llama_model_get_vocab(model)
        self._own = False
        self.size = int(self._lib.llama_vocab_n_tokens(self._vocab))

    @classmethod
    def open(cls, path: Path) -> "Vocabulary":
        """The words of the file `path`. Raises ModelFailed."""
        words = cls(load(path, words_only=True))
        words._own = True
        return words

    def close(self) -> None:
        """Gives its memory back, where it was opened by `open`. The object is dead afterwards."""
        if self._own:
            self._lib.llama_model_free(self._model)
        self._own = False

    def template(self) -> str:
        """The chat template inside the file (Jinja), or "" where it has none."""
        found: bytes | None = self._lib.llama_model_chat_template(self._model, None)
        return found.decode("utf-8", "replace") if found else ""

    def bos(self) -> list[int]:
        """The token that opens every text of this model, or nothing where it wants none."""
        return [int(self._lib.llama_vocab_bos(self._vocab))] if self._lib.llama_vocab_get_add_bos(self._vocab) else []

    def tokens(self, text: str, *, special: bool) -> list[int]:
        """The tokens of `text`. `special`: control words such as <end_of_turn> become control tokens; never for people's text."""
        raw = text.encode()
        room = len(raw) + 8
        buffer = (self._lib.llama_token * room)()
        count = self._lib.llama_tokenize(self._vocab, raw, len(raw), buffer, room, False, special)
        if count < 0:
            raise ModelFailed(f"The model's tokenizer refuses a text of {len(raw)} bytes. Shorten it.")
        return list(buffer[:count])

    def piece(self, token: int) -> bytes:
        """The bytes that `token` stands for; a letter may be spread over several tokens. None for a control token."""
        buffer = ctypes.create_string_buffer(256)
        length = self._lib.llama_token_to_piece(self._vocab, token, buffer, len(buffer), 0, False)
        return buffer.raw[: max(0, length)]

    def control(self, token: int) -> str:
        """How `token` is spelt in a chat template, control tokens too."""
        return str(self._lib.llama_vocab_get_text(self._vocab, token).decode("utf-8", "replace"))

    def ends(self, token: int) -> bool:
        """Whether `token` ends a text."""
        return bool(self._lib.llama_vocab_is_eog(self._vocab, token))

    def end(self) -> int:
        """The token that this model ends a text with."""
        return int(self._lib.llama_vocab_eos(self._vocab))
