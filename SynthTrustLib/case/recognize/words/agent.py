"""What the words of a description or of a file's name say about contrast agent, in several languages.

"Without" is said of many things: without fat saturation says nothing about the agent. So a negation counts where it
stands beside an agent's word or alone, and not where it stands before something else that is known. A word that is not
known may say anything, so beside an agent's word it leaves open whether the agent was given.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from SynthTrustLib.case.recognize.words.lexicon import ANY, Sense, Token, stands_alone, texts
from SynthTrustLib.case.recognize.words.meaning import Meaning

AGENT_CONTRADICTED = 0.5
"""Factor of a confidence where the words, or the words and the header, contradict each other about the agent."""

_FOR = (Meaning.WITH, Meaning.AFTER)
_AGAINST = (Meaning.WITHOUT, Meaning.BEFORE)
_POLARITY = (*_FOR, *_AGAINST)
_OPPOSITES = ({Meaning.WITH, Meaning.WITHOUT}, {Meaning.BEFORE, Meaning.AFTER})
_AGENT = (Meaning.AGENT, Meaning.GIVEN)
_NOT_AGAINST = frozenset({*_AGENT, *_FOR, Meaning.BOTH})
_SPEAKS = frozenset({*_NOT_AGAINST, *_AGAINST, Meaning.PLAIN})
_T1 = (Meaning.T1, Meaning.T1_SEQUENCE)

_SHORT = 2
"""Words of no more letters are as often initials: an agent is not taken from them alone, nor a negation of one."""

_SHORT_BUT_PLAIN = frozenset({"gd", "km", "wo", "no", "ку", "кв", "до", "ce"})


@dataclass
class AgentSaid:
    """What was said of contrast agent: the phrases that say it was given, that it was not, that name both, or that may
    say either.

    What may say either is rather for it, unless it `leans_against` it. "With and without contrast" names an
    examination rather than one series, so that phrase decides nothing.
    """

    given: list[str] = field(default_factory=list)
    without: list[str] = field(default_factory=list)
    both: list[str] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)
    leans_against: bool = False
    heard: set[int] = field(default_factory=set)
    """Places of the words that say any of it."""

    @property
    def torn(self) -> bool:
        """Whether as much was said for it as against it."""
        return bool(self.given) == bool(self.without) and bool(self.given or self.both)

    @property
    def is_open(self) -> bool:
        """Whether the agent is spoken of, and nothing says if it was given."""
        return bool(self.doubtful) and not self.given and not self.without

    @property
    def phrases(self) -> list[str]:
        """All of them."""
        return [*self.given, *self.without, *self.both, *self.doubtful]


def agent_said(tokens: Sequence[Token], shared: Collection[str] = ()) -> AgentSaid:
    """What `tokens` say about contrast agent; `shared` are words that tell nothing, as every file has them."""
    said = AgentSaid()
    used: set[int] = set()
    _hear_both(tokens, said, used)
    at = 0
    while at < len(tokens):
        end = _agent_ends(tokens, at, used)
        if end > at:
            _hear_agent(tokens, at, end, said, used, shared)
        at = max(end, at + 1)
    for at, token in enumerate(tokens):
        if at not in used:
            used.update(range(at, at + _hear_alone(tokens, at, token, said, shared)))
    said.heard = used
    return said


def _hear_both(tokens: Sequence[Token], said: AgentSaid, used: set[int]) -> None:
    """ "With and without contrast", "vor und nach KM"."""
    for at, token in enumerate(tokens):
        after = at + 1
        while after < len(tokens) and tokens[after].means(Meaning.AND):
            after += 1
        pair = after < len(tokens) and _are_opposite(token, tokens[after])
        if at in used or not (pair or token.means(Meaning.BOTH)):
            continue
        end = after + 1 if pair else at + 1
        while end < len(tokens) and tokens[end].means(Meaning.BETWEEN, *_AGENT):
            end += 1
        used.update(range(at, end))
        said.both.append(_phrase(tokens[at:end]))


def _are_opposite(one: Token, other: Token) -> bool:
    """Whether two words of one language say the opposite of each other."""
    return any(
        {a.meaning, b.meaning} in _OPPOSITES and a.languages & b.languages for a in one.senses for b in other.senses
    )


def _agent_ends(tokens: Sequence[Token], at: int, used: set[int]) -> int:
    """Where the words for an agent that begin at `at` end; `at` itself where none begin."""
    if at in used or not _names_agent(tokens, at):
        return at
    end = reached = at + 1
    while reached < len(tokens) and tokens[reached].means(Meaning.BETWEEN, *_AGENT) and reached not in used:
        reached += 1
        if tokens[reached - 1].means(*_AGENT):
            end = reached
    return end


def _names_agent(tokens: Sequence[Token], at: int) -> bool:
    token = tokens[at]
    before = tokens[at - 1] if at else None
    if token.means(Meaning.C):  # a C behind T1, or said to be there or not
        return before is not None and before.means(*_T1, Meaning.PLUS, *_POLARITY)
    if token.means(Meaning.PLUS):
        return at + 1 == len(tokens) or tokens[at + 1].means(Meaning.C)
    if token.means(Meaning.AGENT) and token.means(Meaning.WITHOUT, Meaning.WITH) and before is None:
        return False
    return token.means(*_AGENT)


def _hear_agent(
    tokens: Sequence[Token], start: int, end: int, said: AgentSaid, used: set[int], shared: Collection[str]
) -> None:
    agent = tokens[start:end]
    languages = frozenset[str]().union(*(s.languages for t in agent for s in t.senses if s.meaning in _AGENT))
    left = start - 1
    while left >= 0 and tokens[left].means(Meaning.BETWEEN) and not tokens[left].means(*_POLARITY):
        left -= 1
    before = tokens[left] if left >= 0 and left not in used else None
    behind = tokens[end] if end < len(tokens) and end not in used else None
    ways = _ways(before, languages, behind=False)
    if ways:
        used.update(range(left, end))
        phrase = _phrase(tokens[left:end])
    else:
        ways = _ways(behind, languages, behind=True)
        used.update(range(start, end + bool(ways)))
        phrase = _phrase(tokens[start : end + bool(ways)])
    says_itself = any(t.means(Meaning.GIVEN, Meaning.C, Meaning.PLUS) for t in agent)
    if any(t.near & {Meaning.PLAIN, Meaning.WITHOUT, Meaning.BEFORE} for t in agent):  # "kontrastpiz"
        said.leans_against = not said.doubtful
        said.doubtful.append(phrase)
    elif any(t.means(Meaning.PLAIN) for t in agent) and not ways:
        said.without.append(phrase)
    elif ways == {True}:
        said.given.append(phrase)
    elif ways == {False}:
        said.without.append(phrase)
    elif ways or set(texts(agent)) <= set(shared):
        said.doubtful.append(phrase)
    elif not says_itself and (_unsaid(agent, before, behind) or _is_denied(before, behind)):
        beside = [t for t in (before, behind) if t is not None and not t.known]
        near = frozenset[Meaning]().union(*(t.near for t in beside))
        said.leans_against = not said.doubtful and not near.isdisjoint(_AGAINST) and near.isdisjoint(_FOR)
        said.doubtful.append(" ".join([*texts(beside[:1] if beside[:1] == [before] else []), phrase]))
    else:
        said.given.append(phrase)


def _ways(token: Token | None, languages: frozenset[str], *, behind: bool) -> set[bool]:
    """What the word beside an agent can say: that it was given, not given, either; nothing."""
    if token is None:
        return set()
    senses = [s for s in token.senses if s.meaning in _POLARITY and s.behind is behind]
    own = [s for s in senses if s.languages & languages - {ANY}]
    if own or _is_word(token):
        return {s.meaning in _FOR for s in own or senses if own or _speaks(s, languages)}
    return {True, False} if any(s.meaning in _AGAINST for s in senses) and ANY in languages else set()


def _speaks(sense: Sense, languages: frozenset[str]) -> bool:
    """Whether a word of `sense` may stand beside an agent's word of `languages`: people mix in English and brands."""
    return ANY in languages or ANY in sense.languages or bool({"en"} & sense.languages) or "en" in languages


def _is_word(token: Token) -> bool:
    return len(token.text) > _SHORT or not token.text.isascii() or token.text in _SHORT_BUT_PLAIN


def _unsaid(agent: Sequence[Token], before: Token | None, behind: Token | None) -> bool:
    """Whether it is open if the agent was given: beside a word that is not known, or named by two letters only."""
    if any(token is not None and not token.known for token in (before, behind)):
        return True
    return not any(_is_word(token) for token in agent)


def _is_denied(before: Token | None, behind: Token | None) -> bool:
    """Whether a word beside says "without", though in another language than the agent's."""
    return any(
        token is not None
        and _is_word(token)
        and any(s.meaning in _AGAINST and s.behind is is_behind for s in token.senses)
        for token, is_behind in ((before, False), (behind, True))
    )


def _hear_alone(tokens: Sequence[Token], at: int, token: Token, said: AgentSaid, shared: Collection[str]) -> int:
    """How many words from `at` speak of the agent: one such as "post" or "native", with no agent's word beside it."""
    follower = next((t for t in tokens[at + 1 :] if not t.means(Meaning.BETWEEN) or t.means(Meaning.EVENT)), None)
    if token.means(Meaning.MAYBE) or (token.near & _SPEAKS and token.written not in shared):
        is_first = said.leans_against or not said.doubtful
        said.leans_against = is_first and not token.near & _NOT_AGAINST
        said.doubtful.append(token.written)
        return 1
    if token.means(Meaning.PLAIN):
        said.without.append(token.text)
        return 1
    if (
        token.means(Meaning.WITH)
        and (_is_word(token) or token.text == "w")
        and at + 1 < len(tokens)
        and tokens[at + 1].text == "iv"
    ):
        said.given.append(_phrase(tokens[at : at + 2]))
        return 2
    if token.text not in stands_alone():
        return 0
    is_shared = token.written in shared
    if token.means(Meaning.BEFORE, Meaning.AFTER):
        if follower is not None and follower.means(Meaning.EVENT):
            return 0
        after_what = token.means(Meaning.AFTER) and follower is not None and not follower.known
        into = said.doubtful if is_shared or after_what else said.given if token.means(Meaning.AFTER) else said.without
        into.append(token.text)
        return 1
    if token.means(Meaning.WITHOUT):
        is_number = follower is not None and follower.text.isdigit()
        if not is_number and not (follower is not None and follower.means(Meaning.THING)):
            (said.doubtful if is_shared else said.without).append(token.text)
            return 1
    return 0


def _phrase(tokens: Sequence[Token]) -> str:
    return " ".join(texts(tokens))
