"""The classification report's own strings in Turkish, by their English text."""

from __future__ import annotations

TURKISH_CLASSIFICATION: dict[str, str] = {
    # Frame
    "%s classes": "%s sınıf",
    "%s training rows": "%s eğitim satırı",
    "%s validation rows": "%s doğrulama satırı",
    "%s test rows": "%s test satırı",
    "Classes": "Sınıflar",
    "Calibration": "Kalibrasyon",
    "Latency": "Gecikme",
    "Items": "Örnekler",
    # Summary
    "Which arm is best": "Hangi kol en iyi",
    "Does training a model beat the baseline?": "Model eğitmek ucuz yöntemi geçiyor mu?",
    "What next": "Sırada ne var",
    "no arm": "hiçbir kol",
    "%(arms)s, on the same %(test)s test rows of %(classes)s classes.": (
        "%(arms)s; hepsi %(classes)s sınıflı aynı %(test)s test satırında."
    ),
    "Trained on %(train)s rows; every choice was made on %(validation)s validation rows.": (
        "%(train)s satırla eğitildi; her seçim %(validation)s doğrulama satırında yapıldı."
    ),
    "None: no arm was tested.": "Hiçbiri: hiçbir kol sınanmadı.",
    "Of all arms %(arm)s has the highest accuracy: %(accuracy)s.": (
        "Bütün kollar içinde doğruluğu en yüksek olan %(arm)s: %(accuracy)s."
    ),
    "Its macro F1 is %(f1)s, its mean AUC %(auc)s.": (
        "Makro F1 değeri %(f1)s, ortalama AUC değeri %(auc)s."
    ),
    "As many rows right: %s.": "Aynı sayıda satırı doğru bilen: %s.",
    "Nothing was compared with it.": "Onunla hiçbir şey karşılaştırılmadı.",
    "For these weights on these rows its lead is real.": (
        "Bu ağırlıklar ve bu satırlar için önde oluşu gerçek."
    ),
    "Its place at the top is not established.": "En üstteki yeri kanıtlanmış değil.",
    "%(first)s against %(second)s: %(verdict)s; %(evidence)s.": (
        "%(second)s karşısında %(first)s: %(verdict)s; %(evidence)s."
    ),
    "alone right on %(first)s rows against %(second)s": (
        "yalnız birinin bildiği satırlar: %(first)s ve %(second)s"
    ),
    "That cannot be said: the study has no baseline.": (
        "Bu söylenemez: çalışmada ucuz yöntem yok."
    ),
    "The baseline, TF-IDF with logistic regression, reaches %(accuracy)s in %(seconds)s s.": (
        "Ucuz yöntem (TF-IDF ile lojistik regresyon) %(seconds)s saniyede şuna ulaşıyor: "
        "%(accuracy)s."
    ),
    "%(arm)s beats it by accuracy: %(evidence)s.": (
        "%(arm)s doğrulukta onu geçiyor: %(evidence)s."
    ),
    "%(arm)s is worse than it by accuracy: %(evidence)s.": (
        "%(arm)s doğrulukta ondan kötü: %(evidence)s."
    ),
    "%(arm)s: the test rows are too few to say whether it beats it: %(evidence)s.": (
        "%(arm)s: onu geçip geçmediğini söylemek için test satırları çok az: %(evidence)s."
    ),
    "%(arm)s does not beat it, no difference was detected: %(evidence)s.": (
        "%(arm)s onu geçmiyor, fark saptanmadı: %(evidence)s."
    ),
    "By %(metric)s it is %(verdict)s: %(evidence)s.": (
        "Şu ölçüye göre %(verdict)s: %(metric)s; %(evidence)s."
    ),
    # What next
    "Add the baseline: without it no arm is known to be worth its cost.": (
        "Ucuz yöntemi ekleyin: o olmadan hiçbir kolun maliyetine değdiği bilinemez."
    ),
    "Use the baseline until an arm is shown to beat it.": (
        "Bir kolun onu geçtiği gösterilene dek ucuz yöntemi kullanın."
    ),
    "Weigh what %s gains over the baseline against its time below.": (
        "Ucuz yönteme göre kazancı, aşağıdaki süresiyle birlikte tartın: %s."
    ),
    "True differences of accuracy below %s points would mostly stay unseen: label more test rows "
    "to settle smaller ones.": (
        "%s puanın altındaki gerçek doğruluk farkları çoğunlukla görülmezdi: daha küçükleri için "
        "daha çok test satırı etiketleyin."
    ),
    "The test rows are too few for these comparisons: label more.": (
        "Test satırları bu karşılaştırmalar için çok az: daha çok etiketleyin."
    ),
    "Repeat with more seeds before calling one base model better: with one seed a difference is "
    "one between these weights.": (
        "Bir temel modele daha iyi demeden önce başka tohumlarla yineleyin: tek tohumda fark, bu "
        "ağırlıkların farkıdır."
    ),
    "%(arm)s: widen the search, the chosen %(key)s %(value)s is at its edge.": (
        "%(arm)s: aramayı genişletin, seçilen %(key)s %(value)s aramanın ucunda."
    ),
    "%(arm)s: %(chosen)s cannot be told from %(others)s; any of them would do.": (
        "%(arm)s: seçilen %(chosen)s şunlardan ayırt edilemiyor: %(others)s; hangisi olsa olur."
    ),
    "Calibrate before probabilities are read as chances: %s.": (
        "Olasılıkları şans diye okumadan önce kalibre edin: %s."
    ),
    "Read the items below that %(arm)s gets wrong; its most frequent error: %(true)s taken for "
    "%(predicted)s, %(count)s of %(total)s.": (
        "Aşağıda, yanlış bilinen örnekleri okuyun (%(arm)s); en sık yanlışı: %(true)s yerine "
        "%(predicted)s, %(total)s satırda %(count)s."
    ),
    # Metrics
    "accuracy": "doğruluk",
    "precision": "kesinlik",
    "recall": "duyarlılık",
    "precision, macro": "kesinlik, makro",
    "recall, macro": "duyarlılık, makro",
    "F1, micro": "F1, mikro",
    "F1, macro": "F1, makro",
    "F1, weighted": "F1, ağırlıklı",
    "balanced accuracy": "dengeli doğruluk",
    "Matthews correlation": "Matthews korelasyonu",
    "log loss": "log kaybı",
    "calibration error": "kalibrasyon hatası",
    "AUC, macro mean": "AUC, makro ortalama",
    # Tables
    "metric": "ölçü",
    "arm": "kol",
    "class": "sınıf",
    "point": "nokta",
    "yes": "evet",
    "no": "hayır",
    "kept": "saklandı",
    "chosen": "seçildi",
    "test rows": "test satırı",
    "rows predicted": "öngörülen satır",
    "true class": "gerçek sınıf",
    "predicted class": "öngörülen sınıf",
    "highest on the test rows": "test satırlarında en yüksek",
    "Every metric on the same %s test rows": "Aynı %s test satırında bütün ölçüler",
    "Accuracy: right/rows (percent) [interval in percent]; all others: figure [interval]. Log loss "
    "and calibration error are better the lower they are.": (
        "Doğruluk: doğru/satır (yüzde) [yüzde olarak aralık]; ötekiler: değer [aralık]. Log kaybı "
        "ve kalibrasyon hatası ne kadar küçükse o kadar iyidir."
    ),
    "Each arm against the baseline, row by row": "Her kol ucuz yönteme karşı, satır satır",
    "The arms against each other, row by row": "Kollar birbirine karşı, satır satır",
    "Difference: first minus second, a metric from 0 to 1 counted in hundredths.": (
        "Fark: birinci eksi ikinci; 0 ile 1 arasındaki ölçü yüzde birler olarak sayılır."
    ),
    "Every class": "Bütün sınıflar",
    "Confusion of %s: rows of a true class by predicted class": (
        "Karışıklık, %s: gerçek sınıfın satırları, öngörülen sınıfa göre"
    ),
    "validation accuracy": "doğrulama doğruluğu",
    "what it was chosen by": "seçim ölçüsü",
    "against the chosen point": "seçilen noktaya karşı",
    "stopped early": "erken durdu",
    "cannot be told apart": "ayırt edilemiyor",
    "told apart": "ayırt ediliyor",
    "Every point of the search, on %s validation rows": (
        "Aramanın bütün noktaları, %s doğrulama satırında"
    ),
    "How each arm was trained": "Her kol nasıl eğitildi",
    "chosen settings": "seçilen ayarlar",
    "epochs": "devir sayısı",
    "kept epoch": "saklanan devir",
    "trained weights": "eğitilen ağırlık",
    "rows cut": "kesilen satır",
    "precision of numbers": "sayı kesinliği",
    "training, s": "eğitim, s",
    "Every epoch": "Bütün devirler",
    "training accuracy": "eğitim doğruluğu",
    "validation loss": "doğrulama kaybı",
    "validation F1, macro": "doğrulama F1, makro",
    "mean probability": "ortalama olasılık",
    "share right": "doğru payı",
    "Test rows by the probability of the predicted class": (
        "Öngörülen sınıfın olasılığına göre test satırları"
    ),
    "Time of a prediction": "Bir öngörünün süresi",
    "texts a call": "çağrıda metin",
    "median, ms": "ortanca, ms",
    "95th percentile, ms": "95. yüzdelik, ms",
    "texts a second": "saniyede metin",
    "timed calls": "ölçülen çağrı",
    "adapter": "adaptör",
    "merged": "birleştirilmiş",
    "not merged": "birleştirilmemiş",
    "Measured on %(device)s, threads: %(threads)s; %(inputs)s different texts, every arm on each "
    "of them in random order after %(warmup)s calls to warm up.": (
        "Ölçüldüğü yer: %(device)s, iş parçacığı: %(threads)s; %(inputs)s farklı metin; "
        "%(warmup)s ısınma çağrısından sonra her kol her metinde, rastgele sırayla."
    ),
    "Time of one arm over another's": "Bir kolun süresi, ötekinin süresine bölünmüş",
    "time of first / time of second": "birincinin süresi / ikincinin süresi",
    "first is faster": "birinci daha hızlı",
    "first is slower": "birinci daha yavaş",
    # Charts
    "Every metric by arm": "Kola göre bütün ölçüler",
    "F1 of each class by arm": "Kola göre her sınıfın F1 değeri",
    "Confusion of %s": "Karışıklık: %s",
    "%(true)s, predicted %(predicted)s: %(count)s of %(total)s": (
        "%(true)s, öngörülen %(predicted)s: %(total)s satırda %(count)s"
    ),
    "ROC of every class against the rest, and their mean": (
        "Her sınıfın geri kalana karşı ROC eğrisi ve ortalamaları"
    ),
    "Mean of the classes": "Sınıfların ortalaması",
    "no such rows": "böyle satır yok",
    "false-positive rate": "yanlış pozitif oranı",
    "true-positive rate": "doğru pozitif oranı",
    "true-positive rate; number: AUC": "doğru pozitif oranı; sayı: AUC",
    "The last panel is the mean of the class curves at equal false-positive rate. The AUC of every "
    "class with its interval stands in the table of classes.": (
        "Son kare, sınıf eğrilerinin eşit yanlış pozitif oranındaki ortalamasıdır. Her sınıfın AUC "
        "değeri ve aralığı sınıflar tablosundadır."
    ),
    "Calibration: share right by predicted probability": (
        "Kalibrasyon: öngörülen olasılığa göre doğru payı"
    ),
    "probability of the prediction": "öngörünün olasılığı",
    "On the dotted line a probability means what it says; below it the arm is too sure of itself. "
    "The larger a mark, the more test rows it stands for.": (
        "Noktalı çizgide olasılık söylediği şeydir; altında kol kendinden fazla emindir. İşaret ne "
        "kadar büyükse o kadar çok test satırı demektir."
    ),
    "Validation accuracy by searched setting": "Aranan ayara göre doğrulama doğruluğu",
    "Ringed: the point that the arm goes on with. “≈”: a paired test on the same validation rows "
    "cannot tell the point from it.": (
        "Halkalı: kolun sürdürdüğü nokta. “≈”: aynı doğrulama satırlarında eşli sınama bu noktayı "
        "ondan ayırt edemiyor."
    ),
    "Loss by epoch": "Devire göre kayıp",
    "Accuracy by epoch": "Devire göre doğruluk",
    "cross entropy": "çapraz entropi",
    "training": "eğitim",
    "validation": "doğrulama",
    "Dashed: training rows as they came, dropout on. Solid: validation rows. Ringed: the epoch "
    "whose weights were kept.": (
        "Kesikli: geldikleri anda eğitim satırları, dropout açık. Düz: doğrulama satırları. "
        "Halkalı: ağırlıkları saklanan devir."
    ),
    "Time of a call by arm": "Kola göre bir çağrının süresi",
    "texts a call: %s": "çağrıda metin: %s",
    "milliseconds a call: median, and whisker to the 95th percentile": (
        "çağrı başına milisaniye: ortanca ve 95. yüzdeliğe uzanan çizgi"
    ),
    "Test accuracy against the time of one text": "Tek metnin süresine karşı test doğruluğu",
    # Gaps
    "No arm was tested.": "Hiçbir kol sınanmadı.",
    "No metric is defined.": "Tanımlı ölçü yok.",
    "No trained arm was tested beside the baseline.": (
        "Ucuz yöntemin yanında eğitilmiş hiçbir kol sınanmadı."
    ),
    "There is no baseline to compare with: the study leaves it out.": (
        "Karşılaştıracak ucuz yöntem yok: çalışma onu dışarıda bırakıyor."
    ),
    "There are no two trained arms to compare.": "Karşılaştıracak iki eğitilmiş kol yok.",
    "F1 is defined for no class.": "F1 hiçbir sınıf için tanımlı değil.",
    "No ROC curve is defined: no class has rows both in and out of it.": (
        "Hiçbir ROC eğrisi tanımlı değil: hiçbir sınıfın hem içinde hem dışında satır yok."
    ),
    "No arm has probabilities to calibrate.": "Hiçbir kolun kalibre edilecek olasılığı yok.",
    "The study made no search.": "Çalışma arama yapmadı.",
    "%s has no history of its epochs.": "Devirlerinin geçmişi yok: %s.",
    "Latency was not measured.": "Gecikme ölçülmedi.",
    "There are no two arms to compare.": "Karşılaştıracak iki kol yok.",
    # Items
    "Every test item with its label, and what each arm predicted with which probability. Keys: j "
    "and k go to the next and the previous item, / searches.": (
        "Her test örneği etiketiyle, her kolun ne öngördüğü ve olasılığıyla. Tuşlar: j ve k "
        "sonraki ve önceki örneğe gider, / arar."
    ),
    "One mark an arm, in the order of the tables.": (
        "Her kol için bir işaret, tablolardaki sırayla."
    ),
    "The items need JavaScript, which this page runs without any network.": (
        "Örnekler için JavaScript gerekir; bu sayfa onu ağ olmadan çalıştırır."
    ),
    "The items can be read in the HTML file.": "Örnekler HTML dosyasında okunabilir.",
    "both right": "ikisi de doğru",
    "neither right": "ikisi de yanlış",
    "another prediction": "öngörüsü değişen",
    "“To” is": "“Nereye”",
    "right": "doğru",
    "wrong": "yanlış",
    "True class": "Gerçek sınıf",
    "Predicted by “To”": "“Nereye” öngörüsü",
    "{shown} of {all} items": "{all} örnekten {shown} tanesi",
    "No item matches.": "Uyan örnek yok.",
    "This browser cannot unpack the items; use one from 2023 or later.": (
        "Bu tarayıcı örnekleri açamıyor; 2023 ya da sonrasından bir tarayıcı kullanın."
    ),
    "Item {number}": "Örnek {number}",
    "Text": "Metin",
    "The text of this item is not there.": "Bu örneğin metni yok.",
    "probability of the true class": "gerçek sınıfın olasılığı",
    "Probabilities": "Olasılıklar",
}
