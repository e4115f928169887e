"""What a segment is, by the words of its name: which part of a tumor, in the languages that hospitals write."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """What a segment holds. Parts may overlap: where the inner ones are is known from their own segments."""

    ENHANCING = "enhancing"
    NECROSIS = "necrosis"  # with all of the core that does not enhance
    CORE = "core"
    EDEMA = "edema"  # with infiltration, and whatever is bright on FLAIR around the core
    WHOLE = "whole"
    TUMOR = "tumor"  # called a tumor and no more; beside other parts it may be the rest of one
    UNSURE = "unsure"  # about a tumor, but its words do not say which part of it
    OTHER = "other"  # something else, a brain or the cavity of a resection
    UNKNOWN = "unknown"  # no word of it is known


_STEMS = {
    "edema": (
        r"edem|odem|edeem|obrzek|turvotus|svullnad|infiltr|peri[ -]?tum\w*|\bsnfh\b|\bed\b|\bflair\b|hyperint"
        r"|hypersignal|iperint|iperseg|hiperint|hipersen|отек|инфильтр|οιδημα|水肿|水腫|浮腫|부종|浸潤|浸润"
    ),
    "necrosis": (
        r"ne[ck]ro|martwic|некро|кист|坏死|壞死|壊死|괴사|囊变|\bncr\b|\bnec\b|\bcyst|zyst|kyst|\bcist|\bquist"
    ),
    "unenhanced": r"\bnet\b|\bnetc\b|\bn ?cet\b|\bnenh\b|\bn ?ce\b|tehostumat",
    "enhancing": (
        r"enhanc|\bet\b|\bcet\b|\bce\b|\bkm\b|\bgd\b|contrast uptake|anreicher|aufnehm|aufnahm|rehauss|captant"
        r"|captac|\bcapta\b|captaz|realc|realz|reforco|presa di contrast|prise de contrast"
        r"|pren\w* (?:pas )?le contrast|contrastantes?\b|impregn|aufladend"
        r"|kontrast(?:uppt|ladd|opptak|oplad|forstar)|upptag|uppladd|opladend|aankleur|wzm[ao]cn|tehostu|halmoz"
        r"|контраст|накапл|накопл|усил|(?:强化|強化|增强|增強|増強|造影|对比|조영|증강)+"
    ),
    "core": r"\bcore\b|\btc\b|核心|コア|핵심",
    "core of a tumor": (
        r"kern\b|\bnoyau|\bnucleo|\bnocciol|karn[ae]n?\b|kjerne|kaerne|\bjadr|\brdzen|ядр|\bcoeur|ydin|핵|核"
    ),
    "whole": (
        r"\bwhole|\bcomplet|\bentire|\btotal|\bwt\b|gesamt|\bganze|\btoute?\b|\bentier|\binter[oa]\b|\bhel[ae]?\b"
        r"|\bcal[ya]\b|\bvolledig|\bgehele\b|весь|\bвся\b|целик|全|整个|整個|整体|전체|\bkoko\b"
    ),
    "tumor": (
        r"tumo|tumeur|tuumor|neopla|lesi[oó]|lesao|lesoe|leesi|lasion|laesio|gliom|gliobl|astrocyt|\bgbm\b|\bgtv"
        r"|\bmass[ae]?\b|geschwulst|gezwel|svulst|kasvain|daganat|\bguz|nowotw|новообраз|опухол|глиом|ογκο|肿瘤"
        r"|腫瘤|腫瘍|病灶|病变|病変|종양|병변|metasta|cancer|carcinom|karzinom|abnorm"
    ),
}
"""Stems of each kind of word, of text without accents in lower case; the first kind that fits a place wins."""

_ELSEWHERE = re.compile(
    r"cavit|kavit|cavidad|hohle|onkalo|jama poop|полост|空洞|残腔|術腔|술강|\bvessel|gefass|vaisseau|\bvasos?\b"
    r"|\bhealthy|gesund|\bsain[e]?\b|\bsano\b|\bnormal|\bventric|background|hintergrund|arriere plan|正常|健常"
)
"""Says that a segment is no tumor even where it is described by one: a resection cavity, a vessel that enhances."""

_ANATOMY = re.compile(
    r"\bbrain|hirn\b|cerve|cerebr|hjarn|aivo|mozg|мозг|脑|脳|뇌|skull|schadel|crane|\bcsf\b|liquor|matter"
    r"|hippocamp|thalam|nucle|caudat|putamen|pallid|cortex|cortic|\beye|\bnerve|chiasm|\bhead\b|\bbody\b|\bair\b"
    r"|\bbone"
)
"""Of a segment whose words are about no tumor: what else it is."""

_NEGATION = (
    r"non|not|no|without|w o|lack(?:ing|s)?(?: of)?|minus|less|exclud\w*|excl|excluye\w*|exclu[is]\w*|except"
    r"|outside|beyond|nicht|kein\w*|ne|absen\w* (?:of|de|di|d)|free of|ohne|ausser\w*|exkl\w*|sans|pas|ni|hors"
    r"|sauf|sin|senza|sem|nao|fuera de|fuera|tranne|escluso|menos|meno|utan|ej|icke|inte|uten|ikke|uden|zonder"
    r"|niet|geen|buiten|bez|nie|poza|nem|nelkul|ilman|ei|без|не|вне|кроме"
)
_GLUED = r"(?:non|nicht|un|not|no|niet|nie|ne|не|icke|ikke|非|无|無|不|未|没有|沒有|비)"
_FILLER = r"(?:kontrastmittel|kontrast|contrast|km|gd|gadolinium|t1)?"
_NEGATED_BEFORE = re.compile(
    rf"(?:\b(?:{_NEGATION})\b(?:[ .\-]+(?!(?:and|und|but|aber|y|e|og|och|en|i)\b)[^\W\d]\w*){{0,2}}?[ .\-']*"
    r"|非|无|無|不|未|没有|沒有|비)$"
)
_NEGATED_INSIDE = re.compile(rf"^{_GLUED}[ \-]?{_FILLER}$")
_NEGATED_AFTER = re.compile(
    r"^(?:[ \-:=(]*\b(?:no|none|absent|negative?|free|frei|fri|nein|non|not present|false|excluded|fehlt|0)\b"
    r"(?= *(?:[),;.\]]|$))|[ \-]*\b(?:free|frei|fri)\b|[ ]*(?:なし|無し|のない|しない|されない"
    r"|없|안 ?됨|阴性|陰性)|[ \-]*\(?[-−–]\)?$)"
)
_STILL_NEGATED = re.compile(
    r"^[ ]*(?:or|nor|oder|noch|ni|ou|o|eller|of|lub|ani|или|и не)[ ]+(?:the |any |der |die |das )?$"
)
_RELATION = re.compile(
    r"\b(?:around|surround\w*|adjacent|near|next to|within|inside|in|of|um|umgebend\w*|im|der|des|de|du|del|della|dello"
    r"|autour|entourant|alrededor|rodea\w*|intorno|attorno|omkring|runt|rundt|rond|van|вокруг|внутри|wokol)\b"
)
_INCLUSION = re.compile(
    r"\b(?:incl\w*|inkl\w*|eins?chl\w*|plus|compris\w*|compren\w*|wlacz\w*|mit|with|avec|con|com|med|met)\b[ :(]*$"
)
_WITH = re.compile(r"mit|with|avec|con|com|med|met")
_LISTING = re.compile(r"[+&,;/(]|\b(?:and|und|plus|y|e|og|och|en|oraz|и)\b|和|及|与")
_WHOLE_TUMOR = re.compile(
    r"\bwt\b|\bwhole (?:brain )?tumou?r\b(?! core)|gesamttumor|\bganze\w* tumor"
    r"|tumeur (?:entiere|totale|complete)|tumor (?:completo|total|entero|inteiro)"
    r"|tumore (?:intero|completo|totale)|全肿瘤|全腫瘍|整个肿瘤"
)
_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "–": "-", "—": "-", "−": "-", "_": " "})


@dataclass(frozen=True)
class _Term:
    kind: str
    begin: int
    end: int
    negated: bool


def part_of(name: str) -> Part:
    """Which part of a tumor a segment of this name holds.

    A word that is taken back, as in "Tumor, not enhancing" or "ohne Kontrastmittelaufnahme", counts for what is left.
    """
    text = _plain(name)
    terms = _terms(text)
    said = {term.kind for term in terms if not term.negated}
    denied = {term.kind for term in terms if term.negated}
    if _ELSEWHERE.search(text) and "necrosis" not in said:
        return Part.OTHER
    if not said - {"whole", "core of a tumor"} and not denied - {"tumor"}:
        if "whole" in said and re.search(r"\bwt\b", text):
            return Part.WHOLE
        return Part.OTHER if "tumor" in denied or _ANATOMY.search(text) else Part.UNKNOWN
    if said & {"tumor", "enhancing", "necrosis"} and "core of a tumor" in said:
        said.add("core")
    if "tumor" in denied and not said:
        return Part.OTHER
    return _classified(said, denied, whole_tumor=bool(_WHOLE_TUMOR.search(text)))


def _classified(said: set[str], denied: set[str], *, whole_tumor: bool) -> Part:
    """The part that holds what is said without what is denied."""
    if whole_tumor and not denied:
        return Part.WHOLE
    if "edema" in said:
        return Part.WHOLE if said & {"enhancing", "core"} else Part.EDEMA
    if "core" in denied:
        return Part.EDEMA
    if "enhancing" in said and ("necrosis" in said or "unenhanced" in said or "enhancing" in denied):
        return Part.CORE
    if "necrosis" in said:
        return Part.NECROSIS
    if "unenhanced" in said or "enhancing" in denied:
        return Part.UNSURE if whole_tumor else Part.NECROSIS
    if "enhancing" in said:
        return Part.ENHANCING
    if "necrosis" in denied:
        return Part.UNSURE
    if "core" in said or "edema" in denied:
        return Part.CORE
    return Part.WHOLE if "whole" in said else Part.TUMOR


def _plain(name: str) -> str:
    """Lower case without accents, words of camel case apart, and the difference of two regions spelled out."""
    name = re.sub(r"(?<=[a-zà-ÿ])(?=[A-Z])", " ", name)
    decomposed = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS).replace("w/o", "without"))
    text = unicodedata.normalize("NFC", re.sub("[\u0300-\u036f]", "", decomposed))
    text = re.sub(r"\b(wt|tc)\s*[-\\]\s*(?=(?:tc|et)\b)", r"\1 minus ", text)
    return " ".join(text.split())


def _terms(text: str) -> list[_Term]:
    """The words that say what a segment is, in order, without those that only say where it lies."""
    found: list[_Term] = []
    taken: list[tuple[int, int]] = []
    for kind, stems in _STEMS.items():
        for match in re.finditer(stems, text):
            if any(match.start() < end and begin < match.end() for begin, end in taken):
                continue
            taken.append(match.span())
            found.append(_Term(kind, *match.span(), False))
    terms: list[_Term] = []
    landmark_from = None
    for term in sorted(found, key=lambda term: term.begin):
        before = terms[-1] if terms else None
        gap = text[before.end if before else 0 : term.begin]
        if term.kind == "enhancing" and text[term.begin : term.end] == "et" and _is_and(found, term, text):
            continue
        if before is not None and landmark_from is None and before.kind not in ("tumor", "whole", "core of a tumor"):
            relation = _RELATION.search(gap)
            landmark_from = term.begin if relation else None
        if landmark_from is not None:
            if not _LISTING.search(gap):
                continue
            landmark_from = None
        negated = _is_negated(text, term, before)
        if before is not None and not negated and _is_included(term, before, gap):
            continue
        terms.append(_Term(term.kind, term.begin, term.end, negated))
    return terms


def _is_included(term: _Term, before: _Term, gap: str) -> bool:
    """Whether a term only says what is in the one before it; a "tumor with enhancement" is one that enhances."""
    if before.kind not in ("core", "tumor", "whole", "core of a tumor"):
        return False
    word = _INCLUSION.search(gap)
    return word is not None and (term.kind != "enhancing" or not _WITH.match(word[0]))


def _is_negated(text: str, term: _Term, before: _Term | None) -> bool:
    start = before.end if before else 0
    gap = text[start : term.begin]
    word = re.search(r"\w*$", gap)
    prefix = word[0] if word else ""
    if prefix and _NEGATED_INSIDE.match(prefix):
        return True
    # What stands before the word that the stem is in; of a compound, the stem may be its end.
    if _NEGATED_BEFORE.search(gap[: len(gap) - len(prefix)] if prefix else gap) or _NEGATED_BEFORE.search(gap):
        return True
    if before is not None and before.negated:
        between = re.sub(r"^\w*", "", gap)
        if _STILL_NEGATED.match(between) or (before.kind in (term.kind, "tumor", "whole") and not between.strip(" -")):
            return True
    if re.search(r"\b(?:pas|nicht|no|non)\b", text[term.begin : term.end]):
        return True
    rest = re.sub(r"^\w*", "", text[term.end :]) if text[term.end :].isascii() else text[term.end :]
    return bool(_NEGATED_AFTER.match(rest))


def _is_and(found: list[_Term], et: _Term, text: str) -> bool:
    """Whether "et" is the French "and": between two words that say something."""
    words = [term for term in found if term is not et]
    left = any(term.end <= et.begin and re.fullmatch(r"\w* ", text[term.end : et.begin]) for term in words)
    right = any(
        term.begin >= et.end and re.fullmatch(r" (?:l'|la |le |les |de |du |d')?\w*", text[et.end : term.begin])
        for term in words
    )
    return left and right
