"""How a classification report's numbers are made, in Turkish, by the English text."""

from __future__ import annotations

TURKISH_CLASSIFICATION_METHODS: dict[str, str] = {
    "Accuracy, precision and recall of a class": "Doğruluk; bir sınıfın kesinliği, duyarlılığı",
    "Shares k/n with the score interval of Wilson (1927) at %s % confidence. With one label a row, "
    "micro F1 is the accuracy.": (
        "k/n payları, Wilson (1927) skor aralığıyla; güven düzeyi yüzde %s. Satır başına tek "
        "etikette mikro F1 doğruluğun kendisidir."
    ),
    "Macro and weighted averages, balanced accuracy": (
        "Makro ve ağırlıklı ortalamalar, dengeli doğruluk"
    ),
    "Macro: mean over the classes that occur in the truth. Weighted: by the rows of each class. "
    "Balanced accuracy is the macro recall. Intervals: bias-corrected and accelerated bootstrap "
    "(Efron 1987), rows drawn within each true class.": (
        "Makro: gerçekte bulunan sınıfların ortalaması. Ağırlıklı: her sınıfın satır sayısıyla. "
        "Dengeli doğruluk makro duyarlılıktır. Aralıklar: yanlılığı düzeltilmiş, hızlandırılmış "
        "bootstrap (Efron 1987); satırlar her gerçek sınıfın içinden çekilir."
    ),
    "Correlation of true and predicted classes over the whole confusion matrix (Gorodkin 2004), 0 "
    "for guessing; bootstrap interval as for the averages.": (
        "Bütün karışıklık matrisi üzerinde gerçek ve öngörülen sınıfların korelasyonu (Gorodkin "
        "2004); rastgele tahminde 0. Bootstrap aralığı ortalamalardaki gibidir."
    ),
    "Log loss": "Log kaybı",
    "Mean of −ln of the probability of the true class, in nats; bootstrap interval over rows.": (
        "Gerçek sınıfın olasılığının −ln değerlerinin ortalaması, nat olarak; bootstrap aralığı "
        "satırlar üzerinden."
    ),
    "Calibration error (ECE)": "Kalibrasyon hatası (ECE)",
    "Rows are put into 15 bins of equal width by the probability of the predicted class; the error "
    "is the mean distance between share right and mean probability (Guo et al. 2017). Bootstrap "
    "interval with the bias of resampling taken out.": (
        "Satırlar, öngörülen sınıfın olasılığına göre eşit genişlikte 15 kutuya konur; hata, doğru "
        "payı ile ortalama olasılık arasındaki uzaklığın ortalamasıdır (Guo ve ark. 2017). "
        "Bootstrap aralığından yeniden örneklemenin yanlılığı çıkarılmıştır."
    ),
    "ROC and AUC": "ROC ve AUC",
    "Each class against the rest by its probability; the interval is that of DeLong et al. (1988). "
    "The macro mean is over every class that occurs, not a choice of them.": (
        "Her sınıf, olasılığıyla geri kalana karşı; aralık DeLong ve ark. (1988). Makro ortalama "
        "bir seçkinin değil, bulunan bütün sınıflarındır."
    ),
    "Both arms predicted the same rows, so only rows that exactly one of them has right speak: b "
    "that only the first has, c that only the second has. The difference of accuracy is "
    "(b − c)/N.": (
        "İki kol aynı satırları öngördü; bu yüzden yalnız birinin doğru bildiği satırlar konuşur: "
        "b yalnız birincinin, c yalnız ikincinin bildikleri. Doğruluk farkı (b − c)/N."
    ),
    "Accuracy: mid-p test of McNemar (Fagerland et al. 2013). Macro F1: predictions of the two "
    "arms exchanged at random row by row. Mean AUC: DeLong. It holds for this pair and metric "
    "alone.": (
        "Doğruluk: McNemar'ın orta-p sınaması (Fagerland ve ark. 2013). Makro F1: iki kolun "
        "öngörüleri satır satır rastgele değiştirilir. Ortalama AUC: DeLong. Yalnız bu çift ve bu "
        "ölçü için geçerlidir."
    ),
    "Corrected for the number of comparisons by the step-down method of Holm (1979). The family is "
    "every pair and metric of the study.": (
        "Karşılaştırma sayısına göre Holm'ün (1979) adım adım yöntemiyle düzeltilir. Aile, "
        "çalışmanın bütün çiftleri ve ölçüleridir."
    ),
    "Smallest true difference of accuracy that this comparison would find in four of five "
    "repetitions (80 % power), given how often the two arms disagree, at the strictest level that "
    "Holm may ask for.": (
        "Bu karşılaştırmanın beş yinelemenin dördünde bulacağı en küçük gerçek doğruluk farkı (%80 "
        "güç); iki kolun ne sıklıkla ayrıştığına ve Holm'ün isteyebileceği en sıkı düzeye göre."
    ),
    "Every point is trained with the same seed and judged on the validation rows; the test rows "
    "play no part. Two points cannot be told apart if McNemar's mid-p on the validation rows, "
    "after Holm over the points of the arm, is not significant.": (
        "Her nokta aynı tohumla eğitilir ve doğrulama satırlarında değerlendirilir; test "
        "satırlarının payı yoktur. McNemar'ın doğrulama satırlarındaki orta-p değeri, kolun "
        "noktaları üzerinden Holm düzeltmesinden sonra anlamlı değilse iki nokta ayırt edilemez."
    ),
    "Whole predictions are timed after a warm-up, all arms on the same inputs in random order. The "
    "ratio is the pseudo-median of the paired ratios (Hodges and Lehmann 1963) with a bootstrap "
    "interval over inputs; an interval that includes 1 says that no difference was detected.": (
        "Isınmadan sonra bütün bir öngörünün süresi ölçülür; kollar aynı girdilerde, rastgele "
        "sırayla. Oran, eşli oranların sözde ortancasıdır (Hodges ve Lehmann 1963); bootstrap "
        "aralığı girdiler üzerinden. 1'i içeren aralık, fark saptanmadığını söyler."
    ),
}
