"""Sentences that the analysis writes, in Turkish, by their English pattern."""

from __future__ import annotations

_BASELINE = (
    "the baseline (TF-IDF with logistic regression, accuracy %(reached)s, trained in "
    "%(seconds)s s): %(difference)s points of accuracy [%(low)s, %(high)s], p = %(p)s after Holm "
    "over %(count)s comparisons."
)
_TEMEL = (
    "ucuz yöntemi (TF-IDF ile lojistik regresyon, doğruluk %(reached)s, eğitimi %(seconds)s s) "
    "{}: doğrulukta %(difference)s puan [%(low)s; %(high)s], %(count)s karşılaştırmalı Holm "
    "düzeltmesinden sonra p = %(p)s."
)

TURKISH_STATEMENTS: dict[str, str] = {
    # Words that stand at a place
    "faster": "daha hızlı",
    "slower": "daha yavaş",
    # Classification
    "The study leaves the cheap baseline out, so it cannot say whether training a model was worth "
    "its cost.": (
        "Çalışma ucuz yöntemi dışarıda bırakıyor; bu yüzden model eğitmenin maliyetine değip "
        "değmediğini söyleyemez."
    ),
    f"%(trial)s beats {_BASELINE}": f"%(trial)s {_TEMEL.format('geçiyor')}",
    f"%(trial)s falls behind {_BASELINE}": f"%(trial)s {_TEMEL.format('yakalayamıyor')}",
    f"%(trial)s does not beat {_BASELINE}": f"%(trial)s {_TEMEL.format('geçmiyor')}",
    "A true difference of %(size)s points would have been seen four times in five.": (
        "%(size)s puanlık gerçek bir fark beş kezden dördünde görülürdü."
    ),
    "%(first)s against %(second)s: %(verdict)s (%(difference)s points of accuracy [%(low)s, "
    "%(high)s], p = %(p)s; right alone on %(b)s and %(c)s of %(rows)s rows).": (
        "%(second)s karşısında %(first)s: %(verdict)s (doğrulukta %(difference)s puan [%(low)s; "
        "%(high)s], p = %(p)s; %(rows)s satırda yalnız birinin bildikleri %(b)s ve %(c)s)."
    ),
    "With one training seed an arm, a difference is one between these weights, never evidence that "
    "one base model is better.": (
        "Kol başına tek eğitim tohumuyla fark bu ağırlıklar arasındadır; bir temel modelin daha "
        "iyi olduğunun kanıtı değildir."
    ),
    "%(arm)s: %(point)s was chosen among %(count)s points on the validation split (accuracy "
    "%(reached)s).": (
        "%(arm)s: doğrulama bölümünde %(count)s nokta arasından %(point)s seçildi (doğruluk "
        "%(reached)s)."
    ),
    "It cannot be told from %(points)s.": "Şunlardan ayırt edilemiyor: %(points)s.",
    "Batch %(size)s: %(first)s takes %(ratio)s times [%(low)s, %(high)s] as long as %(second)s on "
    "the same inputs: %(verdict)s.": (
        "Çağrıda %(size)s metin: aynı girdilerde %(first)s süresi, %(second)s süresinin "
        "%(ratio)s katı [%(low)s; %(high)s]: %(verdict)s."
    ),
    "Batch %(size)s: %(first)s takes %(ratio)s times as long as %(second)s on the same inputs: "
    "%(verdict)s.": (
        "Çağrıda %(size)s metin: aynı girdilerde %(first)s süresi, %(second)s süresinin "
        "%(ratio)s katı: %(verdict)s."
    ),
    "The probabilities of %(trial)s are off by %(error)s points on average; do not read them as "
    "chances.": ("%(trial)s olasılıkları ortalama %(error)s puan sapıyor; şans diye okunmamalı."),
    "Fewer than %(few)s test rows: %(classes)s.": (
        "Test satırı %(few)s sayısından az: %(classes)s."
    ),
    "Figures of these classes say little, and a class without rows is in no average.": (
        "Bu sınıfların sayıları az şey söyler; satırı olmayan sınıf hiçbir ortalamaya girmez."
    ),
    "%(trial)s: %(count)s training rows were longer than max_seq_len and lost their end.": (
        "%(trial)s: %(count)s eğitim satırı max_seq_len değerinden uzundu ve sonunu yitirdi."
    ),
    "%(trial)s: base %(base)s has no pad token; its %(name)s (%(token)s) fills short rows, which "
    "are masked.": (
        "%(trial)s: %(base)s temel modelinin dolgu belirteci yok; kısa satırları %(name)s "
        "(%(token)s) dolduruyor ve bunlar maskeleniyor."
    ),
}
