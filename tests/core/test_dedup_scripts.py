"""The detector in every script: cut and edited copies join, other texts stay apart, languages never mix."""

# ruff: noqa: E501 - lists of words
from __future__ import annotations

import random

import dedup_synthetic as synthetic
import pytest

from aggregator.dedup.archive import dedup

WORDS = {
    "fa": "وزیر بندر دولت کشتی پل مدرسه می‌گوید شهر دریا قرارداد تازه کارگران بودجه زمستان جاده شورای بیمارستان مردم نامه ساخت آغاز پایان گزارش باران",
    "ar": "الوزير الميناء الحكومة السفينة الجسر المدرسة يقول المدينة البحر العقد الجديد العمال الميزانية الشتاء الطريق المجلس المستشفى الناس الرسالة البناء بداية نهاية التقرير المطر",
    "ko": "장관은 항구를 정부가 배와 다리를 학교에서 말했다 도시의 바다로 계약을 새로운 노동자들이 예산을 겨울에 도로가 의회는 병원에 주민들은 편지를 건설을 시작했다 끝났다 보고서는 비가",
    "ru": "министр порт правительство корабль мост школа говорит город море договор новый рабочие бюджет зима дорога совет больница жители письмо стройка начало конец отчёт дождь",
    "tr": "bakan liman hükümet gemi köprü okul söylüyor şehir deniz sözleşme yeni işçiler bütçe kış yol meclis hastane halk mektup inşaat başladı bitti rapor yağmur",
    "zh": "部长 港口 政府 轮船 桥梁 学校 表示 城市 大海 合同 新的 工人 预算 冬天 道路 议会 医院 居民 信件 建设 开始 结束 报告 下雨",
    "ja": "大臣は 港を 政府が 船と 橋の 学校で 述べた 都市の 海へ 契約を 新しい 労働者 予算は 冬に 道路が 議会は 病院に 住民は 手紙を 建設の 開始 終了 報告書 雨が",
    "th": "รัฐมนตรี ท่าเรือ รัฐบาล เรือ สะพาน โรงเรียน กล่าว เมือง ทะเล สัญญา ใหม่ คนงาน งบประมาณ ฤดูหนาว ถนน สภา โรงพยาบาล ประชาชน จดหมาย ก่อสร้าง เริ่ม จบ รายงาน ฝน",
}
JOINED = {"zh", "ja", "th"}  # scripts that part no words


def text(rng: random.Random, language: str, words: int = 160) -> str:
    """A text of random words, in paragraphs of 40."""
    chosen = [rng.choice(WORDS[language].split()) for _ in range(words)]
    blank = "" if language in JOINED else " "
    return "\n\n".join(blank.join(chosen[i : i + 40]) for i in range(0, words, 40))


@pytest.mark.parametrize("language", sorted(WORDS))
def test_copies_in_this_script(language: str) -> None:
    """In each script a copy without its second half, or with a paragraph changed, joins; other texts do not."""
    rng = random.Random(language)
    documents, truth = [], []
    for n in range(8):
        whole = text(rng, language)
        parts = whole.split("\n\n")
        changed = "\n\n".join(parts[:2] if n % 2 else [*parts[:3], text(rng, language, 20)])
        title = text(rng, language, 8)
        documents.append(synthetic.document(2 * n, "wire", title, whole, n))
        documents.append(synthetic.document(2 * n + 1, f"s{n}", title, changed, 60 + n))
        truth.append((documents[-2]["id"], documents[-1]["id"]))
    story = {line["id"]: line["story"] for line in dedup(documents)}
    assert all(story[a] == story[b] for a, b in truth)
    assert len(set(story.values())) == len(truth)


def test_languages_never_mix() -> None:
    """Texts in two languages are not one story because they share numbers and names."""
    shared = "Kim 2018 Ri 42 Larijani 9 Tehran 1948 Zarif 70"
    documents = [
        synthetic.document(n, f"s{n}", shared, f"{shared}\n\n{text(random.Random(n), language)}", n)
        for n, language in enumerate(sorted(WORDS))
    ]
    assert len({line["story"] for line in dedup(documents)}) == len(documents)
