"""A slow, simple oracle: what a trace says, from the paper and TRACE.md alone.

It replays a trace line by line and makes, for each event, the sentence that
`why` has to say of it, and the logs that tables have to show. It shares
nothing with the program. Used by tests/truth.
"""


def name(i):
    return "S%d" % (i + 1)


def span(a, b):
    return "entry %d" % b if a >= b else "entries %d to %d" % (a, b)


def names(servers):
    words = [name(i) for i in sorted(servers)]
    return " and ".join([", ".join(words[:-1])] * (len(words) > 1) + words[-1:]) or "nobody"


class Server:
    def __init__(self):
        self.up, self.booted, self.inc = False, False, 0
        self.role, self.term, self.vote = "follower", 0, None
        self.base = self.base_term = self.commit = 0
        self.log = []  # terms of the entries behind base
        self.match, self.acked, self.heard_votes = {}, {}, {}
        self.heard_us = self.led_us = -1
        self.stood = 0

    def last(self):
        return self.base + len(self.log)

    def at(self, i):
        return self.base_term if i == self.base else \
            self.log[i - self.base - 1] if self.base < i <= self.last() else 0

    def end(self):
        return "ends at %d (term %d)" % (self.last(), self.at(self.last())) \
            if self.last() else "is empty"

    def cut(self, i):
        del self.log[max(0, i - self.base - 1):]

    def compact(self, i, term):
        if i > self.base:
            self.log, self.base, self.base_term = self.log[i - self.base:], i, term


def shown(text):
    """A key or a value, as sentences have it: its last 24 characters."""
    text = text[:1] + text[1:].rstrip(" ") if text else "nothing"
    text = "..." + text[-21:] if len(text) > 24 else text
    return "".join(c if " " <= c <= "~" else "?" for c in text)


class Oracle:
    def __init__(self, lines):
        self.events = [e for e in lines if e["ev"] not in ("trace", "state", "verdict")]
        self.n = lines[0]["servers"]
        self.by_n = {e["n"]: e for e in self.events}
        self.s = [Server() for _ in range(self.n)]
        self.sends, self.lost, self.at, self.kinds = {}, {}, 0, {e["ev"] for e in self.events}
        self.commits = []  # each commit, with the terms of its entries
        # What clients asked for, by the index and term that they were told.
        self.asked = {(e["index"], e["term"]): self.operation(e) for e in self.events
                      if e["ev"] == "start" and e["accepted"]}

    def operation(self, e):
        """The client's operation behind a command, in words; None."""
        sent = None  # the request that brought the command
        while e and e["ev"] != "invoke":
            sent = sent or (e if e["ev"] == "send" else None)
            e = self.by_n.get(e.get("cause"))
        # A session is asked for on behalf of an operation as well.
        if not e or not sent or sent["args"].get("kind") != ord(e["call"][0]):
            return None
        key, value, expected = (shown(e.get(k, "")) for k in ("key", "value", "expected"))
        return "C%d's %s" % (e["client"], {
            "get": "get %s" % key, "put": "put %s=%s" % (key, value),
            "append": "append %s to %s" % (value, key),
            "cas": "compare-and-set %s from %s to %s" % (key, expected, value)}[e["call"]])

    def root(self, e):
        """The receipt, timeout or client's command that an event follows from."""
        while e and e["ev"] not in ("recv", "reply_recv", "timeout", "start"):
            e = self.by_n.get(e.get("cause"))
        return e

    def request(self, e):
        """The request that an event follows from."""
        root = self.root(e)
        return self.sends.get(root["msg"]) if root and "msg" in root else None

    def ends(self, send):
        a = send["args"]
        return a.get("last_included_index", a.get("prev_log_index", 0)) + len(a.get("entries", []))

    def step(self, e):
        s, ev = self.s[e["node"]] if "node" in e else None, e["ev"]
        if ev == "drop" and e["leg"] == "request":
            self.lost[e["from"], e["to"]] = self.lost.get((e["from"], e["to"]), 0) + 1
        if not s or ev == "drop" or e.get("inc", 0) < s.inc and ev != "boot":
            return
        if ev == "boot":
            s = self.s[e["node"]] = Server()
            s.up, s.booted, s.inc = True, True, e.get("inc", 0)
            s.term, s.vote = e["term"], e["voted_for"]
            s.base, s.base_term = e["last_included_index"], e["last_included_term"]
            s.commit = s.base
            s.log = [x["term"] for x in e["entries"]]
        elif ev in ("crash", "kill"):
            s.up, s.commit, s.role, s.stood, s.match = False, 0, "follower", 0, {}
        elif ev == "role":
            s.stood = s.stood + 1 if e["to"] == "candidate" else 0
            if e["from"] == "leader":
                s.led_us = e["us"]
            s.role = e["to"]
            if s.role == "leader":
                s.match, s.acked = {}, {}
            s.heard_votes = {} if s.role == "candidate" else s.heard_votes
        elif ev == "term":
            s.term, s.vote = e["to"], None
        elif ev == "vote":
            s.vote = e["voted_for"]
        elif ev == "append":
            s.cut(e["index"])
            s.log += [x["term"] for x in e["entries"]]
        elif ev == "truncate":
            s.cut(e["index"])
        elif ev == "match":
            s.match[e["peer"]] = e["to"]
        elif ev == "commit":
            self.commits.append((e, {i: s.at(i) for i in range(e["from"] + 1, e["to"] + 1)}))
            s.commit = e["to"]
        elif ev in ("compact", "install"):
            i, t = e["last_included_index"], e["last_included_term"]
            if ev == "install":
                if s.at(i) != t:
                    s.log = []
                s.commit = max(s.commit, i)
            s.compact(i, t)
        elif ev == "send":
            self.sends.setdefault(e["msg"], e)
        elif ev == "recv":
            self.lost[e["from"], e["node"]] = 0
            send = self.sends.get(e["msg"])
            if e["rpc"] != "RequestVote" and send and send["args"].get("term", 0) >= s.term:
                s.heard_us = e["us"]
        elif ev == "reply_recv":
            send, reply = self.sends.get(e["msg"]), self.by_n.get(e.get("cause"))
            if not send or not reply or "args" not in reply or send["args"].get("term") != s.term:
                return
            a, peer = reply["args"], e["from"]
            if a.get("vote_granted"):
                s.heard_votes[peer] = s.term
            if s.role == "leader" and (a.get("success") or (
                    e["rpc"] == "InstallSnapshot" and send["args"].get("done", True))):
                s.acked[peer] = max(s.acked.get(peer, 0), self.ends(send))

    def votes(self, s, i):
        got = {p for p, term in s.heard_votes.items() if term == s.term}
        return got | ({i} if s.vote == i else set())

    def expected(self, e):
        """The sentence on an event, before it changes the state; None when
        there is nothing to compare."""
        ev = e["ev"]
        if "node" not in e and ev != "drop" or ev == "drop" and None in (e["from"], e["to"]):
            return None
        if ev == "drop":
            ab, why = (name(e["from"]), name(e["to"])), e.get("why", "lost")
            n = self.lost.get((e["from"], e["to"]), 0) + 1
            if e["leg"] == "reply":
                return "An answer of %s to %s was lost (%s)." % (*ab, why)
            return ("A message of %s to %s was lost (%s)." % (*ab, why)) if n == 1 else \
                "%d messages of %s to %s were lost in a row, this one too (%s)." % (n, *ab, why)
        i = e["node"]
        s, me, send = self.s[i], name(i), self.request(e)
        if not s.up:  # the past speaks
            return None
        asked = send and name(send["node"])
        if ev == "role" and e["to"] == "leader":
            v = self.votes(s, i)
            return "%s became leader of term %d: it had the votes of %s, %d of %d. Its log %s." % (
                me, e["term"], names(v), len(v), self.n, s.end())
        if ev in ("role", "term"):
            why = ": " + e["why"] if "why" in e else ""
            return "%s went from %s to %s in term %d%s." % (
                me, e["from"], e["to"], e["term"], why) if ev == "role" else \
                "%s moved from term %d to term %d%s." % (me, e["from"], e["to"], why)
        if ev == "vote":
            if e["voted_for"] == i:
                return "%s voted for itself in term %d." % (me, e["term"])
            text = "%s voted for %s in term %d" % (me, name(e["voted_for"]), e["term"])
            if not send or "last_log_index" not in send["args"]:
                return text + "."
            a = send["args"]
            if a["last_log_index"] == s.last() == 0:
                return text + ": both logs are empty."
            return text + ": %s's log ends at %d (term %d), its own %s." % (
                asked, a["last_log_index"], a["last_log_term"], s.end())
        if ev == "timeout":
            role = next((x for x in self.events[self.at + 1:self.at + 20] if x["ev"] == "role" and
                         self.root(x) is e), None)
            stands = "; it stood %s in term %d" % (
                "again," if s.role == "candidate" else "for election", role["term"]) if role else ""
            ms = e["waited_us"] / 1000
            if s.role == "candidate":
                return "%s had waited %.0f ms for votes in term %d and had %d of %d%s%s." % (
                    me, ms, s.term, len(self.votes(s, i)), self.n, stands,
                    ", after %d elections in a row that failed" % s.stood if s.stood > 1 else "")
            if s.led_us > s.heard_us:
                return "%s's election timer ran out, %.0f ms after it was last set back" \
                    " (%s led until %.3f ms)%s." % (me, ms, me, s.led_us / 1000, stands)
            if e["us"] - max(s.heard_us, 0) >= e["waited_us"] and ("recv" in self.kinds or self.n == 1):
                return "%s had heard of no leader for %.0f ms%s." % (me, ms, stands)
            return "%s's election timer ran out, %.0f ms after it was last set back%s." % (
                me, ms, stands)
        if ev == "append":
            x, last = e["entries"][-1], e["index"] + len(e["entries"]) - 1
            one = len(e["entries"]) == 1
            return "%s stored %s (term %d%s)%s." % (
                me, span(e["index"], last), x["term"], ', "%s"' % x["command"] if one else "",
                " that %s sent" % asked if asked else
                ", as leader of term %d" % s.term if s.role == "leader" else "")
        if ev == "truncate":
            return "%s cut %s (from term %d) off its log%s." % (
                me, span(e["index"], s.last()), s.at(e["index"]),
                ", on a message of %s, leader of term %d" % (asked, send["args"]["term"])
                if send else "")
        if ev == "commit":
            text = "%s committed %s%s" % (
                me, span(e["from"] + 1, e["to"]), " (term %d)" % s.at(e["to"])
                if s.last() >= e["to"] else ", which it does not have")
            if e["to"] <= e["from"]:
                text = "%s moved commit_index from %d back to %d%s" % (
                    me, e["from"], e["to"], " (term %d)" % s.at(e["to"]) if e["to"] else "")
            if s.role == "leader" and not (send and self.root(e)["ev"] == "recv"):
                held = {p for p, m in s.match.items() if m >= e["to"]} | {i}
                return text + ": as leader of term %d it counted %s, %d of %d, as having it." % (
                    s.term, names(held), len(held), self.n)
            if send and "leader_commit" in send["args"]:
                text += ": a message of %s that ended at index %d said leader_commit %d" % (
                    asked, self.ends(send), send["args"]["leader_commit"])
            return text + "."
        if ev == "install":
            x, t = e["last_included_index"], e["last_included_term"]
            return "%s took over a snapshot up to index %d (term %d); its own log %s%s" % (
                me, x, t, s.end(), " and has that entry, so what follows it stays."
                if s.at(x) == t else " and has an entry of term %d there, so the whole log has to"
                " go." % s.at(x) if s.last() >= x else ", before that, so all of it has to go.")
        if ev in ("match", "next"):
            return "%s moved %s_index of %s from %d to %d%s." % (
                me, ev, name(e["peer"]), e["from"], e["to"],
                "; the request that was answered ended at index %d" % self.ends(send)
                if send and ev == "match" and e["peer"] != i else "")
        if ev == "apply" and not e.get("snapshot"):
            return "%s applied index %d (term %d, %s)." % (
                me, e["index"], e["term"], self.asked.get((e["index"], e["term"])) or
                '"%s"' % e.get("command", ""))
        return None

    def causes(self, e):
        """Servers whose facts an event has to rest on, None when any may."""
        s = self.s[e.get("node", 0)]
        if e["ev"] == "role" and e["to"] == "leader":
            return self.votes(s, e["node"])
        if e["ev"] == "commit" and s.role == "leader":
            return {p for p, i in s.acked.items() if i >= e["to"]} | {e["node"]}
        return None

    def table(self):
        """The cluster's logs, as `log --json` has them."""
        return [(s.up, s.role, s.term, s.commit, s.base, s.log) for s in self.s]
