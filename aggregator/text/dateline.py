"""Datelines: where, when and by whom a report was filed, before its first sentence.

Copies differ in them, so they are parted from the text; the agency they credit is kept as a fact.
Each form is one pattern, matched at the start of the first paragraph; a wrong guess costs a few words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

LONGEST: Final = 140  # characters of a dateline

# The name that we keep: how agencies are written, case folded.
_AGENCIES: Final = """
    AA: aa | anadolu | anadolu agency | anadolu ajansı | الأناضول | الاناضول | آناتولی | анадолу
    AFP: afp | agence france-presse | أ ف ب | ا ف ب | أ.ف.ب | ا.ف.ب | فرانس برس | أف ب | 法新社 | 法新 | афп
    AFP: خبرگزاری فرانسه
    ANI: ani
    ANSA: ansa
    PTI: pti
    EFE: efe
    dpa: dpa | د ب أ | د ب ا | د.ب.أ | 德新社
    AP: ap | associated press | the associated press | أ ب | أسوشيتد برس | اسوشيتد برس | آسوشیتدپرس
    AP: 美联社 | 美聯社
    BNA: bna | بنا
    Bernama: bernama
    CNN: cnn
    BBC: bbc
    DHA: dha
    İHA: iha | i̇ha
    Fars: fars | fars news | fna | فارس | خبرگزاری فارس | فرس
    Interfax: interfax | интерфакс
    RIA Novosti: ria novosti | риа новости | ria
    TASS: tass | itar-tass | тасс | итар-тасс | 塔斯社 | تاس | 타스
    Sputnik: sputnik | سبوتنيك | اسپوتنیک | спутник | 卫星社 | 衛星社
    IRNA: irna | إرنا | ارنا | ایرنا | ирна | 伊通社 | ايرنا
    ISNA: isna | ایسنا | إيسنا | ايسنا | исна
    IQNA: iqna | ایکنا
    ILNA: ilna | ایلنا
    Mehr: mehr | mehr news | mna | مهر | خبرگزاری مهر | мехр
    Tasnim: tasnim | tasnim news agency | تسنیم | تسنيم | тасним | 塔斯尼姆
    IRIB: irib | صداوسیما | صدا و سیما
    Young Journalists Club: yjc | باشگاه خبرنگاران جوان | باشگاه خبرنگاران
    KCNA: kcna | korean central news agency | 조선중앙통신 | 朝中社 | 朝鲜中央通讯社 | 朝鮮中央通信 | цтак
    Yonhap: yonhap | yonhap news | yonhap news agency | 연합뉴스 | 연합 | 韩联社 | 韓聯社
    Yonhap: 聯合ニュース | ёнхап | рёнхап | يونهاب | یونهاپ
    Yonhap: yonhap | yonhap news | yonhap news agency | 연합뉴스 | 연합 | 韩联社 | 韓聯社
    Yonhap: 聯合ニュース | ёнхап | рёнхап | يونهاب | یونهاپ
    Newsis: newsis | 뉴시스
    News1: news1 | 뉴스1
    Kyodo: kyodo | 共同 | 共同通信 | 共同社 | киодо | كيودو
    Jiji: jiji | 時事 | 時事通信 | 时事社
    KUNA: kuna | كونا
    MENA: mena | أ ش أ | أ.ش.أ | ا ش ا
    QNA: qna | قنا
    PETRA: petra | بترا
    SANA: sana | سانا
    SABA: saba | سبأ
    WAFA: wafa | وفا
    SPA: spa | واس
    WAM: wam | وام
    Reuters: reuters | reuter | رويترز | رویترز | рейтер | рейтерс | 路透社 | 路透 | ロイター | 로이터
    UPI: upi | يو بي آي
    Xinhua: xinhua | 新华社 | 新華社 | 新华网 | синьхуа | شينخوا | شین‌هوا | شینهوا | 신화통신 | 신화
    China News Service: cns | 中新社 | 中新网 | 中新網
    CNA: cna | 中央社
    People's Daily: 人民网 | 人民日报
    CCTV: cctv | 央视 | 央视新闻 | 央视网
"""


def _names() -> dict[str, str]:
    names: dict[str, str] = {}
    for line in _AGENCIES.strip().splitlines():
        canonical, _, written = line.strip().partition(": ")
        names.update((name, canonical) for name in written.split(" | "))
    return names


AGENCIES: Final = _names()


@dataclass(frozen=True, slots=True)
class Dateline:
    """``length`` characters of the paragraph are no part of the text; ``credit``: the agency named there."""

    length: int
    credit: str | None


_MONTH: Final = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec|ocak|şubat|mart|nisan|mayıs|haziran|temmuz|ağustos"
    r"|eylül|ekim|kasım|aralık|янв|фев|мар|апр|ма[яй]|июн|июл|авг|сен|окт|ноя|дек)\w*\.?"
)
_DATE: Final = rf"(?:{_MONTH} \d{{1,2}}|\d{{1,2}} {_MONTH})(?:,? \d{{4}})?"
_DASH: Final = r"\s*(?:--?|[–—ـ])\s*"

# Longest first, so that «خبرگزاری فارس» is not read as «فارس» with a stranger before it.
_KNOWN: Final = "|".join(re.escape(name) for name in sorted(AGENCIES, key=len, reverse=True))
_IDEOGRAPHIC: Final = "|".join(
    sorted((n for n in AGENCIES if "\u3005" <= n[0] <= "\u9fff"), key=len, reverse=True)
)

_FORMS: Final = (
    # (서울=연합뉴스) 홍길동 기자 =     [서울=뉴시스] …   【서울=뉴시스】
    (
        r"[(\[【]\s*[^()\[\]=【】]{1,20}=\s*(?P<agency>[^()\[\]=【】]{2,20})[)\]】]\s*"
        r"(?:[^=.\n]{2,40}?\s?(?:기자|특파원|통신원|선임기자)\s*)?(?:=\s*)?"
    ),
    # 新华社德黑兰8月9日电（记者 …）  中新社平壤8月9日电
    (
        rf"[【（(]?\s*(?P<agency>{_IDEOGRAPHIC})[^\d，。,\s]{{0,14}}\s*\d{{1,2}}月\s*\d{{1,2}}日"
        r"(?:[电電讯訊消息]{1,2})?\s*(?:[（(][^（()）]{1,40}[）)])?\s*[】]?\s*[，,：:]?\s*"
    ),
    # 【テヘラン共同】 （テヘラン＝共同） [テヘラン 9日 ロイター] -
    (
        r"[【（(\[［][^】）)\]］。]{0,20}?[\s＝=]?"
        rf"(?P<agency>{_IDEOGRAPHIC}|ロイター|聯合ニュース)[】）)\]］]\s*(?:[-－ー―]\s*)?"
    ),
    # به گزارش خبرگزاری ایرنا از تهران،
    (
        r"(?:به گزارش|بنا بر گزارش)\s+(?:(?:خبرنگار|گروه|سرویس|پایگاه|وبگاه)\s+)?"
        r"(?P<agency>[^،,:؛.]{2,60}?)(?:\s+(?:از|به نقل از)\s+[^،,:؛.]{2,40})?\s*[،,:؛]\s*"
    ),
    # ТАСС, 9 августа. /Корр. …/   МОСКВА, 9 авг — РИА Новости.   ТЕГЕРАН, 9 августа. /ТАСС/.
    (
        rf"(?P<place>[А-ЯЁ][А-Яа-яЁё\-. ]{{2,40}}),\s+{_DATE}\.?\s*(?:/(?P<agency>[^/\n]{{2,60}})/\.?|"
        rf"{_DASH}(?P<second>[^.\n/]{{2,40}})\.)\s*(?:{_DASH})?"
    ),
    # TEHRAN, Aug. 9 (Agency) --      القاهرة (رويترز) -
    rf"(?P<capital>[^()\n]{{2,60}}?)\s*\((?P<agency>[^()\n]{{2,40}})\){_DASH}(?=\S)",
    # Washington (CNN) More than …: known agencies only
    rf"(?P<capital>[^()\n]{{2,40}}?)\s*\((?P<agency>{_KNOWN})\)\s+",
    # Tehran, IRNA – …    تهران- ایرنا- …    الرياض - واس -    واس - الرياض:
    (
        r"(?:(?P<capital>[^()\n،,:\-–—]{2,25})\s*[-–—ـ:/،,]\s*)?"
        rf"(?P<agency>{_KNOWN})\s*[-–—ـ:/]\s*(?:[^\s:،,.]{{2,20}}\s*:\s*)?"
    ),
    # TEHRAN — …   TEHRAN, Aug. 9 — …
    rf"(?P<upper>[^\-–—\n()\d]{{3,40}}?)(?:,?\s+{_DATE})?\s+(?:--|[–—-])\s+",
)
_PATTERNS: Final = tuple(re.compile(form, re.IGNORECASE) for form in _FORMS)
_HINT: Final = re.compile(r"[-–—ـ()\[\]【】（）［］=＝/:：،]|به گزارش|\d月")


def dateline(paragraph: str) -> Dateline | None:
    """The dateline that a report's first paragraph starts with, if it does."""
    head = paragraph[:LONGEST]
    if _HINT.search(head) is None:
        return None
    for pattern in _PATTERNS:
        match = pattern.match(head)
        if match is not None and match.end() < len(paragraph) and _plausible(match):
            return Dateline(match.end(), _credit(match))
    return None


def _plausible(match: re.Match[str]) -> bool:
    """Whether what should be a place is written as one: few words, capitals where the script has them."""
    groups = match.groupdict()
    upper = groups.get("upper")
    if upper is not None:
        return upper.isupper() and len(upper.split()) <= 4
    capital = groups.get("capital")
    if capital is None:
        return True
    words = [word for word in capital.replace(",", " ").split() if not word[0].isdigit()]
    small = sum(1 for word in words if word[0].islower() and not re.fullmatch(_MONTH, word, re.IGNORECASE))
    cased = any(word[0].isupper() for word in words)
    return small == 0 and len(words) <= (6 if cased else 4)


def _credit(match: re.Match[str]) -> str | None:
    groups = match.groupdict()
    for name in ("agency", "second", "place"):
        text = groups.get(name)
        if text is None:
            continue
        canonical = agency(text)
        if canonical is not None:
            return canonical
    return None


def agency(text: str) -> str | None:
    """The agency that a short credit names ("خبرگزاری فارس", "Корр. ТАСС Иван …"), by the name we keep."""
    text = text.strip(" .،,-–—/").casefold()
    found = AGENCIES.get(text)
    if found is not None:
        return found
    words = text.split()
    for width in (3, 2, 1):
        for start in range(len(words) - width + 1):
            found = AGENCIES.get(" ".join(words[start : start + width]).strip(".,،"))
            if found is not None:
                return found
    return None
