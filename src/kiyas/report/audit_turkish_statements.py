"""Sentences of the audit and the trajectory in Turkish, by their English pattern."""

from __future__ import annotations

_OWN_PARTS = {
    "end at once, without a word": "hiçbir şey yazmadan hemen bitiyor",
    "are cut at the token limit": "token sınırında kesiliyor",
    "repeat themselves up to the token limit": "token sınırına dek kendini yineliyor",
    "hold no code": "kod içermiyor",
    "do not define the function that was asked for": "istenen işlevi tanımlamıyor",
    "define the function with other arguments": "işlevi başka değişkenlerle tanımlıyor",
    "leave the function without a body": "işlevi gövdesiz bırakıyor",
    "are indented wrongly": "yanlış girintili",
    "do not parse": "ayrıştırılamıyor",
    "hold good code that the reading misses": "okumanın kaçırdığı iyi kod içeriyor",
    "run and give a wrong answer": "çalışıp yanlış yanıt veriyor",
}

TURKISH_AUDIT_STATEMENTS: dict[str, str] = {
    **_OWN_PARTS,
    # Protocols
    "The score of the untrained %(base)s depends on how it is asked: %(own)s under %(protocol)s, "
    "%(other)s under %(another)s (p = %(p)s, corrected).": (
        "Eğitilmemiş %(base)s modelinin puanı nasıl sorulduğuna bağlı: %(protocol)s altında "
        "%(own)s, %(another)s altında %(other)s (p = %(p)s, düzeltilmiş)."
    ),
    "Why: under %(protocol)s %(share)s of its answers %(how)s.": (
        "Neden: %(protocol)s altında yanıtlarının %(share)s kadarı %(how)s."
    ),
    "The study asks it in a way that it does not answer well, so that what an arm gains over it "
    "may be the habit of answering in this form, not ability.": (
        "Çalışma ona iyi yanıtlamadığı bir biçimde soruyor; bir kolun ona göre kazancı yetenek "
        "değil, bu biçimde yanıtlama alışkanlığı olabilir."
    ),
    "The same weights, asked by %(another)s, would be reported as %(other)s: a gain measured from "
    "there would be a gain in format, and scores under two protocols are not to be compared.": (
        "Aynı ağırlıklar %(another)s ile sorulsa %(other)s diye bildirilirdi: oradan ölçülen bir "
        "kazanç biçim kazancı olurdu; iki protokolün puanları karşılaştırılmaz."
    ),
    "%(label)s does better under another protocol than it was trained and tested under: %(other)s "
    "under %(another)s against %(own)s under %(protocol)s (p = %(p)s, corrected).": (
        "%(label)s, eğitilip sınandığından başka bir protokol altında daha iyi: %(another)s "
        "%(other)s, %(protocol)s %(own)s (p = %(p)s, düzeltilmiş)."
    ),
    "%(count)s scores of trained checkpoints fall beyond noise under another protocol than the one "
    "they were trained under; most: %(label)s, %(own)s under %(protocol)s "
    "against %(other)s under %(another)s.": (
        "Eğitilmiş kontrol noktalarının %(count)s puanı, eğitildiklerinden başka bir protokol "
        "altında gürültünün ötesinde düşüyor; en çok: %(label)s, %(protocol)s %(own)s, "
        "%(another)s %(other)s."
    ),
    # Rules
    "%(label)s: the score depends on how the code is taken out of the same texts: %(own)s "
    "validated, %(other)s (p = %(p)s, corrected).": (
        "%(label)s: puan, aynı metinlerden kodun nasıl çıkarıldığına bağlı: validated %(own)s, "
        "%(other)s (p = %(p)s, düzeltilmiş)."
    ),
    "The texts hold good code that the study's rule does not find: what is measured is also the "
    "form of the answer.": (
        "Metinler, çalışmanın kuralının bulmadığı iyi kod içeriyor: ölçülen aynı zamanda yanıtın "
        "biçimi."
    ),
    "The rule suits this protocol, and yet it breaks good code: what is measured is also the form "
    "of the answer.": (
        "Kural bu protokole uygun, yine de iyi kodu bozuyor: ölçülen aynı zamanda yanıtın biçimi."
    ),
    "So it is in %(cells)s cells of %(count)s checkpoints.": (
        "%(count)s kontrol noktasının %(cells)s hücresinde böyle."
    ),
    "A harness that reads the same texts by another rule would report other scores; most: "
    "%(label)s, %(other)s instead of %(own)s (p = %(p)s, corrected).": (
        "Aynı metinleri başka kuralla okuyan bir ölçüm düzeneği başka puan bildirirdi; en çok: "
        "%(label)s, %(own)s yerine %(other)s (p = %(p)s, düzeltilmiş)."
    ),
    "Compare with scores from elsewhere only if their rule is known.": (
        "Başka yerlerin puanlarıyla ancak kuralları biliniyorsa karşılaştırın."
    ),
    # Gain
    "%(label)s passes %(gained)s of %(all)s problems that its base fails and fails %(lost)s that "
    "its base passes.": (
        "%(label)s, %(all)s problemden temel modelinin geçemediği %(gained)s tanesini geçiyor, "
        "temel modelinin geçtiği %(lost)s tanesini geçemiyor."
    ),
    "Of the %(gained)s, %(format)s the base itself solves under some protocol or rule: format, "
    "%(share)s of all problems [%(low)s, %(high)s].": (
        "Bu %(gained)s problemin %(format)s tanesini temel model bir protokol ya da kural altında "
        "kendisi çözüyor: biçim, bütün problemlerin %(share)s kadarı [%(low)s; %(high)s]."
    ),
    "In none of %(cells)s ways it solves %(ability)s: ability, %(share)s [%(low)s, %(high)s].": (
        "%(ability)s tanesini %(cells)s yolun hiçbirinde çözmüyor: yetenek, %(share)s "
        "[%(low)s; %(high)s]."
    ),
    "Against the base's best single way (%(way)s) %(difference)s points remain [%(low)s, %(high)s] "
    "(p = %(p)s, corrected): %(end)s.": (
        "Temel modelin en iyi tek yoluna (%(way)s) karşı %(difference)s puan kalıyor "
        "[%(low)s; %(high)s] (p = %(p)s, düzeltilmiş): %(end)s."
    ),
    "no gain beyond format is shown": "biçimin ötesinde kazanç gösterilemiyor",
    "a gain that no change of format explains": "biçim değişikliğinin açıklamadığı bir kazanç",
    # Budgets
    "Every checkpoint was asked under %(protocol)s, the protocol that the arms were trained under, "
    "with the same limit of tokens.": (
        "Her kontrol noktasına, kolların eğitildiği protokol olan %(protocol)s altında, aynı token "
        "sınırıyla soruldu."
    ),
    "A training row of %(arm)s has %(mean)s tokens on average, one of %(other)s %(less)s: at equal "
    "steps %(again)s has seen %(ratio)s times the tokens.": (
        "Bir eğitim satırı %(arm)s için ortalama %(mean)s token, %(other)s için %(less)s: eşit "
        "adımda %(again)s kolu %(ratio)s katı token gördü."
    ),
    "The arms were not trained on as many examples (steps x examples a step): %(sizes)s.": (
        "Kollar eşit sayıda örnekle eğitilmedi (adım x adımdaki örnek): %(sizes)s."
    ),
    "Checkpoints did not have the same room: %(least)s was cut at %(few)s tokens, %(most)s only at "
    "%(many)s.": (
        "Kontrol noktalarının yeri eşit değildi: %(least)s %(few)s tokende, %(most)s ancak "
        "%(many)s tokende kesildi."
    ),
    "Their scores compare budgets as well as weights; lower max_new_tokens to what every context "
    "holds.": (
        "Puanları ağırlıklar kadar bütçeleri de karşılaştırıyor; max_new_tokens değerini her "
        "bağlamın aldığına indirin."
    ),
    "The token limit does not strike alike: %(most)s has %(many)s completions cut, %(least)s "
    "%(few)s (their %(level)s % intervals lie apart).": (
        "Token sınırı eşit vurmuyor: %(most)s için %(many)s yanıt kesildi, %(least)s için %(few)s "
        "(yüzde %(level)s aralıkları ayrık)."
    ),
    "What the first loses to the limit is a finding about the budget, not about its ability.": (
        "İlkinin sınıra yitirdiği, yeteneği değil bütçesi üzerine bir bulgudur."
    ),
    "%(arm)s: %(rows)s training rows were cut at %(limit)s tokens, so that their end was never "
    "learnt; completions may run into the token limit for it.": (
        "%(arm)s: %(rows)s eğitim satırı %(limit)s tokende kesildi, sonları hiç öğrenilmedi; "
        "yanıtlar bu yüzden token sınırına dayanabilir."
    ),
    "%(count)s of %(all)s checkpoints have at least %(share)s% of their completions cut at the "
    "token limit (most: %(label)s, %(cut)s): a limit on tokens is tested along with ability.": (
        "%(all)s kontrol noktasının %(count)s tanesinde yanıtların en az %%%(share)s kadarı token "
        "sınırında kesildi (en çok: %(label)s, %(cut)s): yetenekle birlikte bir token sınırı da "
        "sınanıyor."
    ),
    # Comparisons
    "%(better)s of %(all)s checkpoints are better than the untrained base and %(worse)s are worse, "
    "after correction for all %(count)s comparisons of this study.": (
        "%(all)s kontrol noktasının %(better)s tanesi eğitilmemiş temel modelden daha iyi, "
        "%(worse)s tanesi daha kötü; çalışmanın bütün %(count)s karşılaştırması için düzeltildi."
    ),
    "Whether a gain is one of ability or of answer format this table cannot say.": (
        "Bir kazancın yetenekten mi yanıt biçiminden mi olduğunu bu tablo söyleyemez."
    ),
    "The arms can be told apart at %(apart)s of %(all)s equal steps; a difference of %(size)s "
    "points or more would have been seen.": (
        "Kollar %(all)s eşit adımın %(apart)s tanesinde ayırt edilebiliyor; %(size)s puan ya da "
        "daha büyük bir fark görülürdü."
    ),
    "The arms can be told apart at %(apart)s of %(all)s equal steps.": (
        "Kollar %(all)s eşit adımın %(apart)s tanesinde ayırt edilebiliyor."
    ),
    "With one training seed an arm, a difference is one between these weights, never evidence that "
    "one data strategy is better.": (
        "Kol başına tek eğitim tohumuyla fark bu ağırlıklar arasındadır; bir veri stratejisinin "
        "daha iyi olduğunun kanıtı değildir."
    ),
    # Scope
    "Audited: checkpoints by protocol %(tried)s, each under %(count)s extraction rules over the "
    "same texts (%(rules)s).": (
        "Denetlendi: protokole göre kontrol noktaları %(tried)s, her biri aynı metinlerde "
        "%(count)s çıkarım kuralıyla (%(rules)s)."
    ),
    # Trajectory
    "%(best)s is the best of %(count)s checkpoints, selected on the test set itself: %(observed)s "
    "as observed, %(corrected)s [%(low)s, %(high)s] after repeated split-half cross-fitting takes "
    "the luck of the choice out.": (
        "%(best)s, %(count)s kontrol noktasının en iyisi, test kümesinin kendisinde seçildi: "
        "gözlenen %(observed)s; yinelenen yarı bölmeyle seçim şansı çıkarılınca %(corrected)s "
        "[%(low)s; %(high)s]."
    ),
    "It is the last checkpoint of its trial.": "Denemesinin son kontrol noktasıdır.",
    "The last checkpoint of its trial, which nobody chose, %(last)s, reaches %(score)s.": (
        "Denemesinin kimsenin seçmediği son kontrol noktası %(last)s: %(score)s."
    ),
    "%(trial)s: training could stop at step %(step)s.": (
        "%(trial)s: eğitim %(step)s adımında durabilir."
    ),
    "Its score is %(deficit)s points below the best of the trial (step %(best)s), within one "
    "standard error of it (%(error)s points), and a paired test does not tell the two apart "
    "(p = %(p)s).": (
        "Puanı denemenin en iyisinden (adım %(best)s) %(deficit)s puan aşağıda, bir standart "
        "hatadan (%(error)s puan) yakın ve eşli sınama ikisini ayırmıyor (p = %(p)s)."
    ),
    "No early lead is real: %(first)s minus %(second)s at steps %(steps)s is %(difference)s points "
    "[%(low)s, %(high)s], p = %(p)s; %(verdict)s.": (
        "Baştaki hiçbir üstünlük gerçek değil: %(steps)s adımlarında %(first)s eksi %(second)s "
        "%(difference)s puan [%(low)s; %(high)s], p = %(p)s; %(verdict)s."
    ),
    "%(ahead)s learns faster than %(behind)s: at steps %(steps)s %(difference)s points [%(low)s, "
    "%(high)s], p = %(p)s, %(rest)s.": (
        "%(ahead)s, %(behind)s kolundan hızlı öğreniyor: %(steps)s adımlarında %(difference)s puan "
        "[%(low)s; %(high)s], p = %(p)s, %(rest)s."
    ),
    "and still leads at the last step": "ve son adımda hâlâ önde",
    "and has lost the lead at the last step": "ve son adımda üstünlüğünü yitirmiş",
    "With the training seed as the unit (%(count)s seeds), the arms differ at %(apart)s of "
    "%(all)s steps after Holm.": (
        "Birim eğitim tohumu olunca (%(count)s tohum) kollar Holm düzeltmesinden sonra %(all)s "
        "adımın %(apart)s tanesinde ayrışıyor."
    ),
    "Strongest: %(first)s minus %(second)s at step %(step)s is %(difference)s points [%(low)s, "
    "%(high)s]: %(verdict)s.": (
        "En güçlüsü: %(step)s adımında %(first)s eksi %(second)s %(difference)s puan "
        "[%(low)s; %(high)s]: %(verdict)s."
    ),
    "Such a difference holds for the strategy on this base and this data.": (
        "Böyle bir fark bu temel model ve bu veri için stratejiye aittir."
    ),
    "Nothing is shown of the strategies.": "Stratejiler için bir şey gösterilmiş değil.",
}
