"""The strings of the audit and the trajectory in Turkish, by their English text."""

from __future__ import annotations

TURKISH_AUDIT: dict[str, str] = {
    # Summary
    "Against its base the best checkpoint is better: %s.": (
        "En iyi kontrol noktası temel modelinden daha iyi: %s."
    ),
    "Of the %(gained)s problems it gains, the base itself solves %(format)s when it is asked or "
    "read in another way: that part is format, the other %(ability)s are ability.": (
        "Kazandığı %(gained)s problemin %(format)s tanesini temel model başka biçimde sorulunca ya "
        "da okununca kendisi çözüyor: bu pay biçim, öteki %(ability)s yetenek."
    ),
    # Sections
    "Is the number real?": "Sayı gerçek mi?",
    "Why it fails": "Neden geçemiyor",
    "The study was not audited (audit: off).": "Çalışma denetlenmedi (audit: off).",
    "Not tried: %s.": "Denenmedi: %s.",
    # Matrix
    "One matrix: protocol by extraction rule": "Tek tablo: protokole ve çıkarım kuralına göre",
    "Each row holds the same texts, read by every rule; in bold the study's own. “other” marks a "
    "score that differs from the first rule's on the same texts beyond noise, corrected for all "
    "cells.": (
        "Her satırda aynı metinler, her kuralla okunmuş olarak durur; kalın olan çalışmanın kendi "
        "ayarıdır. “öteki”, aynı metinlerde ilk "
        "kuralın puanından gürültünün ötesinde ayrılan puanı gösterir; bütün hücreler için "
        "düzeltilmiştir."
    ),
    "other": "öteki",
    "checkpoint, other protocol": "kontrol noktası, öteki protokol",
    "p, corrected": "p, düzeltilmiş",
    "how the weaker fails": "zayıf olan nasıl geçemiyor",
    "Difference: the other protocol minus the study's own, on the problems of both.": (
        "Fark: öteki protokol eksi çalışmanın kendi protokolü, ikisinde de sorulan problemlerde."
    ),
    "The same weights, asked in another way": "Aynı ağırlıklar, başka biçimde sorulunca",
    # Split of the gain
    "of it format": "bundan biçim",
    "of it ability": "bundan yetenek",
    "net, points": "net, puan",
    "beyond the base's best way, points": "temelin en iyi yolunun ötesi, puan",
    "Format: the base solves the problem itself under some protocol or rule.": (
        "Biçim: temel model problemi bir protokol ya da kural altında kendisi çözüyor."
    ),
    "The base's best single way: %s.": "Temel modelin tek başına en iyi yolu: %s.",
    "The gain over the base: format or ability": "Temel modele göre kazanç: biçim mi yetenek mi",
    "Problems gained by ability, gained by format, and lost": (
        "Yetenekle kazanılan, biçimle kazanılan ve kaybedilen problemler"
    ),
    "gained: ability": "kazanılan: yetenek",
    "gained: format": "kazanılan: biçim",
    # Budgets
    "cut at, tokens": "kesildiği yer, token",
    "median tokens": "ortanca token",
    "Tokens had and used": "Tanınan ve kullanılan token",
    "trial": "deneme",
    "steps x examples": "adım x örnek",
    "tokens of all rows": "bütün satırların tokenleri",
    "answers begin with": "yanıtların başı",
    "code": "kod",
    "words": "söz",
    "What each trial was trained on": "Her deneme neyle eğitildi",
    # Selection, plateau, speed, seeds
    "chosen among": "nereden seçildi",
    "best, as observed": "en iyi, gözlendiği gibi",
    "corrected for the choice": "seçim için düzeltilmiş",
    "luck of the choice, points": "seçim şansı, puan",
    "last, which nobody chose": "kimsenin seçmediği son",
    "Luck of the choice: how much better than it is the best of as many equal checkpoints would "
    "look.": (
        "Seçim şansı: o kadar sayıda eşit kontrol noktasının en iyisi olduğundan ne kadar iyi "
        "görünürdü."
    ),
    "Best checkpoint, observed and corrected": "En iyi kontrol noktası, gözlenen ve düzeltilmiş",
    "the study": "çalışma",
    "%s checkpoint": "%s kontrol noktası",
    "step": "adım",
    "below the best, points": "en iyinin altında, puan",
    "one standard error, points": "bir standart hata, puan",
    "recommendation": "öneri",
    "training could stop here": "eğitim burada durabilir",
    "best of the trial": "denemenin en iyisi",
    "Where training could stop": "Eğitim nerede durabilir",
    "early steps": "ilk adımlar",
    "Who learns faster while early": "Başta kim daha hızlı öğreniyor",
    "Lead of the first arm by step, with a band that covers all steps at once": (
        "Adıma göre ilk kolun üstünlüğü, bütün adımları birden kapsayan bantla"
    ),
    "seeds": "tohum",
    "spread over seeds, points": "tohumlar arası yayılım, puan",
    "With one seed nothing can be said of the strategies, only of these weights.": (
        "Tek tohumla stratejiler için bir şey söylenemez, yalnız bu ağırlıklar için söylenir."
    ),
    "one seed": "tek tohum",
    "The arms over their training seeds": "Eğitim tohumları üzerinden kollar",
    # Failures and courses
    "generation": "üretim",
    "compiling": "derleme",
    "loading": "yükleme",
    "running": "çalışma",
    "wrong answer": "yanlış yanıt",
    "time or memory": "süre ya da bellek",
    "always passed": "hep geçilen",
    "flickering": "gidip gelen",
    "forgotten": "unutulan",
    "never passed": "hiç geçilmeyen",
    "flicker rate": "gidip gelme oranı",
    "Problems from the base to the last checkpoint": (
        "Temel modelden son kontrol noktasına problemler"
    ),
    "stage": "aşama",
    "outcome": "sonuç",
    "exception": "istisna",
    "completions": "yanıt",
    "for example": "örneğin",
    "%s rarer kinds are left out here; findings.json has them.": (
        "Daha seyrek %s tür burada yok; findings.json içinde var."
    ),
    "Failures by stage, outcome and exception": "Aşama, sonuç ve istisnaya göre başarısızlıklar",
    "Where completions end, from the base over the steps": (
        "Temel modelden adımlar boyunca yanıtların bittiği yer"
    ),
    "From the bottom: the further a completion came, the lower its layer.": (
        "Aşağıdan yukarı: bir yanıt ne kadar ilerlediyse katmanı o kadar aşağıdadır."
    ),
    "Every problem by checkpoint: gained, lost, flickering, forgotten": (
        "Kontrol noktasına göre her problem: kazanılan, kaybedilen, gidip gelen, unutulan"
    ),
    "A full cell is passed, a thin stroke failed; problems stand by how they fare.": (
        "Dolu hücre geçti, ince çizgi geçemedi; problemler nasıl gittiklerine göre sıralıdır."
    ),
    # Methods
    "Matrix of protocols and rules": "Protokol ve kural tablosu",
    "Every stored completion is read by every extraction rule; untrained bases and the best "
    "checkpoint of each arm also answer under every protocol. Rules are compared on identical "
    "texts, protocols on identical weights, by sign flips shared by all cells (step-down max-T, "
    "Westfall and Young 1993).": (
        "Saklanan her yanıt her çıkarım kuralıyla okunur; eğitilmemiş temel modeller ve her kolun "
        "en iyi kontrol noktası her protokol altında da yanıtlar. Kurallar aynı metinlerde, "
        "protokoller aynı ağırlıklarda, bütün hücrelerin paylaştığı işaret çevirmeleriyle "
        "karşılaştırılır (adım adım max-T, Westfall ve Young 1993)."
    ),
    "Format and ability": "Biçim ve yetenek",
    "A problem that a checkpoint passes and its base fails is format if the base itself solves it "
    "under some protocol or rule, else ability. The base has as many attempts as the matrix has "
    "cells, and some succeed by luck: the format part is rather too large. Beside it stands the "
    "difference to the base's best single cell. Intervals are Wilson's over all problems.": (
        "Kontrol noktasının geçtiği, temel modelin geçemediği bir problem, temel model onu bir "
        "protokol ya da kural altında kendisi çözüyorsa biçim, yoksa yetenek sayılır. Temel "
        "modelin tablodaki hücre sayısı kadar denemesi vardır ve bazıları şansla tutar: biçim payı "
        "gerçekten biraz büyüktür. Yanında temel modelin en iyi tek hücresine olan fark durur. "
        "Aralıklar bütün problemler üzerinden Wilson aralıklarıdır."
    ),
    "Correction for the choice": "Seçim düzeltmesi",
    "The problems are cut into random halves; the best checkpoint of one half is scored on the "
    "other, both ways, and the scores of 1000 cuts are averaged. Nothing is scored by the problems "
    "that chose it. The interval is by the spread of the best checkpoint's scores.": (
        "Problemler rastgele ikiye bölünür; bir yarının en iyi kontrol noktası öteki yarıda "
        "puanlanır, iki yönde de, ve 1000 bölmenin puanları ortalanır. Hiçbir şey kendisini seçen "
        "problemlerle puanlanmaz. Aralık, en iyi kontrol noktasının puanlarının yayılımındandır."
    ),
    "Plateau": "Plato",
    "The earliest checkpoint within one standard error of the best of its trial (Breiman et al. "
    "1984) that a paired sign-flip test does not tell from it. The best is flattered by the choice "
    "and the tests are not corrected, so that the recommendation errs towards longer training.": (
        "Denemesinin en iyisine bir standart hatadan yakın olan (Breiman ve ark. 1984) ve eşli "
        "işaret çevirme sınamasının ondan ayıramadığı en erken kontrol noktası. En iyi, seçimle "
        "olduğundan iyi görünür ve sınamalar düzeltilmemiştir; öneri bu yüzden uzun eğitimden "
        "yana yanılır."
    ),
    "Early lead": "Baştaki üstünlük",
    "The mean difference over the first half of the steps, problem by problem, by a paired "
    "sign-flip test, corrected for all pairs of trials (Holm). The band of the chart covers all "
    "steps of a pair at once.": (
        "Adımların ilk yarısındaki ortalama fark, problem problem, eşli işaret çevirme "
        "sınamasıyla, bütün deneme çiftleri için düzeltilir (Holm). Grafiğin bandı bir "
        "çiftin bütün adımlarını birden kapsar."
    ),
    "Training seeds": "Eğitim tohumları",
    "Arms are paired seed by seed and problem by problem; the variance over seeds and that over "
    "problems are both in the interval (two-way random effects, degrees of freedom after "
    "Satterthwaite 1946), corrected by Holm. One seed gives no interval.": (
        "Kollar tohum tohum ve problem problem eşlenir; tohumlar ve problemler arası değişkenliğin "
        "ikisi de aralıktadır (iki yönlü rastgele etkiler, serbestlik derecesi Satterthwaite "
        "1946); Holm ile düzeltilir. Tek tohum aralık vermez."
    ),
    "Course of a problem": "Bir problemin gidişi",
    "Always and never passed do not change; gained and lost change once; forgotten was learnt in "
    "training and is failed again to the end; flickering is every other. The flicker rate is the "
    "mean share of problems that change from one trained checkpoint to the next.": (
        "Hep geçilen ve hiç geçilmeyen değişmez; kazanılan ve kaybedilen bir kez değişir; "
        "unutulan, eğitimde öğrenilip sonuna dek yine geçilemeyendir; gidip gelen bütün "
        "ötekilerdir. Gidip gelme oranı, bir eğitilmiş kontrol noktasından sonrakine "
        "değişen problemlerin ortalama payıdır."
    ),
}
