"""Synthetic news in eleven languages and eight scripts, by seed: reports, forms, and what outlets do to them.

A grammar of a few lines a language over words listed here, written for the project: a report is sentences of
linking words, content words (stem and ending), names and numbers, drawn as unevenly as words in a language
are. The texts mean nothing; in length, repetition and share of names and numbers they are like news.
"""

# ruff: noqa: E501 - lists of words
from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from dedup_synthetic import Document, document

NAMED = 0.07  # share of names among a report's words
NUMBERED = 0.03  # share of numbers


@dataclass(frozen=True)
class Tongue:
    """A language. ``blank`` parts its words; ``dateline``: before a text, with a place and a day."""

    code: str
    links: str
    stems: str
    endings: str
    names: str
    numbers: str
    dateline: str
    furniture: str
    blank: str = " "
    stop: str = "."
    comma: str = ","
    digits: str = "0123456789"

    @property
    def marks(self) -> dict[int, str]:
        """Latin punctuation and digits → this language's."""
        return str.maketrans(
            {".": self.stop, ",": self.comma, **dict(zip("0123456789", self.digits, strict=True))}
        )


TONGUES = {
    t.code: t
    for t in (
        Tongue(
            "en",
            "the of a to in and for on with at by from that it as his her after before into over near under",
            "harb bridg govern minist budg wint farm school rail market court councl water hospit lett vot stor tax "
            "ferr mine fish forest grain steel teach work comp bank road tow build trad offic museum orch",
            "our ge ment er et en ing al ed s ion or ers age less ly ist ure ation ward",
            "Selwyn Brandvold Demircan Varga Caldeira Whitlock Raman Sandholt Korsak Aalto Velmora Ansel Karsk Lindow "
            "Tarrasca Beldin Niemar Quellen Sundhavn Dunmere Calvero Zelnik Pellworth Savanka Orlis Brentmoor Okonjo "
            "Takahara Marchetti Belkacem Ostrander Adeyemi Hollander Grivas Molnar Petrescu Ilves Rautio Tembo Zuma",
            "two three four five six seven eight nine eleven twelve fourteen twenty thirty forty sixty ninety",
            "{place}, March {day} (Northern Wire) -- ",
            "Subscribe to our morning briefing|Leave a reply|Share this article with your friends|All rights reserved",
        ),
        Tongue(
            "tr",
            "ve bir bu ile için gibi kadar sonra önce daha ise ki de da ancak göre olarak üzere arasında",
            "liman köpr hükümet bakan bütçe kış çift okul yol pazar mahkem meclis hastan mekt seç fırtın vergi balık "
            "orman tahıl çelik öğret işçi şirket banka kent yap ticar müz bahç ılık ırmak ışık sınır kıyı",
            "lar ler ın in da de dan den ı i lık lik cı ci sal sel mak mek dı di yor acak",
            "Karabey Yıldırım Işıklar Çınar Özgül Şahinkaya Gündüzalp Ilgaz Irmakoğlu İnceler Demirören Toprakçı Akpınar "
            "Bozdağlı Cevizli Doğanay Ergüven Fındıkçı Göksuyu Hisarönü Kızıltepe Ladikli Mercanköy Narlıdere Ortaköyü "
            "Pınarca Sarıgöl Taşova Uluköy Vezirhan Yeşilyurt Zeytinli",
            "iki üç dört beş altı yedi sekiz dokuz onbir oniki yirmi otuz kırk elli altmış doksan",
            "{place}, {day} Mart (AA) - ",
            "Haber bültenimize abone olun|Yorum yazın|Bu haberi paylaşın|Tüm hakları saklıdır",
        ),
        Tongue(
            "ru",
            "и в на с по для от до из о за при под над к у что как это его их после перед также уже",
            "гаван мост правительств министр бюджет зим ферм школ дорог рынок суд совет вод больниц письм голос шторм "
            "налог рыб лес зерн сталь учител рабоч компани банк город стройк торговл музе сад завод порт",
            "а ов ам ами ах ом ный ная ные ского ской ить али ение ений ость",
            "Ветров Каримова Соколан Демчук Варгин Оленская Брандин Тихомир Лесков Зареченск Полянск Озёрный Карск "
            "Нижнеборск Светлояр Горемыко Белокам Дорогин Журавлик Ильмень Кедрин Ладогин Морошко Невельск Орлин "
            "Перевоз Рябинин Студён Травнинск Устинов Хвойный Чернолес",
            "два три четыре пять шесть семь восемь девять двенадцать двадцать тридцать сорок шестьдесят",
            "{place}, {day} марта. /Корр. ТАСС/. ",
            "Подписывайтесь на наш канал|Оставить комментарий|Поделиться новостью|Все права защищены",
        ),
        Tongue(
            "ar",
            "في من على إلى عن مع هذا هذه التي الذي كما بعد قبل بين حتى أن كان كانت قد ثم أو",
            "وزير ميناء حكوم سفين جسر مدرس مدين بحر عقد عمال ميزان شتاء طريق مجلس مستشف رسال بناء تقرير مطر مزارع سوق "
            "محكم ضريب غاب حبوب حديد معلم شرك مصرف متحف حديق قطار مصنع ساحل حدود مياه",
            "ة ات ين ون ها هم ية ي ان تها نا ته",
            "منصوري الزيداني باهلي الحمادين قرشان العطاري الدوسان بلقاسم الهلالين المرجاني وادي_النخيل تل_الزهور "
            "رأس_المرسى عين_الصفا جبل_الريح بئر_السنديان الخالديون المهيرات الصقران الغافري البحران النعيمات الظفاري "
            "القنيطر السالمين الرفاعات العوامر البركات الشميسان الكثبان",
            "اثنان ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة عشرة عشرون ثلاثون أربعون ستون تسعون",
            "{place} - واس: ",
            "اشترك في نشرتنا البريدية|أضف تعليق|شارك هذا الخبر مع أصدقائك|جميع الحقوق محفوظة للناشر",
            comma="،",
            digits="٠١٢٣٤٥٦٧٨٩",
        ),
        Tongue(
            "fa",
            "در از به با که این آن را برای تا بر هم نیز یا پس پیش میان بود است شد کرد خود",
            "وزیر بندر دولت کشتی پل مدرسه شهر دریا قرارداد کارگر بودجه زمستان جاده شورا بیمارستان نامه ساخت گزارش باران "
            "کشاورز بازار دادگاه مالیات جنگل غله فولاد آموزگار شرکت بانک موزه باغ قطار کارخانه ساحل مرز",
            "‌ها ‌های ی ان ‌هایی ‌ای مان شان ش گر گاه",
            "رستگاریان مهرآبادی کیهان‌پور سپهرداد نیلوفران دماوندی بهاردشت گل‌تپه سنگ‌رود آذرکوه پیروزان جهان‌بین دلاوران "
            "شاهین‌دژی فرهمند لاله‌زار مروارید ناهیدان ورزنده یاس‌آباد تیرگان خاوران رودبارک زرین‌کلا سروستان چشمه‌سار "
            "کبوترخان آبشاران بیدستان پونه‌زار",
            "دو سه چهار پنج شش هفت هشت نه ده یازده بیست سی چهل شصت نود",
            "{place} - ایرنا - ",
            "در خبرنامه ما عضو شوید|دیدگاه خود را بنویسید|این خبر را با دوستان به اشتراک بگذارید|همه حقوق محفوظ است",
            comma="،",
            digits="۰۱۲۳۴۵۶۷۸۹",
        ),
        Tongue(
            "ko",
            "그 이 저 및 또 더 등 곧 다시 함께 이후 이전 대해 위해 따라 통해 모두 이번 지난",
            "항구 정부 다리 학교 도시 바다 계약 노동 예산 겨울 도로 의회 병원 주민 편지 건설 보고 농민 시장 법원 세금 "
            "숲길 곡물 철강 교사 회사 은행 박물관 정원 기차 공장 해안 국경 어민 전력",
            "가 를 는 의 에 에서 로 와 도 까지 부터 들이 했다 한다 하고 됐다 라고",
            "한누리 문가람 서도윤 배다온 류하람 남시온 구슬기 도마루 솔바위 달맞이 은하리 새벽골 푸른내 해오름 별마당 "
            "가람재 노을섬 다솜동 마루산 바람목 사랑골 아침벌 자작골 찬샘 큰여울 탑마을 파도리 하늘재",
            "두 세 네 다섯 여섯 일곱 여덟 아홉 열두 스무 서른 마흔 예순 아흔",
            "({place}=연합뉴스) 한누리 기자 = ",
            "뉴스레터를 구독하세요|댓글을 남겨 주세요|친구와 기사 공유하기|무단 전재 및 재배포 금지",
        ),
        Tongue(
            "zh",
            "的 在 和 了 是 对 为 从 与 将 就 并 也 后 前 把 被 由",
            "港 桥 政 部 校 城 海 约 工 算 冬 路 议 医 民 信 建 报 雨 农 市 法 税 林 粮 钢 师 司 银 馆 园 车 厂 岸 界 渔 电",
            "口 梁 府 长 生 区 员 会 院 业 场 务 局 线 站 品 费 计 划 期 量",
            "苏文澜 陆望舒 白沐风 江晚晴 柳清河 石远山 云溪镇 月牙湾 青石岭 落霞湖 松风谷 鹿鸣州 银杏坡 听雨巷 海棠岛 "
            "竹影村 星河渡 晨露坪 杏花堡 飞鹤滩 金穗原 碧波潭 红枫丘 霜叶关 紫藤坞 暖泉沟",
            "二 三 四 五 六 七 八 九 十二 二十 三十 四十 六十 九十",
            "新华社{place}3月{day}日电 ",
            "订阅我们的新闻简报|发表评论|把这篇文章分享给朋友|版权所有，未经许可不得转载",
            blank="",
            stop="。",
            comma="，",
        ),
        Tongue(
            "ja",
            "の に は を が と で も から まで より など へ や この その また",
            "港 橋 政府 学校 都市 海 契約 労働 予算 冬 道路 議会 病院 住民 手紙 建設 報告 雨 農家 市場 法廷 税金 森林 穀物 "
            "鉄鋼 教師 会社 銀行 博物館 庭園 列車 工場 海岸 国境 漁業 電力",
            "が を に は する した している された などで として について 的な",
            "霧島野 白波瀬 月岡谷 花森台 銀杏平 風見浜 星ヶ原 若葉台 朝霞崎 夕凪町 ミナトベ カザハヤ ツキノワ ハルカゼ "
            "アオイソ シラカバ クルミザワ ホシゾラ ユキノシタ タカネヤマ オトワノ サクラマ",
            "二 三 四 五 六 七 八 九 十二 二十 三十 四十 六十 九十",
            "【{place}共同】",
            "ニュースレターに登録する|コメントする|この記事をシェアする|無断転載を禁じます",
            blank="",
            stop="。",
            comma="、",
        ),
        Tongue(
            "th",
            "ที่ ใน และ ของ จาก กับ ให้ เป็น ได้ โดย เพื่อ หลัง ก่อน ว่า นี้ นั้น อีก",
            "ท่าเรือ สะพาน รัฐบาล โรงเรียน เมือง ทะเล สัญญา คนงาน งบประมาณ ฤดูหนาว ถนน สภา โรงพยาบาล จดหมาย ก่อสร้าง รายงาน "
            "ชาวนา ตลาด ศาล ภาษี ป่าไม้ ข้าวสาร เหล็กกล้า ครู บริษัท ธนาคาร พิพิธภัณฑ์ สวน รถไฟ โรงงาน ชายฝั่ง พรมแดน",
            "ใหม่ เก่า ใหญ่ กลาง เหนือ ใต้ แล้ว อยู่ ขึ้น ลง มาก",
            "บ้านดอกแก้ว เขาลมหนาว หาดทรายเงิน ทุ่งรวงทอง น้ำใสเย็น ดอยเมฆขาว สมหวังดี ปรีชาญาณ อรุณรุ่ง วารีพร ธาราทิพย์ "
            "พนาไพร เกาะจันทร์เพ็ญ ห้วยกุหลาบ ป่าสนเขียว คลองบัวหลวง ศิลาแดง แสงดาวเดือน มะลิวัลย์ ภูผาหมอก",
            "สอง สาม สี่ ห้า หก เจ็ด แปด เก้า สิบสอง ยี่สิบ สามสิบ สี่สิบ หกสิบ",
            "{place} - {day} มีนาคม: ",
            "สมัครรับจดหมายข่าวของเรา|แสดงความคิดเห็น|แชร์ข่าวนี้ให้เพื่อน|สงวนลิขสิทธิ์ทุกประการ",
            blank="",
            stop=" ",
            comma=" ",
            digits="๐๑๒๓๔๕๖๗๘๙",
        ),
        Tongue(
            "fr",
            "le la les de des un une et à en dans pour sur avec par que qui est au aux après avant sous",
            "port pont gouvern minist budg hiver ferm écol rout march tribun conseil hôpit lettr vot orag impôt pêch forêt "
            "céréal aci enseign ouvri sociét banqu vill bâti commerc mus jardin usin frontièr côt",
            "e es ement ère et age ant é ée ation eur ier iste ique al aux ure",
            "Delaunoy Marchebois Ravignan Tessoulin Beauvarlet Clairmont Durenque Fontanel Garrigou Hautefage Jonquier "
            "Kermadec Lavaudieu Montbrison Nerval Ombreval Pierrefonte Quercyac Rocheblanc Sauvigny Tourmalin Valombre",
            "deux trois quatre cinq six sept huit neuf douze vingt trente quarante soixante",
            "{place}, {day} mars (AFP) - ",
            "Abonnez-vous à notre lettre|Laisser un commentaire|Partager cet article|Tous droits réservés",
        ),
        Tongue(
            "de",
            "der die das und in zu mit auf für von im den dem ein eine als nach vor über unter bei auch",
            "Haf Brück Regier Minist Haushal Wint Bauer Schul Straß Mark Gerich Ra Kranken Brie Wahl Sturm Steuer Fisch "
            "Wald Getreid Stahl Lehr Arbei Firm Bank Stad Bau Hand Muse Gart Fabri Grenz",
            "en er ung te es haus e ern lich isch ten keit amt",
            "Brandhofer Eichstätt Falkenau Grünewald Hirschberg Immenthal Jagsthaus Kaltenbach Lindenau Morgenroth Nesselried "
            "Oberlauch Pfingstau Quellbrunn Rabenstein Silberhain Tannwald Uhlenhorst Vogelsang Weidenau Zellingen",
            "zwei drei vier fünf sechs sieben acht neun zwölf zwanzig dreißig vierzig sechzig",
            "{place} (dpa) - ",
            "Newsletter abonnieren|Kommentar schreiben|Diesen Artikel teilen|Alle Rechte vorbehalten",
        ),
    )
}


@cache
def _words(code: str) -> tuple[list[str], list[float]]:
    """Content words of a language and how often each is used, from the most frequent."""
    tongue = TONGUES[code]
    made = [stem + ending for stem in tongue.stems.split() for ending in tongue.endings.split()]
    random.Random(code).shuffle(made)
    total, weights = 0.0, []
    for rank in range(len(made)):
        total += 1 / (rank + 12)
        weights.append(total)
    return made, weights


def _content(rng: random.Random, tongue: Tongue) -> str:
    made, weights = _words(tongue.code)
    return rng.choices(made, cum_weights=weights)[0]


def name(rng: random.Random, tongue: Tongue) -> str:
    """A person or a place."""
    return rng.choice(tongue.names.split()).replace("_", " ")


def number(rng: random.Random, tongue: Tongue, *, spelt: bool | None = None) -> str:
    """A number, in digits of the language or in words; ``spelt``: None for either."""
    if spelt or (spelt is None and rng.random() < 0.3):
        return rng.choice(tongue.numbers.split())
    return str(
        rng.choice([rng.randint(2, 31), rng.randint(100, 2400), rng.randint(3_000, 90_000)])
    ).translate(tongue.marks)


Words = list[str]  # of a sentence


def sentence(rng: random.Random, tongue: Tongue, cast: Sequence[str]) -> Words:
    """A sentence of 8 to 24 words; names are mostly of the ``cast`` of the report."""
    words: Words = []
    for _ in range(rng.randint(8, 24)):
        chance = rng.random()
        if chance < NAMED:
            words.append(rng.choice(cast) if rng.random() < 0.7 else name(rng, tongue))
        elif chance < NAMED + NUMBERED:
            words.append(number(rng, tongue))
        elif chance < 0.45:
            words.append(rng.choice(tongue.links.split()))
        else:
            words.append(_content(rng, tongue))
    return words


def report(rng: random.Random, tongue: Tongue, words: int) -> tuple[str, list[Words]]:
    """A title and the sentences of a report of about so many words."""
    cast = [name(rng, tongue) for _ in range(rng.randint(3, 7))]
    title = [rng.choice(cast), *(_content(rng, tongue) for _ in range(rng.randint(4, 8)))]
    rng.shuffle(title)
    sentences: list[Words] = []
    while (left := words - sum(map(len, sentences))) > 0:
        sentences.append(sentence(rng, tongue, cast)[: max(6, left)])
    return joined(title, tongue), sentences


def joined(words: Sequence[str], tongue: Tongue) -> str:
    """Words as the language writes them side by side."""
    return tongue.blank.join(words)


def written(sentences: Sequence[Words], tongue: Tongue, a_paragraph: int = 3) -> str:
    """Sentences as a text in paragraphs."""
    done = []
    for words in sentences:
        middle = len(words) // 2
        text = joined(words[:middle], tongue) + (tongue.comma if len(words) > 14 else "") + tongue.blank
        text += joined(words[middle:], tongue) + tongue.stop
        done.append(text[:1].upper() + text[1:])
    between = " " if tongue.blank else ""
    return "\n\n".join(between.join(done[i : i + a_paragraph]) for i in range(0, len(done), a_paragraph))


# ---------------------------------------------------------------------- what outlets do to sentences


def cut(sentences: Sequence[Words], words: int) -> list[Words]:
    """The first so many words."""
    kept: list[Words] = []
    for each in sentences:
        if words <= 0:
            break
        kept.append(each[:words])
        words -= len(each)
    return kept


def edited(
    rng: random.Random, tongue: Tongue, sentences: Sequence[Words], share: float = 0.05
) -> list[Words]:
    """A share of the words replaced by others (names and numbers only now and then), dropped or doubled."""
    facts = set(" ".join(tongue.names.split()).replace("_", " ").split())
    done = [list(words) for words in sentences]
    where = [(i, j) for i, words in enumerate(done) for j in range(len(words))]
    for i, j in rng.sample(where, max(1, round(share * len(where)))):
        word = done[i][j]
        if (word in facts or word[:1].isdigit()) and rng.random() < 0.8:
            continue
        other = _content(rng, tongue)
        done[i][j] = rng.choice([other, other, other, "", f"{word}{tongue.blank}{other}"])
    return [[word for word in words if word] for words in done]


def reordered(rng: random.Random, sentences: Sequence[Words]) -> list[Words]:
    """The sentences after the third in another order, three by three."""
    head, rest = list(sentences[:3]), [list(sentences[i : i + 3]) for i in range(3, len(sentences), 3)]
    rng.shuffle(rest)
    return head + [words for group in rest for words in group]


def datelined(rng: random.Random, tongue: Tongue, text: str) -> str:
    """A dateline before the text."""
    place = name(rng, tongue)
    return (
        tongue.dateline.format(place=place.upper() if tongue.code == "en" else place, day=rng.randint(1, 28))
        + text
    )


def furnished(tongue: Tongue, text: str) -> str:
    """The outlet's furniture glued on."""
    return "\n\n".join([text, *tongue.furniture.split("|")])


def latin_marks(tongue: Tongue, text: str) -> str:
    """The text with Latin punctuation and digits, as many systems store it."""
    table = {ord(mark): latin for latin, mark in zip("0123456789", tongue.digits, strict=True)}
    table |= {ord(tongue.comma): ",", ord(tongue.stop): "."} if tongue.comma != " " else {}
    return text.translate(table)


# ---------------------------------------------------------------------- forms


@dataclass(frozen=True)
class Form:
    """A text with slots: ``None`` in a sentence is filled anew each time."""

    tongue: Tongue
    title: tuple[str | None, ...]
    sentences: tuple[tuple[str | None, ...], ...]
    spelt: bool | None

    def fillings(self, rng: random.Random, count: int) -> list[tuple[str, list[Words]]]:
        """Titles and sentences with other names and numbers in the slots; no two are about the same name."""
        subjects = rng.sample(self.tongue.names.split(), count)
        return [self._filled(rng, subject.replace("_", " ")) for subject in subjects]

    def _filled(self, rng: random.Random, subject: str) -> tuple[str, list[Words]]:
        other, said = name(rng, self.tongue), False

        def slot() -> str:
            nonlocal said
            if not said:  # the headline's name first: a report says what it is about
                said = True
                return subject
            if rng.random() < 0.5:
                return rng.choice([subject, other])
            return number(rng, self.tongue, spelt=self.spelt)

        sentences = [[slot() if word is None else word for word in words] for words in self.sentences]
        return joined([subject if word is None else word for word in self.title], self.tongue), sentences


def form(rng: random.Random, tongue: Tongue, words: int, share: float, *, spelt: bool | None = False) -> Form:
    """A form of so many words of which a share are slots. ``spelt``: whether numbers are written in words."""
    sentences = [
        [
            _content(rng, tongue) if rng.random() < 0.6 else rng.choice(tongue.links.split())
            for _ in range(rng.randint(8, 24))
        ]
        for _ in range(max(1, words // 16))
    ]
    where = [(i, j) for i, each in enumerate(sentences) for j in range(len(each))]
    slots: list[list[str | None]] = [list(each) for each in sentences]
    for i, j in rng.sample(where, max(2, round(share * len(where)))):
        slots[i][j] = None
    title = (None, *(_content(rng, tongue) for _ in range(5)))
    return Form(tongue, title, tuple(tuple(each) for each in slots), spelt)


# ---------------------------------------------------------------------- archives with exact truth


def _changed(rng: random.Random, tongue: Tongue, sentences: list[Words], change: str) -> str:
    """The text of a copy. ``change``: of `CHANGES`."""
    if change.startswith("cut"):
        sentences = cut(sentences, 50)
    if "edited" in change or change in ("reordered", "marks"):
        sentences = edited(rng, tongue, sentences)
    if change == "reordered":
        sentences = reordered(rng, sentences)
    text = written(sentences, tongue)
    if change == "marks":
        text = latin_marks(tongue, text)
    if "furnished" in change:
        text = furnished(tongue, datelined(rng, tongue, text))
    if change == "merged":
        text = "\n\n".join((text, written(report(rng, tongue, 60)[1], tongue)))
    return text


CHANGES = (
    "cut",
    "edited",
    "cut, edited",
    "cut, edited, furnished",
    "edited, furnished",
    "reordered",
    "marks",
    "merged",
)
LENGTHS = (60, 120, 250, 500, 900)


def copies(
    seed: int, change: str, reports: int, codes: Sequence[str] = (), *, retitled: bool | None = None
) -> tuple[list[Document], list[tuple[str, str]]]:
    """So many reports a language, each with one changed copy at another outlet, and the true pairs.

    ``retitled``: whether copies have a headline of their own; None: every other.
    """
    rng = random.Random(seed)
    documents: list[Document] = []
    truth: list[tuple[str, str]] = []
    for code in codes or TONGUES:
        tongue = TONGUES[code]
        for n in range(reports):
            title, sentences = report(rng, tongue, LENGTHS[n % len(LENGTHS)])
            number, at = len(documents), rng.uniform(0, 1000)
            own = n % 2 == 1 if retitled is None else retitled
            heading = joined(cut(sentences, 30)[0][3:11], tongue) if own else title
            wire = document(number, "wire", title, written(sentences, tongue), at)
            changed = _changed(rng, tongue, sentences, change)
            copy = document(number + 1, f"s{rng.randint(1, 3)}", heading, changed, at + rng.uniform(2, 400))
            documents += [wire | {"language": code}, copy | {"language": code}]
            truth.append((wire["id"], copy["id"]))
    return documents, truth


def look_alikes(seed: int, fillings: int, codes: Sequence[str] = ()) -> list[Document]:
    """Forms only: of each language two, short and long, with few slots and many, each filled so many times."""
    rng = random.Random(seed)
    documents: list[Document] = []
    for code in codes or TONGUES:
        for words, share in ((60, 0.2), (200, 0.1)):
            for title, sentences in form(rng, TONGUES[code], words, share).fillings(rng, fillings):
                text = written(sentences, TONGUES[code])
                source, at = f"s{rng.randint(1, 3)}", rng.uniform(0, 4000)
                documents.append(document(len(documents), source, title, text, at) | {"language": code})
    return documents
