"""Figures -> text, the same way everywhere; an undefined figure is a dash, never 0.

Does not compute anything but the percentage of a share.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from kiyas.records import Proportion

DASH = "–"
_MINUS = "−"
_SMALLEST_P = 0.001


@dataclass(frozen=True)
class NumberFormat:
    """How a language writes numbers."""

    decimal_mark: str = "."
    """Between units and tenths."""
    percent: str = "{} %"
    """Pattern of a percentage."""
    separator: str = ", "
    """Between the ends of an interval."""

    def decimal(self, value: float | None, digits: int = 2) -> str:
        """Return a number with so many digits after the mark."""
        if value is None or not math.isfinite(value):
            return DASH
        text = f"{value:.{digits}f}"
        if float(text) == 0:
            text = text.removeprefix("-")
        return text.replace("-", _MINUS).replace(".", self.decimal_mark)

    def count(self, value: int | None) -> str:
        """Return a count, its thousands parted by a thin space."""
        return DASH if value is None else f"{value:,}".replace(",", "\u202f")

    def share(self, value: float | None) -> str:
        """Return a share such as 0.268 as ``26.8 %``."""
        if value is None or not math.isfinite(value):
            return DASH
        return self.percent.format(self.decimal(100 * value, 1))

    def short_share(self, value: float) -> str:
        """Return a share without needless digits, such as 0.2 as ``20 %``, for an axis."""
        digits = 0 if math.isclose(100 * value, round(100 * value), abs_tol=1e-9) else 1
        return self.percent.format(self.decimal(100 * value, digits))

    def proportion(self, proportion: Proportion) -> str:
        """Return ``k/n (xx.x %) [lo, hi]``, the ends of the interval in percent."""
        if proportion.n == 0:
            return DASH
        text = f"{proportion.k}/{proportion.n} ({self.share(proportion.estimate)})"
        return f"{text} {self.points_interval(proportion.ci_low, proportion.ci_high)}"

    def share_with_interval(
        self, value: float | None, low: float | None, high: float | None
    ) -> str:
        """Return a share that is no k of n, such as ``6.5 % [2.5, 10.6]``."""
        if value is None or not math.isfinite(value):
            return DASH
        return f"{self.share(value)} {self.points_interval(low, high)}"

    def figure(
        self, value: float | None, low: float | None, high: float | None, digits: int = 3
    ) -> str:
        """Return a figure that is no share with its interval, such as ``0.875 [0.851, 0.897]``."""
        if value is None or not math.isfinite(value):
            return DASH
        if low is None or high is None:
            return f"{self.decimal(value, digits)} [{DASH}]"
        ends = f"{self.decimal(low, digits)}{self.separator}{self.decimal(high, digits)}"
        return f"{self.decimal(value, digits)} [{ends}]"

    def points(self, difference: float | None) -> str:
        """Return a difference of shares in signed percentage points, such as ``+4.8``."""
        if difference is None or not math.isfinite(difference):
            return DASH
        text = self.decimal(100 * difference, 1)
        return text if difference <= 0 or text.startswith(_MINUS) else f"+{text}"

    def points_with_interval(
        self, difference: float | None, low: float | None, high: float | None
    ) -> str:
        """Return ``+4.8 [−3.0, 12.6]``, all in percentage points."""
        if difference is None:
            return DASH
        return f"{self.points(difference)} {self.points_interval(low, high)}"

    def p_value(self, value: float | None) -> str:
        """Return a p value with three digits; ``< 0.001`` below that."""
        if value is None or not math.isfinite(value):
            return DASH
        if value < _SMALLEST_P:
            return f"< {self.decimal(_SMALLEST_P, 3)}"
        return self.decimal(value, 3)

    def p_statement(self, value: float | None) -> str:
        """Return ``p = 0.031`` or ``p < 0.001``, for a sentence."""
        text = self.p_value(value)
        return f"p {text}" if text.startswith("<") else f"p = {text}"

    def points_interval(self, low: float | None, high: float | None) -> str:
        """Return the ends in percent or points, such as ``[−3.0, 12.6]``; one dash without them."""
        if low is None or high is None:
            return f"[{DASH}]"
        return f"[{self.decimal(100 * low, 1)}{self.separator}{self.decimal(100 * high, 1)}]"
