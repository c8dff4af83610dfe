"""The report's strings in Turkish, by their English text; nothing else is translated."""

from __future__ import annotations

TURKISH: dict[str, str] = {
    # Frame of the page
    "comparison report": "karşılaştırma raporu",
    "Skip to the content": "İçeriğe geç",
    "Sections": "Bölümler",
    "Light or dark": "Açık ya da koyu",
    "Summary": "Özet",
    "In one minute": "Bir dakikada",
    "Results": "Sonuçlar",
    "Comparisons": "Karşılaştırmalar",
    "Training": "Eğitim",
    "Outcomes": "Sonuç türleri",
    "Problems": "Problemler",
    "Methods": "Yöntemler",
    "How the numbers were made": "Sayılar nasıl bulundu",
    "Provenance": "Köken",
    "To repeat it": "Yinelemek için",
    "Findings and warnings": "Bulgular ve uyarılar",
    "Its numbers": "Sayıları",
    "Alarm": "Alarm",
    "Warning": "Uyarı",
    "Note": "Not",
    "None.": "Yok.",
    "Versions and hashes": "Sürümler ve özetler",
    "Chart": "Grafik",
    "name": "ad",
    "value": "değer",
    "protocol": "protokol",
    "%s problem": "%s problem",
    "%s completion a problem": "problem başına %s yanıt",
    "%s %% intervals": "%%%s güven aralıkları",
    # Cage
    "Generated code was run and judged in a cage of isolation level: %s.": (
        "Üretilen kod, yalıtım düzeyi şu olan bir kafeste çalıştırılıp değerlendirildi: %s."
    ),
    "This level limits time and memory but does not contain hostile code: a pass can be faked, "
    "so trust it only where you trust the model.": (
        "Bu düzey süreyi ve belleği sınırlar ama kötü niyetli kodu tutmaz: başarı taklit "
        "edilebilir; modele ne kadar güveniyorsanız sonuca da o kadar güvenin."
    ),
    # Summary
    "What was compared": "Ne karşılaştırıldı",
    "What won": "Hangisi kazandı",
    "Is it real?": "Gerçek mi?",
    "What it cannot say": "Ne söyleyemez",
    "no trained arm": "eğitilmiş kol yok",
    "%s trained checkpoint": "%s eğitilmiş kontrol noktası",
    "%(trials)s: %(checkpoints)s, and the untrained base.": (
        "%(trials)s: %(checkpoints)s ve eğitilmemiş temel model."
    ),
    "Benchmark %(benchmark)s, %(problems)s problems, %(samples)s, protocol %(protocol)s.": (
        "Ölçüt %(benchmark)s, %(problems)s problem, %(samples)s, protokol %(protocol)s."
    ),
    "Nothing: no checkpoint passed any problem.": (
        "Hiçbiri: hiçbir kontrol noktası hiçbir problemi geçemedi."
    ),
    "Of the trained checkpoints %(label)s passed most: %(score)s. "
    "It was selected on the test set.": (
        "Eğitilmiş kontrol noktalarından en çok geçen %(label)s: %(score)s. Test kümesinde seçildi."
    ),
    "Its untrained base: %s.": "Eğitilmemiş temel modeli: %s.",
    "Its untrained base passed as many or more: %s.": (
        "Eğitilmemiş temel modeli en az o kadar geçti: %s."
    ),
    "Against its base the best checkpoint is better: %s. For these weights on this benchmark the "
    "gain is real; it may be one of answer format rather than of ability.": (
        "En iyi kontrol noktası temel modelinden daha iyi: %s. Bu ağırlıklar ve bu ölçüt için "
        "kazanç gerçek; ama yetenekten değil yanıt biçiminden geliyor olabilir."
    ),
    "Against its base the best checkpoint is worse: %s.": (
        "En iyi kontrol noktası temel modelinden daha kötü: %s."
    ),
    "Against its base nothing can be said, the study is too small: %s.": (
        "Temel modele karşı bir şey söylenemez, çalışma çok küçük: %s."
    ),
    "Against its base no difference was detected: %s.": ("Temel modele karşı fark saptanmadı: %s."),
    "Between the arms: no difference detected in %s comparison.": (
        "Kollar arasında: %s karşılaştırmanın hiçbirinde fark saptanmadı."
    ),
    "Between the arms: %(found)s of %(all)s comparisons show a difference.": (
        "Kollar arasında: %(all)s karşılaştırmanın %(found)s tanesi fark gösteriyor."
    ),
    "%(first)s is %(verdict)s than %(second)s: %(evidence)s.": (
        "%(first)s, %(second)s ile karşılaştırıldığında %(verdict)s: %(evidence)s."
    ),
    "%s points": "%s puan",
    "%(won)s problems won and %(lost)s lost": "%(won)s problem kazanıldı, %(lost)s kaybedildi",
    "%s after Holm": "Holm düzeltmesinden sonra %s",
    "One training seed an arm: a difference says that these weights differ, never that a data "
    "strategy is better.": (
        "Kol başına tek eğitim tohumu: bir fark bu ağırlıkların farklı olduğunu söyler, "
        "bir veri stratejisinin daha iyi olduğunu asla söylemez."
    ),
    "True differences below %(low)s to %(high)s points would mostly stay unseen.": (
        "%(low)s ile %(high)s puanın altındaki gerçek farklar çoğunlukla görülmezdi."
    ),
    "The best of %s checkpoints looks better than it is: it was chosen by its score.": (
        "%s kontrol noktasının en iyisi olduğundan iyi görünür: puanına bakılarak seçildi."
    ),
    "One benchmark under one protocol: another way of asking may give other numbers.": (
        "Tek ölçüt, tek protokol: başka bir soruş biçimi başka sayılar verebilir."
    ),
    "%s warning below names a further doubt.": "Aşağıdaki %s uyarı başka kuşkuları anlatıyor.",
    # Tables
    "pass@1 by checkpoint and arm": "kontrol noktası ve kola göre pass@1",
    "Each cell: passed/completions (pass@1 in percent) [interval in percent].": (
        "Her hücre: geçen/yanıt (yüzde olarak pass@1) [yüzde olarak aralık]."
    ),
    "Differences in percentage points [interval], verdict after Holm.": (
        "Farklar yüzde puanı [aralık], yargı Holm düzeltmesinden sonra."
    ),
    "best, selected on the test set": "en iyi, test kümesinde seçildi",
    "base": "temel model",
    "untrained": "eğitilmemiş",
    "step %s": "adım %s",
    "epoch %s": "devir %s",
    "minus": "eksi",
    "checkpoint": "kontrol noktası",
    "epoch": "devir",
    "training loss": "eğitim kaybı",
    "truncated": "kesilmiş",
    "tokens decoded": "üretilen token",
    "not judged": "değerlendirilemedi",
    "first": "birinci",
    "second": "ikinci",
    "b: only first": "b: yalnız birinci",
    "c: only second": "c: yalnız ikinci",
    "difference, points": "fark, puan",
    "p, Holm": "p, Holm",
    "verdict": "yargı",
    "detectable, points": "saptanabilir, puan",
    "better": "daha iyi",
    "worse": "daha kötü",
    "no difference detected": "fark saptanmadı",
    "underpowered": "gücü yetersiz",
    "Each checkpoint against its untrained base": (
        "Her kontrol noktası, eğitilmemiş temel modeline karşı"
    ),
    "The arms against each other at the same step": "Aynı adımda kollar birbirine karşı",
    "Second: %s.": "İkinci: %s.",
    "Difference: first minus second.": "Fark: birinci eksi ikinci.",
    "The family of Holm holds %s comparisons.": "Holm ailesinde %s karşılaştırma var.",
    "Problems: %s.": "Problem: %s.",
    "Test: %s.": "Sınama: %s.",
    "Every checkpoint": "Bütün kontrol noktaları",
    "Completions by outcome": "Sonuç türüne göre yanıtlar",
    "Completions by extraction rule": "Çıkarım kuralına göre yanıtlar",
    # Charts
    "pass@1 by training step, with %s %% intervals": (
        "eğitim adımına göre pass@1, %%%s güven aralıklarıyla"
    ),
    "Training loss by step": "Adıma göre eğitim kaybı",
    "training step": "eğitim adımı",
    "other outcomes": "öteki sonuçlar",
    # Problems
    "Every problem with its prompt as sent, each answer, the code taken out of it and the outcome. "
    "Keys: j and k go to the next and the previous problem, / searches.": (
        "Her problem: gönderildiği gibi istem, her yanıt, yanıttan çıkarılan kod ve sonuç. "
        "Tuşlar: j ve k sonraki ve önceki probleme gider, / arar."
    ),
    "%(num)s text is longer than %(limit)s characters and is shown without its middle.": (
        "%(num)s metin %(limit)s karakterden uzun ve ortası olmadan gösteriliyor."
    ),
    "The problems need JavaScript, which this page runs without any network.": (
        "Problemler için JavaScript gerekir; bu sayfa onu ağ olmadan çalıştırır."
    ),
    "The problems can be read in the HTML file.": "Problemler HTML dosyasında okunabilir.",
    "This browser cannot unpack the problems; use one from 2023 or later.": (
        "Bu tarayıcı problemleri açamıyor; 2023 ya da sonrasından bir tarayıcı kullanın."
    ),
    "Search": "Ara",
    "From": "Nereden",
    "To": "Nereye",
    "Change": "Değişim",
    "Outcome of “To”": "“Nereye” sonucu",
    "any": "hepsi",
    "gained": "kazanılan",
    "lost": "kaybedilen",
    "both passed": "ikisi de geçti",
    "neither passed": "ikisi de geçemedi",
    "other outcome": "sonucu değişen",
    "passed": "geçti",
    "some samples passed": "bazı örnekler geçti",
    "failed": "geçemedi",
    "not answered": "yanıt yok",
    "One mark a checkpoint, in the order of the tables.": (
        "Her kontrol noktası için bir işaret, tablolardaki sırayla."
    ),
    "{shown} of {all} problems": "{all} problemden {shown} tanesi",
    "No problem matches.": "Uyan problem yok.",
    "Prompt as sent": "Gönderildiği gibi istem",
    "Test": "Sınama",
    "entry point": "giriş noktası",
    "Answer": "Yanıt",
    "Answers shown": "Gösterilen yanıtlar",
    "Extracted code": "Çıkarılan kod",
    "No code was found in the answer.": "Yanıtta kod bulunamadı.",
    "empty": "boş",
    "Detail": "Ayrıntı",
    "extraction": "çıkarım",
    "tokens": "token",
    "ended by": "bitiş nedeni",
    "seconds in the cage": "kafeste saniye",
    "sample": "örnek",
    "{count} characters left out here; the whole text is in the run folder": (
        "burada {count} karakter atlandı; metnin tamamı çalışma klasöründe"
    ),
    # Methods
    "pass@1 and its interval": "pass@1 ve aralığı",
    "Passing completions of all completions, k/n, with the score interval of Wilson (1927) at "
    "%s % confidence. With several completions a problem the interval is taken over problems, "
    "because completions of one problem are alike.": (
        "Bütün yanıtlar içinde geçenler, k/n; Wilson (1927) skor aralığı, güven düzeyi yüzde %s. "
        "Problem başına birden çok yanıt varsa aralık problemler üzerinden alınır, çünkü bir "
        "problemin yanıtları birbirine benzer."
    ),
    "Paired difference": "Eşli fark",
    "Both checkpoints answered the same problems, so only problems that exactly one of them passed "
    "speak: b that only the first passed, c that only the second passed. The difference is "
    "(b − c)/N, in percentage points; with several completions a problem, the mean over problems "
    "of the difference of their shares.": (
        "İki kontrol noktası aynı problemleri yanıtladı; bu yüzden yalnız birinin geçtiği "
        "problemler konuşur: b yalnız birincinin, c yalnız ikincinin geçtikleri. Fark (b − c)/N, "
        "yüzde puanı; problem başına birden çok yanıt varsa payların farkının problemler "
        "üzerinden ortalaması."
    ),
    "p value": "p değeri",
    "With one completion a problem the exact two-sided test of McNemar (1947): under no difference "
    "b is binomial with b + c trials and probability one half. With several completions, the signs "
    "of the problems' differences are flipped at random. It holds for this pair alone.": (
        "Problem başına tek yanıtta McNemar'ın (1947) iki yönlü kesin sınaması: fark yoksa b, "
        "b + c denemeli ve yarım olasılıklı iki terimli dağılır. Birden çok yanıtta problemlerin "
        "farklarının işaretleri rastgele çevrilir. Yalnız bu çift için geçerlidir."
    ),
    "p value after Holm": "Holm düzeltmeli p değeri",
    "Corrected for the number of comparisons by the step-down method of Holm (1979). The family is "
    "every comparison of the study: all against the base and all between arms.": (
        "Karşılaştırma sayısına göre Holm'ün (1979) adım adım yöntemiyle düzeltilir. Aile, "
        "çalışmanın bütün karşılaştırmalarıdır: temel modele karşı ve kollar arasında."
    ),
    "Verdict": "Yargı",
    "“Better” and “worse” need an adjusted p value of at most one minus the confidence. "
    "“Underpowered” means that at the observed disagreement no difference, however large, would "
    "have been found reliably; it is no evidence that there is none.": (
        "“Daha iyi” ve “daha kötü” için düzeltilmiş p değeri en çok bir eksi güven düzeyi "
        "olmalıdır. “Gücü yetersiz”, gözlenen uyuşmazlıkla ne kadar büyük olursa olsun hiçbir "
        "farkın güvenle bulunamayacağını söyler; fark olmadığının kanıtı değildir."
    ),
    "Smallest detectable difference": "Saptanabilir en küçük fark",
    "Smallest true difference that this comparison would find in four of five repetitions (80 % "
    "power), given how often the two checkpoints disagree, at the strictest level that Holm may "
    "ask for.": (
        "Bu karşılaştırmanın beş yinelemenin dördünde bulacağı en küçük gerçek fark (%80 güç); "
        "iki kontrol noktasının ne sıklıkla ayrıştığına ve Holm'ün isteyebileceği en sıkı düzeye "
        "göre."
    ),
    "Best checkpoint": "En iyi kontrol noktası",
    "Chosen because it scored highest on the very problems that are reported. The highest of "
    "several noisy scores is on average too high; another set of problems would likely rank it "
    "lower.": (
        "Tam da raporlanan problemlerde en yüksek puanı aldığı için seçildi. Gürültülü puanların "
        "en yükseği ortalamada fazla yüksektir; başka problemlerde daha geride kalması beklenir."
    ),
    "Outcome, truncation and extraction": "Sonuç türü, kesilme ve çıkarım",
    "Every completion has one outcome; only “passed” counts as success. It is truncated if "
    "decoding ended at the token limit. The extraction rule says how code was taken out of the "
    "completion. A completion that the cage could not judge counts for no score.": (
        "Her yanıtın tek bir sonuç türü vardır; yalnız “passed” başarıdır. Üretim token sınırında "
        "bittiyse yanıt kesilmiştir. Çıkarım kuralı, kodun yanıttan nasıl alındığını söyler. "
        "Kafesin değerlendiremediği yanıt hiçbir puana girmez."
    ),
}
