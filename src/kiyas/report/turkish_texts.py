"""The strings on traces, contamination and softer outcomes in Turkish, by their English text."""

from __future__ import annotations

TURKISH_TEXTS: dict[str, str] = {
    # Traces
    "Reasoning traces": "Akıl yürütme izleri",
    "No trace could be tested: nothing varies among the completions.": (
        "Hiçbir iz sınanamadı: yanıtlar arasında değişen bir şey yok."
    ),
    "claim": "sav",
    "effect, points": "etki, puan",
    "of the passing": "geçenlerde",
    "of the failing": "kalanlarda",
    "Effect: pass rate of the answers that do it minus that of the others, over all checkpoints "
    "of the arm. What goes with passing need not cause it.": (
        "Etki: bunu yapan yanıtların geçme oranı eksi ötekilerinki, kolun bütün kontrol "
        "noktalarında. Geçmeyle birlikte görülen şey onun nedeni olmayabilir."
    ),
    "Claims about reasoning and learning": "Akıl yürütme ve öğrenme üzerine savlar",
    "measure": "ölçü",
    "Traces against passing": "İzler ve geçme",
    "Effect on passing; below it passing : failing. Shares: points of pass rate, and k/n that "
    "have it. Amounts: probability that a passing trace has more, less one half, and medians. "
    "With *: told apart after Holm over %s tests.": (
        "Geçmeye etkisi; altında geçenler : kalanlar. Oranlar: geçme oranı puanı ve onu taşıyan "
        "k/n. Miktarlar: geçen izde daha çok olma olasılığı eksi yarım ve ortancalar. * ile "
        "işaretli: %s sınama üzerinden Holm sonrası ayırt edildi."
    ),
    "Thinking tokens are estimated by the thinking's share of the characters.": (
        "Düşünme belirteçleri, düşünmenin karakterlerdeki payından kestirilir."
    ),
    "Only the first completion of each problem is tested.": (
        "Her problemin yalnızca ilk yanıtı sınanır."
    ),
    "The same in all traces of each checkpoint: %s.": (
        "Her kontrol noktasının bütün izlerinde aynı: %s."
    ),
    "Passing answers plan in their thinking before the code.": (
        "Geçen yanıtlar koddan önce düşünürken plan yapar."
    ),
    "Failing answers over-reason: no whole code after the thinking.": (
        "Kalan yanıtlar aşırı düşünür: düşünmenin ardında tam kod yoktur."
    ),
    "Passing answers use comprehensions.": "Geçen yanıtlar liste üreteçleri kullanır.",
    "Failing answers mix recursion and loops in one function.": (
        "Kalan yanıtlar özyineleme ile döngüyü tek işlevde karıştırır."
    ),
    "The arm named first learns faster at first.": "Önce anılan kol başta daha hızlı öğrenir.",
    "thinks before the code": "koddan önce düşünür",
    "thinking not closed": "düşünme kapanmamış",
    "thinking cut at the token limit": "düşünme belirteç sınırında kesilmiş",
    "thinking without whole code after it": "ardında tam kod olmayan düşünme",
    "several solutions": "birden çok çözüm",
    "recursive": "özyinelemeli",
    "loops": "döngülü",
    "recursion and loop in one function": "tek işlevde özyineleme ve döngü",
    "comprehension": "liste üreteci",
    "conditional expression": "koşullu ifade",
    "slice": "dilim",
    "f-string": "f-dizgisi",
    "enumerate, zip, map …": "enumerate, zip, map …",
    "any, all, sum, sorted …": "any, all, sum, sorted …",
    "collections, itertools …": "collections, itertools …",
    "helper never used": "kullanılmayan yardımcı",
    "thinking tokens": "düşünme belirteçleri",
    "repetition": "yineleme",
    "Measures of traces": "İz ölçüleri",
    "Read from the text and the syntax tree; generated code is parsed, never run. Shares are "
    "tested by Fisher's exact test with Newcombe's interval, amounts by permuting ranks. "
    "Repetition is the share of four-word sequences seen before in the same text (Welleck et al. "
    "2020). All tests of the study are one family, corrected by Holm.": (
        "Metinden ve sözdizim ağacından okunur; üretilen kod ayrıştırılır, hiç çalıştırılmaz. "
        "Oranlar Fisher'in kesin sınamasıyla ve Newcombe aralığıyla, miktarlar sıraların "
        "permütasyonuyla sınanır. Yineleme, aynı metinde daha önce geçen dört sözcüklük dizilerin "
        "payıdır (Welleck ve ark. 2020). Çalışmanın bütün sınamaları tek bir ailedir ve Holm ile "
        "düzeltilir."
    ),
    "Claims": "Savlar",
    "Outcomes of one problem in all checkpoints of an arm stay together and are permuted over "
    "problems, so that the same problem is not counted again at every checkpoint; intervals by "
    "bootstrap over problems. A claim is supported or contradicted by a p value after Holm over "
    "all claims, by the sign of its effect; otherwise the data do not distinguish it. Who learns "
    "faster is asked at the earliest step that two arms share.": (
        "Bir problemin bir kolun bütün kontrol noktalarındaki sonuçları birlikte tutulur ve "
        "problemler üzerinden permüte edilir; böylece aynı problem her kontrol noktasında yeniden "
        "sayılmaz. Aralıklar problemler üzerinden bootstrap iledir. Bir sav, bütün savlar "
        "üzerinden Holm sonrası p değeriyle ve etkisinin işaretiyle desteklenir ya da çürütülür; "
        "yoksa veriler onu ayırt edemez. Kimin daha hızlı öğrendiği, iki kolun paylaştığı en "
        "erken adımda sorulur."
    ),
    "supported": "destekleniyor",
    "contradicted": "çürütülüyor",
    "not distinguishable": "ayırt edilemiyor",
    # Contamination
    "Contamination": "Bulaşma",
    "training set": "eğitim kümesi",
    "benchmark in it": "içinde ölçüt",
    "rows read": "okunan satır",
    "problems found": "bulunan problem",
    "“Not found” is no promise: rewordings and translations are not seen.": (
        "“Bulunmadı” bir güvence değildir: yeniden yazımlar ve çeviriler görülmez."
    ),
    "%(short)s of %(all)s reference solutions are too short to be compared as code.": (
        "%(all)s başvuru çözümünden %(short)s tanesi kod olarak karşılaştırılamayacak kadar kısa."
    ),
    "The benchmark in the training sets": "Eğitim kümelerinde ölçüt",
    "found": "bulundu",
    "not found": "bulunmadı",
    "not checked": "bakılmadı",
    "prompt": "istem",
    "solution": "çözüm",
    "test": "sınama",
    "same code": "aynı kod",
    "problem": "problem",
    "what is shared": "ortak olan",
    "rows": "satır",
    "first row": "ilk satır",
    "shared words": "ortak sözcükler",
    "Problems found in training sets": "Eğitim kümelerinde bulunan problemler",
    "all problems": "bütün problemler",
    "without those found": "bulunanlar olmadan",
    "those found alone": "yalnızca bulunanlar",
    "Problems found in any set are left out for every checkpoint.": (
        "Herhangi bir kümede bulunan problemler her kontrol noktası için dışarıda bırakılır."
    ),
    "Scores with and without them": "Onlarla ve onlarsız puanlar",
    "Every training row is searched for sequences of %s words that a problem's prompt, solution "
    "or test holds, without regard to case and punctuation (Brown et al. 2020), and for functions "
    "that are the reference solution but for names, layout and comments. Sequences that more than "
    "ten problems share are left out. What the base was pretrained on is not looked at.": (
        "Her eğitim satırında, bir problemin isteminde, çözümünde ya da sınamasında bulunan %s "
        "sözcüklük diziler büyük-küçük harfe ve noktalamaya bakılmadan aranır (Brown ve ark. "
        "2020); adlar, düzen ve yorumlar dışında başvuru çözümüyle aynı olan işlevler de aranır. "
        "Ondan çok problemin paylaştığı diziler sayılmaz. Temel modelin önceden neyle eğitildiğine "
        "bakılmaz."
    ),
    # Softer outcomes
    "How far answers came": "Yanıtlar ne kadar ilerledi",
    "Almost nothing passes.": "Neredeyse hiçbir şey geçmiyor.",
    "Almost everything passes.": "Neredeyse her şey geçiyor.",
    "pass@1 cannot separate the checkpoints here.": ("pass@1 burada kontrol noktalarını ayıramaz."),
    "pass@1 separates %(some)s of %(all)s pairs only.": (
        "pass@1 %(all)s çiftten yalnızca %(some)s tanesini ayırıyor."
    ),
    "Mean over problems [interval]; n where it is not known of all problems.": (
        "Problemler üzerinden ortalama [aralık]; n, bilindiği problem sayısıdır."
    ),
    "Softer outcomes": "Daha yumuşak sonuçlar",
    "First minus second, in points [interval]; verdict after Holm over %s tests.": (
        "Birinci eksi ikinci, puan olarak [aralık]; hüküm %s sınama üzerinden Holm sonrası."
    ),
    "Compared by softer outcomes, beside pass@1": (
        "pass@1'in yanında, daha yumuşak sonuçlarla karşılaştırma"
    ),
    "assertions passed": "geçilen savlamalar",
    "runs to an answer": "bir yanıta varıyor",
    "compiles": "derleniyor",
    "code found": "kod bulundu",
    "log-likelihood of the reference": "başvuru çözümünün log-olabilirliği",
    "Assertions passed: calls of the test answered rightly before the first that is not, of those "
    "that a right solution answers. Yes-or-no outcomes are compared by exact McNemar, others by "
    "sign flips, corrected by Holm over all of them; only where all checkpoints pass less than "
    "10 % or more than 90 %. They say how far answers came, never that more problems are solved.": (
        "Geçilen savlamalar: doğru bir çözümün yanıtladığı sınama çağrılarından, ilk yanlışa kadar "
        "doğru yanıtlananlar. Evet-hayır sonuçları kesin McNemar ile, ötekiler işaret çevirmeyle "
        "karşılaştırılır ve hepsi üzerinden Holm ile düzeltilir; yalnızca bütün kontrol noktaları "
        "%10'un altında ya da %90'ın üstünde geçtiğinde. Yanıtların ne kadar ilerlediğini söyler, "
        "daha çok problem çözüldüğünü asla."
    ),
    "Unsupported completions": "Desteklenmeyen yanıtlar",
    "A completion that imports a package or returns a value that the cage does not pass on counts "
    "as not passed: a program that could leave the count by what it imports would choose its own "
    "denominator. What such completions could add at most is said among the warnings.": (
        "Kafesin geçirmediği bir paketi içe aktaran ya da bir değeri döndüren yanıt geçmemiş "
        "sayılır: içe aktardığıyla sayımdan çıkabilen bir program kendi paydasını seçerdi. Böyle "
        "yanıtların en çok ne ekleyebileceği uyarılarda söylenir."
    ),
}

TURKISH_TEXT_STATEMENTS: dict[str, str] = {
    # Words that stand at a place
    "passing answers plan in their thinking before the code": (
        "geçen yanıtlar koddan önce düşünürken plan yapar"
    ),
    "failing answers over-reason": "kalan yanıtlar aşırı düşünür",
    "passing answers use comprehensions": "geçen yanıtlar liste üreteçleri kullanır",
    "failing answers mix recursion and loops in one function": (
        "kalan yanıtlar özyineleme ile döngüyü tek işlevde karıştırır"
    ),
    "the arm named first learns faster at first": "önce anılan kol başta daha hızlı öğrenir",
    "the set was not read on this machine": "küme bu makinede okunmadı",
    # Traces
    "Of %(all)s claims on reasoning and learning, %(yes)s are supported, %(no)s contradicted and "
    "%(open)s not distinguishable.": (
        "Akıl yürütme ve öğrenme üzerine %(all)s savdan %(yes)s tanesi destekleniyor, %(no)s "
        "tanesi çürütülüyor, %(open)s tanesi ayırt edilemiyor."
    ),
    "Supported: %(claim)s (%(arm)s).": "Destekleniyor: %(claim)s (%(arm)s).",
    "Contradicted: %(claim)s (%(arm)s).": "Çürütülüyor: %(claim)s (%(arm)s).",
    "What goes with passing need not cause it, and with one training seed it is said of these "
    "weights alone.": (
        "Geçmeyle birlikte görülen şey onun nedeni olmayabilir; tek eğitim tohumuyla yalnızca bu "
        "ağırlıklar için söylenir."
    ),
    "%(apart)s of %(all)s measures of traces, counted over checkpoints, go with passing or failing "
    "after Holm.": (
        "Kontrol noktaları boyunca sayılan %(all)s iz ölçüsünden %(apart)s tanesi Holm sonrası "
        "geçme ya da kalma ile birlikte görülüyor."
    ),
    "Most often: %(measure)s, at %(count)s checkpoints.": (
        "En sık: %(measure)s, %(count)s kontrol noktasında."
    ),
    # Contamination
    "%(some)s of %(all)s problems of the benchmark were found in the training set of %(arm)s "
    "(%(tasks)s): its score may be partly one of memory.": (
        "Ölçütün %(all)s probleminden %(some)s tanesi %(arm)s kolunun eğitim kümesinde bulundu "
        "(%(tasks)s): puanı kısmen ezber olabilir."
    ),
    "Scores without the flagged problems stand beside it.": (
        "İşaretli problemler olmadan puanlar yanında duruyor."
    ),
    "No problem of the benchmark was found in the training set of %(arms)s (sequences of "
    "%(words)s words, and functions alike but for names).": (
        "%(arms)s eğitim kümesinde ölçütün hiçbir problemi bulunmadı (%(words)s sözcüklük diziler "
        "ve adları dışında aynı işlevler arandı)."
    ),
    "Rewordings and translations are not seen this way, nor is what the base was pretrained on.": (
        "Yeniden yazımlar ve çeviriler böyle görülmez; temel modelin önceden neyle eğitildiği de."
    ),
    "Whether the benchmark stands in the training set was not checked for %(arms)s: %(reason)s.": (
        "Ölçütün eğitim kümesinde olup olmadığına şunlar için bakılmadı: %(arms)s; %(reason)s."
    ),
    # Softer outcomes
    "The benchmark is at its floor here: no checkpoint passes %(limit)s %, so pass@1 cannot "
    "separate the checkpoints here.": (
        "Ölçüt burada tabanda: hiçbir kontrol noktası %%%(limit)s geçmiyor; pass@1 burada kontrol "
        "noktalarını ayıramaz."
    ),
    "The benchmark is at its floor here: no checkpoint passes %(limit)s %, so pass@1 separates "
    "%(some)s of %(all)s pairs only.": (
        "Ölçüt burada tabanda: hiçbir kontrol noktası %%%(limit)s geçmiyor; pass@1 %(all)s "
        "çiftten yalnızca %(some)s tanesini ayırıyor."
    ),
    "The benchmark is at its ceiling here: every checkpoint passes %(limit)s %, so pass@1 cannot "
    "separate the checkpoints here.": (
        "Ölçüt burada tavanda: her kontrol noktası %%%(limit)s geçiyor; pass@1 burada kontrol "
        "noktalarını ayıramaz."
    ),
    "The benchmark is at its ceiling here: every checkpoint passes %(limit)s %, so pass@1 "
    "separates %(some)s of %(all)s pairs only.": (
        "Ölçüt burada tavanda: her kontrol noktası %%%(limit)s geçiyor; pass@1 %(all)s çiftten "
        "yalnızca %(some)s tanesini ayırıyor."
    ),
    "Softer outcomes of the same answers tell %(some)s of %(all)s pairs apart; they say how far "
    "answers came, never that more problems are solved.": (
        "Aynı yanıtların daha yumuşak sonuçları %(all)s çiftten %(some)s tanesini ayırıyor; "
        "yanıtların ne kadar ilerlediğini söylerler, daha çok problem çözüldüğünü asla."
    ),
    "Softer outcomes of the same answers tell %(some)s of %(all)s pairs apart (%(counts)s); they "
    "say how far answers came, never that more problems are solved.": (
        "Aynı yanıtların daha yumuşak sonuçları %(all)s çiftten %(some)s tanesini ayırıyor "
        "(%(counts)s); yanıtların ne kadar ilerlediğini söylerler, daha çok problem çözüldüğünü "
        "asla."
    ),
    "More completions a problem, or another benchmark, would show more.": (
        "Problem başına daha çok yanıt ya da başka bir ölçüt daha çoğunu gösterirdi."
    ),
    "%(count)s completions of %(points)s checkpoints import a package or return a value that the "
    "cage does not pass on.": (
        "%(points)s kontrol noktasının %(count)s yanıtı, kafesin geçirmediği bir paketi içe "
        "aktarıyor ya da bir değeri döndürüyor."
    ),
    "They count as not passed, so that no program can leave the count by what it imports; were all "
    "of them right, %(point)s would have %(could)s instead of %(has)s.": (
        "Geçmemiş sayılırlar; böylece hiçbir program içe aktardığıyla sayımdan çıkamaz. Hepsi "
        "doğru olsaydı %(point)s için %(has)s yerine %(could)s olurdu."
    ),
    "Packages can be allowed under score.packages.": (
        "Paketlere score.packages altında izin verilebilir."
    ),
}
