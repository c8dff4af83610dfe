"""A progress that keeps what is said."""

from kiyas.execution import Progress


class Telling(Progress):
    def __init__(self):
        self.said = []

    def say(self, text):
        self.said.append(text)
