"""Lines that pages glue onto articles, known by their wording: the fallback until a source's own are learnt.

Only whole, short paragraphs count, so a sentence that mentions a newsletter stays.
"""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 160  # characters; of longer paragraphs only those that start as one of these
_LONG_STARTS: Final = ("(", "The post ", "Reporting by ")
LONGEST_OF_ALL: Final = 400

# Matched against the whole paragraph, case folded, after leading arrows and bullets.
_LINES: Final = r"""
leave\ a\ (?:reply|comment)(?:\ cancel\ reply)?
|(?:please\ enter\ your\ (?:comment|name|e-?mail)(?:\ address)?(?:\ here)?[\s!.]*)+
|you\ have\ entered\ an\ incorrect\ e-?mail\ address
|save\ my\ name,?\ .{0,90}\ next\ time\ i\ comment
|your\ e-?mail\ address\ will\ not\ be\ published.{0,60}
|(?:log|sign)\ ?in\ to\ (?:leave\ a\ )?(?:comment|reply)
|(?:the\ )?recaptcha\ .{0,120}|this\ site\ is\ protected\ by\ recaptcha.{0,160}
    |this\ site\ uses\ akismet.{0,120}
|subscribe(?:\ (?:now|here|today|to\ (?:our|the)\ .{0,60}))?|sign\ up\ (?:for|to)\ (?:our|the)\ .{0,80}
|(?:click\ here|share|print|e-?mail|tweet|comments?|advertisement|advertisements|sponsored|related
    |loading)
|(?:share|like|follow|tweet|pin|e-?mail|print|whatsapp|telegram|facebook|twitter|linkedin|pinterest
    |reddit|copy\ link|x)
   (?:[\s,|/·•]+(?:on|this|us|via|to|article|story|post|link|copy|share|like|follow|tweet|pin|e-?mail
    |print|whatsapp|telegram
   |facebook|twitter|linkedin|pinterest|reddit|x|and|or|viber|skype|instagram|youtube)){1,14}
|(?:read\ more|more|continue\ reading|related|you\ may\ also\ like|see\ also|also\ read|recommended)
   (?:\ (?:articles?|stories|news|posts?|topics?|from\ .{0,40}))?\ ?\d{0,3}
|(?:more\ articles|related\ articles|previous\ article|next\ article|related\ news)\ ?\d{0,3}
|the\ post\ .{1,180}\ appeared\ first\ on\ .{1,60}|.{0,160}\ first\ appeared\ on\ .{1,60}
|\[?\ ?(?:…|\.\.\.)?\ ?(?:read|continue)\ .{0,40}(?:…|→|»)\ ?\]?
|(?:copyright|©|\(c\))\s*(?:©|\(c\)|\d{4}|by\b).{0,140}|all\ rights\ reserved.{0,60}
|\(?(?:reporting|editing|writing|additional\ reporting|compiled)\ (?:and\ \w+\ )?by\ .{3,180}\)?
|comments?\ (?:are\ )?closed|no\ comments?(?:\ yet)?|\d+\ comments?|\d+\ (?:shares?|views?)
|tags?:.{0,200}|reuters?|\(?end\)?(?:\ item)?|-+\ ?(?:end|30|ends)\ ?-+
|انتهای\ پیام.{0,20}|انتهى.{0,20}|کد\ خبر.{0,40}|لینک\ کوتاه.{0,60}
|(?:نظر|دیدگاه)(?:\ خود\ را)?\ (?:ارسال|ثبت|بنویسید|بگذارید).{0,40}|نظر\ شما|ارسال\ نظر
    |اشتراک\ ?گذاری.{0,20}
|(?:مطالب|اخبار|خبرهای)\ مرتبط|بیشتر\ بخوانید.{0,10}|برچسب.{0,3}ها.{0,120}
|اترك\ (?:تعليقا?|تعليقاً|ردا?).{0,20}|أضف\ تعليق.{0,10}|شارك|اقرأ\ أيضا?ً?.{0,10}
    |مواضيع\ ذات\ صلة|اشترك\ (?:في|الآن).{0,40}
|댓글.{0,20}|무단\ ?전재.{0,40}|.{0,40}무단\ ?(?:전재|복제).{0,40}
|공유(?:하기)?|기사제보.{0,60}|(?:관련|추천)\ ?기사
|저작권자.{0,80}|ⓒ.{0,80}
|责任编辑.{0,30}|編輯[:：].{0,20}|编辑[:：].{0,30}|相关(?:阅读|新闻|报道).{0,10}
|分享(?:到|至).{0,40}|发表评论|(?:阅读|查看)(?:更多|全文)
    |原标题.{0,80}
|版权所有.{0,60}|關鍵詞?.{0,60}|关键词.{0,60}|扫一扫.{0,40}
|関連(?:記事|ニュース)|シェア(?:する)?|コメント(?:する|を書く)?|続きを読む|無断転載.{0,40}
|поделиться(?:\ (?:в|ссылкой|новостью).{0,40})?|оставить\ (?:комментарий|отзыв).{0,20}
|читайте\ также.{0,20}|подпис(?:аться
    |ывайтесь).{0,80}|комментарии.{0,10}
|все\ права\ защищены.{0,60}|теги:.{0,160}
|paylaş(?:ın)?|yorum\ (?:yap|yaz|bırak).{0,20}|yorumlar.{0,10}|ilgili\ haberler|abone\ ol.{0,40}
    |devamını\ oku.{0,10}|tüm\ hakları.{0,60}
|แชร์.{0,30}|ข่าวที่เกี่ยวข้อง|แสดงความคิดเห็น|อ่านเพิ่มเติม.{0,20}|สมัครรับ.{0,40}
|laisser\ un\ commentaire|partager(?:\ (?:sur|cet)\ .{0,40})?|lire\ (?:aussi|la\ suite).{0,20}
|s['’]abonner.{0,40}
|kommentar\ (?:schreiben|hinterlassen)|teilen|mehr\ zum\ thema|deja\ (?:un\ comentario|una\ respuesta)
    |compartir(?:\ en\ .{0,40})?|leer\ más
"""
_GLUE: Final = re.compile(rf"[\s›»>•·*►▸→|\-–—]*(?:{_LINES})[\s.!:…»›→*]*", re.VERBOSE)


def is_glue(paragraph: str) -> bool:
    """Whether a paragraph is a known line of page furniture, not of the article."""
    if len(paragraph) > LONGEST and (
        len(paragraph) > LONGEST_OF_ALL or not paragraph.startswith(_LONG_STARTS)
    ):
        return False
    # Folded first: patterns that ignore case try every alternative to its end. The dot of İ goes.
    return _GLUE.fullmatch(paragraph.casefold().replace("\u0307", "")) is not None
