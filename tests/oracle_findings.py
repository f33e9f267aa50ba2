"""What a finding's own text has to say, from the raw trace alone.

Each form has the numbers and names that the oracle (tests/oracle.py) finds in
the trace before the event that is bad. Texts of other forms are counted as not
compared. Used by tests/truth.
"""
import re

S = r"S(\d+)"


def vote(v):
    return "no vote" if v is None else "a vote for S%d" % (v + 1)


def peers(n):
    return "%d peer%s had" % (n, "" if n == 1 else "s")


def committed(o, index):
    """Who committed an entry first: (server, term), before the bad event."""
    for e, terms in o.commits:
        if e["from"] < index <= e["to"]:
            return e["node"], terms.get(index)
    return None


def falls(what, now):
    return lambda o, e, s: "S%d moved %s from %d to %d, but it was %d and must never go backwards." % (
        e["node"] + 1, what, e["from"], e["to"], now(s))


def same_index(o, e, s):
    index = e["index"] if e["ev"] == "apply" else None
    for i in range(e.get("from", 0) + 1, e["to"] + 1) if index is None else []:
        first = committed(o, i)
        if first and first[1] and first[1] != s.at(i):
            return "S%d committed entry %d of term %d at %.3f s, but S%d committed an entry of" \
                " term %d there." % (e["node"] + 1, i, s.at(i), e["us"] / 1e6, first[0] + 1, first[1])
    return None


def without_entry(o, e, s):
    missing = [(i, c) for i in range(1, 10000) for c in [committed(o, i)]
               if c and c[1] and i > s.base and s.at(i) != c[1]]
    return ["S%d became leader of term %d at %.3f s without entry %d (term %d), which S%d committed"
            % (e["node"] + 1, e["term"], e["us"] / 1e6, i, c[1], c[0] + 1) for i, c in missing]


def old_vote(o, e, s):
    """A new term is saved with the vote of the one before."""
    disk = [x for x in o.events if x["ev"] == "persist" and x["node"] == e["node"] and x["n"] < e["n"]][-1:]
    if disk and e["term"] == s.term > disk[0]["term"] and \
            e["voted_for"] is not None and disk[0]["voted_for"] == e["voted_for"] != s.vote:
        return ", the vote of term %d" % disk[0]["term"]
    return ""


def saved(o, e, s):
    what = "terms" if e["term"] != s.term else "votes" if e["voted_for"] != s.vote else "logs"
    return ["S%d saved term %d, %s and a log up to %d (term %d) at %.3f s%s, but in memory it had term %d,"
            " %s and a log up to %d (term %d): the %s differ." % (
                e["node"] + 1, e["term"], vote(e["voted_for"]) + old_vote(o, e, s), e["last_index"], e.get("last_term", 0),
                e["us"] / 1e6, how, s.term, vote(s.vote), s.last(), s.at(s.last()), w)
            for w, how in [(what, "")] + [
                (what + " after the snapshot" * (what == "logs"), ", after " + did) for did in (
                    "installing a snapshot", "installing a snapshot, and kept what its log had after that",
                    "discarding its whole log for a snapshot",
                    "discarding part of its log for a snapshot")]]


def matched(o, e, s):
    return "S%d set match_index for S%d to %d, but in term %d S%d has acknowledged entries only" \
        " up to %d." % (e["node"] + 1, e["peer"] + 1, e["to"], s.term, e["peer"] + 1,
                             s.acked.get(e["peer"], 0))


def moved_back(o, e, s):
    start = "S%d moved next_index for S%d back to %d" % (e["node"] + 1, e["peer"] + 1, e["to"])
    end = " acknowledged entries up to %d." % s.match.get(e["peer"], 0)
    send = o.request(e)
    late = " on the reply to a message of %.3f s" % (send["us"] / 1e6) if send else ""
    has = ", although S%d has" % (e["peer"] + 1)
    return [start + has + end, start + late + has + " since then" + end]


def counted(o, e, s):
    held = sum(i >= e["to"] for p, i in s.acked.items() if p != e["node"])
    return ["S%d committed entry %d when only %s acknowledged it%s a majority is %d." % (
        e["node"] + 1, e["to"], peers(held), own, o.n // 2 + 1)
        for own in (";", ", besides its own saved copy;", " and its own copy was not yet saved;")]


def cut(o, e, s):
    send = o.request(e)
    if not send or "prev_log_index" not in send["args"]:
        return None
    a, first = send["args"], None
    if s.base < a["prev_log_index"] <= s.last() and s.at(a["prev_log_index"]) != a["prev_log_term"]:
        first = a["prev_log_index"]
    for i, x in enumerate(a["entries"], a["prev_log_index"] + 1):
        if first is None and i <= s.last() and s.at(i) != x["term"]:
            first = i
    text = "S%d truncated its log from index %d (term %d) to its end at %d on S%d's AppendEntries," \
        " with which it " % (e["node"] + 1, e["index"], s.at(e["index"]), s.last(), send["node"] + 1)
    return text + ("does not conflict." if first is None else
                   "conflicts only from index %d." % first)


def votes(o, e, s):
    n = len(o.votes(s, e["node"]))
    return "S%d became leader of term %d after learning of only %d vote%s for it in that term; a" \
        " majority is %d." % (e["node"] + 1, e["term"], n, "" if n == 1 else "s", o.n // 2 + 1)


FORMS = [
    (S + r" moved commit_index from", falls("commit_index", lambda s: s.commit)),
    (S + r" moved current_term from", falls("current_term", lambda s: s.term)),
    (S + r" committed entry \d+ of term \d+ at .* committed an entry of", same_index),
    (S + r" became leader of term \d+ at .* without entry", without_entry),
    (S + r" became leader of term \d+ after learning of", votes),
    (S + r" saved term .* differ\.$", saved),
    (S + r" set match_index for .* acknowledged entries", matched),
    (S + r" moved next_index for", moved_back),
    (S + r" committed entry \d+ when only \d+ peers? had", counted),
    (S + r" truncated its log from index .* on S\d+'s AppendEntries", cut),
]


def difference(oracle, event, text):
    """"" when it is as it has to be, None when its form is not known here."""
    if "node" not in event:
        return None
    s = oracle.s[event["node"]]
    for form, says in FORMS:
        if re.match(form, text):
            wants = says(oracle, event, s)
            if wants is None:
                return None
            wants = [wants] if isinstance(wants, str) else wants
            return "" if any(text.startswith(w) for w in wants) else \
                "the finding says  %s\n  wants %s" % (text, " or ".join(wants[:3]))
    return None
