"""Writes the trace of one server of your Raft, for `glassraft join`.

Copy this file into your project. Give each server a file of its own, tell what
happens where it happens, with your lock held, and join the files afterwards:

    trace = Trace("node0.jsonl", node=0, servers=3)
    trace.role("follower", "candidate", term=1)
    msg = trace.send(to=1, rpc="RequestVote", args={"term": 1, "candidate_id": 0,
                                                     "last_log_index": 0, "last_log_term": 0})

    glassraft join node*.jsonl -o all.jsonl; glassraft check all.jsonl

Send `msg` along with the request: the receiver tells it to recv() and reply(),
the caller to reply_recv(). Clocks need not agree. What an event follows from is
its cause: recv(), timeout() and start() begin a new one, all else goes on from
there. src/trace/TRACE.md tells what each field means.
"""
import json
import threading
import time


class Trace:
    """The account of one server; all calls may come from any thread."""

    def __init__(self, path, node, servers, scenario="mine", seed="0x0"):
        self.out = open(path, "w", encoding="utf-8")  # pylint: disable=consider-using-with
        self.lock = threading.Lock()
        self.node, self.n, self.calls = node, 0, 0
        self.begin, self.last_us = time.monotonic(), 0
        self.causes = threading.local()
        self._line({"ev": "trace", "v": 1, "scenario": scenario, "seed": seed, "servers": servers,
                    "mode": "real", "glassraft": "0.1.0"})

    def _line(self, fields):
        self.out.write(json.dumps(fields, separators=(",", ":")) + "\n")
        self.out.flush()

    def emit(self, ev, begins=False, **fields):
        """One event; gives its number. begins: what follows in this thread follows from it."""
        with self.lock:
            self.n += 1
            self.last_us = max(self.last_us, int((time.monotonic() - self.begin) * 1e6))
            line = {"n": self.n, "us": self.last_us, "node": self.node, "ev": ev, **fields}
            cause = getattr(self.causes, "n", 0)
            if cause and ev not in ("boot", "timeout", "start", "recv", "reply_recv"):
                line["cause"] = cause
            self._line(line)
            if begins:
                self.causes.n = self.n
            return self.n

    # What happens to a server.
    def boot(self, term=0, voted_for=None, entries=()):
        return self.emit("boot", True, term=term, voted_for=voted_for, last_included_index=0,
                         last_included_term=0, entries=[entry(*e) for e in entries])

    def timeout(self, term, waited_us):
        return self.emit("timeout", True, term=term, waited_us=waited_us)

    def role(self, before, after, term, why=""):
        return self.emit("role", **{"from": before, "to": after}, term=term, why=why)

    def term(self, before, after, why=""):
        return self.emit("term", **{"from": before, "to": after}, why=why)

    def vote(self, term, voted_for):
        return self.emit("vote", term=term, voted_for=voted_for)

    def persist(self, term, voted_for, last_index):
        return self.emit("persist", term=term, voted_for=voted_for, last_index=last_index)

    def start(self, index, term, command):
        return self.emit("start", True, accepted=True, index=index, term=term, command=command)

    def append(self, index, entries):
        return self.emit("append", index=index, entries=[entry(*e) for e in entries])

    def truncate(self, index):
        return self.emit("truncate", index=index)

    def match(self, peer, before, after):
        return self.emit("match", peer=peer, **{"from": before, "to": after})

    def commit(self, before, after):
        return self.emit("commit", **{"from": before, "to": after})

    def apply(self, index, term, command):
        return self.emit("apply", index=index, term=term, command=command)

    # Messages. A call's number is the caller's.
    def send(self, to, rpc, args):
        """Before the request leaves; gives the number to send along."""
        with self.lock:
            self.calls += 1
            msg = self.calls
        self.emit("send", msg=msg, to=to, rpc=rpc, args=args)
        return msg

    def recv(self, msg, sender, rpc):
        return self.emit("recv", True, msg=msg, **{"from": sender}, rpc=rpc)

    def reply(self, msg, to, rpc, args):
        return self.emit("reply", msg=msg, to=to, rpc=rpc, args=args)

    def reply_recv(self, msg, sender, rpc):
        return self.emit("reply_recv", True, msg=msg, **{"from": sender}, rpc=rpc)

    def close(self):
        self.out.close()


def entry(term, command):
    return {"term": term, "command": command, "bytes": len(command.encode())}
