"""What the words of a description or of a file's name say about contrast agent, in several languages.

"Without" is said of many things: without fat saturation says nothing about the agent. So a negation counts where it
stands before an agent's word or alone, and not where it stands before something else that is known.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

AGENT_CONTRADICTED = 0.5
"""Factor of a confidence where the words, or the words and the header, contradict each other about the agent."""

_WORD = re.compile(r"[a-z0-9+]+")
_SPELLINGS = (
    (r"t2\*", "t2star"),
    (r"dark[ _-]?fluid", "darkfluid"),
    (r"(?<![a-z0-9])w[/_ -]o(?![a-z0-9])", "without"),
    (r"(?<![a-z0-9])w/", "with "),
    (r"(?<![a-z0-9])(non?|wo|without)[ _-]con(?![a-z0-9])", "noncontrast"),
    (r"(?<![a-z0-9])s/", "sem "),
    (r"(?<![a-z0-9])i\.v(?![a-z0-9])", "iv"),
    (r"(?<![a-z0-9])-c(?![a-z0-9+])", " noncontrast"),
    (r"(?<![a-z0-9])(t1w?)?(c|km|gd|gado?)-(?![a-z0-9])", r"\1 noncontrast"),
)
"""What is written with signs that split words, and the word for it."""

_AGENT = (
    r"\+?(?:c\+|\+c|gd|gado?\w*|km|ce)\+?|kontrast\w*|contrast\w*|mdc|inj\w*|enh\w*|"
    r"dotarem|magnevist|prohance|multihance|omniscan|clariscan"
)
_ENHANCED_T1 = (
    r"t1w? c|t1w?(?:c|ce|gd|gado?|cgd|km|post\w*|contrast\w*|enh\w*)\+?|t1w?\+(?:c|ce|gd|gado?|km)?|"
    r"(?:gd|ce|gad|post)t1\w*|ct1w?"
)
_PLAIN_T1 = r"t1w?(?:n|pre|native)|(?:pre|native)t1w?"
_AFTER = r"post(?!op|er)\w*|nach|after|apres|dopo|despues|depois|\+ c|\+(?= $)"
_BEFORE = r"pre|before|avant|vor|prima|antes"
_NO = r"no|non|not|without|wo|ohne|sans|senza|sin|sem|zonder|bez"
_WITH = r"w|with|mit|avec|con|com|met"
_AND = r"and|und|et|e|y|en|or"
_UNENHANCED = (
    r"(?:pre|non?|wo|ohne)(?:con|contrast\w*|kontrast\w*|enh\w*|gado?\w*|gd|km)|"
    r"nati(?:v|ve|vo|va|f|ef)|unenhanced|basale?"
)
_BETWEEN = r"iv|the|any|de|di|du|del|d|mezzo|medio|meio|produit"
_FAT = r"fs|fat\w*|fett\w*|graisse|grasa|grasso|gordura|f?sat\w*|supp?r?\w*|sopp\w*|spir|spair"
_OPERATION = r"op|ops|oper\w*|surg\w*|rt|rad\w*"


def _standing(*words: str) -> re.Pattern[str]:
    return re.compile(f"(?<= )(?:{'|'.join(words)})(?= )")


# "no 12" is a number.
_OTHER_THINGS = _standing(rf"(?:{_NO}|{_WITH}) (?:{_FAT})", rf"(?:{_BEFORE}|{_AFTER}) (?:{_OPERATION})", r"no \d+")
_BOTH = _standing(
    *(
        rf"(?:{one})(?: (?:{_AND}))? (?:{other})(?: (?:{_BETWEEN}|{_AGENT}|con))*"
        for one, other in ((_WITH, _NO), (_NO, _WITH), (_BEFORE, _AFTER), (_AFTER, _BEFORE))
    )
)
_WITHOUT = _standing(
    rf"(?:{_NO}|{_BEFORE})(?: (?:{_BETWEEN}|{_AGENT}))* (?:{_AGENT}|c)", _NO, _BEFORE, _UNENHANCED, _PLAIN_T1
)
# A bare "iv" is as often a patient's or a grade's number.
_GIVEN = _standing(_AGENT, _ENHANCED_T1, _AFTER, rf"(?:{_WITH}) iv")


@dataclass(frozen=True)
class AgentSaid:
    """What was said of contrast agent: the phrases that say it was given, that it was not, and that name both.

    "With and without contrast" names an examination rather than one series, so that phrase decides nothing.
    """

    given: tuple[str, ...]
    without: tuple[str, ...]
    both: tuple[str, ...]

    @property
    def torn(self) -> bool:
        """Whether as much was said for it as against it."""
        return bool(self.given) == bool(self.without) and bool(self.given or self.both)

    @property
    def phrases(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.given, *self.without, *self.both)


def plain_words(text: str) -> list[str]:
    """Lower-case words without accents; "w/o" and the like spelled out."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    for written, word in _SPELLINGS:
        plain = re.sub(written, word, plain)
    return _WORD.findall(plain)


def agent_said(words: Sequence[str]) -> AgentSaid:
    """What `words`, as `plain_words` gives them, say about contrast agent."""
    rest = f" {' '.join(words)} "
    found: list[tuple[str, ...]] = []
    for pattern in (_OTHER_THINGS, _BOTH, _WITHOUT, _GIVEN):  # each takes its words away from those after it
        found.append(tuple(pattern.findall(rest)))
        rest = pattern.sub("", rest)
    _, both, without, given = found
    return AgentSaid(given, without, both)
