"""Words and their numbers."""


class CategoricalVocabulary:
    """Maps words to numbers from 1 on; 0 stands for all that are not known."""

    def __init__(self, unknown_token="<UNK>", support_reverse=True):
        self._unknown_token = unknown_token
        self._mapping = {unknown_token: 0}
        self._support_reverse = support_reverse
        self._reverse_mapping = [unknown_token] if support_reverse else None
        self._freq = {}
        self._freeze = False

    def __len__(self):
        return len(self._mapping)

    def freeze(self, freeze=True):
        """After this words that are not known get no numbers."""
        self._freeze = freeze

    def get(self, category):
        """The word's number, a new one where it has none yet."""
        if category not in self._mapping:
            if self._freeze:
                return 0
            self._mapping[category] = len(self._mapping)
            if self._support_reverse:
                self._reverse_mapping.append(category)
        return self._mapping[category]

    def add(self, category, count=1):
        """Counts the word."""
        number = self.get(category)
        if number > 0:
            self._freq[category] = self._freq.get(category, 0) + count

    def trim(self, min_frequency, max_frequency=-1):
        """Forgets words that came at most `min_frequency` times, or as often as `max_frequency`; the commonest come first."""
        kept = sorted(sorted(self._freq.items(), key=lambda item: (isinstance(item[0], str), item[0])),
                      key=lambda item: item[1], reverse=True)
        kept = [word for word, count in kept if count > min_frequency and (max_frequency <= 0 or count < max_frequency)]
        self._mapping = {self._unknown_token: 0, **{word: number for number, word in enumerate(kept, 1)}}
        if self._support_reverse:
            self._reverse_mapping = [self._unknown_token, *kept]
        self._freq = {word: self._freq[word] for word in kept}

    def reverse(self, class_id):
        """The word of a number.

        Raises:
          ValueError: where words were not kept for that.
        """
        if not self._support_reverse:
            raise ValueError("This vocabulary wasn't initialized with support_reverse to support reverse() function.")
        return self._reverse_mapping[class_id]
