"""Texts as numbers: `tf.keras.preprocessing.text`."""

import collections

import numpy as np

_FILTERS = "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n"


def text_to_word_sequence(text, filters=_FILTERS, lower=True, split=" "):
    """The words of a text, without signs."""
    text = text.lower() if lower else text
    text = text.translate({ord(sign): split for sign in filters})
    return [word for word in text.split(split) if word]


def one_hot(text, n, filters=_FILTERS, lower=True, split=" "):
    return [hash(word) % (n - 1) + 1 for word in text_to_word_sequence(text, filters, lower, split)]


class Tokenizer:
    """Numbers words by how often they come, from 1."""

    def __init__(self, num_words=None, filters=_FILTERS, lower=True, split=" ", char_level=False,
                 oov_token=None, **kwargs):
        self.num_words, self.filters, self.lower, self.split = num_words, filters, lower, split
        self.char_level, self.oov_token = char_level, oov_token
        self.word_counts, self.word_docs = collections.OrderedDict(), collections.defaultdict(int)
        self.word_index, self.index_word, self.document_count = {}, {}, 0

    def _words(self, text):
        if self.char_level or isinstance(text, list):
            return [word.lower() for word in text] if self.lower else list(text)
        return text_to_word_sequence(text, self.filters, self.lower, self.split)

    def fit_on_texts(self, texts):
        """Counts the words of texts."""
        for text in texts:
            self.document_count += 1
            words = self._words(text)
            for word in words:
                self.word_counts[word] = self.word_counts.get(word, 0) + 1
            for word in set(words):
                self.word_docs[word] += 1
        ordered = sorted(self.word_counts.items(), key=lambda item: item[1], reverse=True)
        names = ([self.oov_token] if self.oov_token is not None else []) + [word for word, _ in ordered]
        self.word_index = {word: number for number, word in enumerate(names, 1)}
        self.index_word = {number: word for word, number in self.word_index.items()}

    def texts_to_sequences(self, texts):
        """The numbers of the words of each text; words that are not known or too rare are left out."""
        unknown = self.word_index.get(self.oov_token)
        made = []
        for text in texts:
            row = []
            for word in self._words(text):
                number = self.word_index.get(word)
                if number is not None and not (self.num_words and number >= self.num_words):
                    row.append(number)
                elif unknown is not None:
                    row.append(unknown)
            made.append(row)
        return made

    def sequences_to_texts(self, sequences):
        return [" ".join(self.index_word[number] for number in row if number in self.index_word) for row in sequences]

    def texts_to_matrix(self, texts, mode="binary"):
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode)

    def sequences_to_matrix(self, sequences, mode="binary"):
        """A row for each text and a column for each word: whether it is there, how often, or its frequency."""
        columns = self.num_words or len(self.word_index) + 1
        made = np.zeros((len(sequences), columns))
        for place, row in enumerate(sequences):
            for number, count in collections.Counter(row).items():
                if mode == "binary":
                    made[place, number] = 1
                elif mode == "count":
                    made[place, number] = count
                elif mode == "freq":
                    made[place, number] = count / len(row)
                else:
                    raise ValueError(f"Unknown vectorization mode: {mode}")
        return made
