#!/usr/bin/env python3
"""A toy Raft on three processes, over UDP on this machine, which is traced.

    labs/emit/toy.py FOLDER [SECONDS]     writes FOLDER/node0.jsonl, node1, node2

Elections and replication as in Figure 2, nothing saved: a process that ends is
gone. It shows where a Raft calls the emitter (glassraft.py), and no more.
"""
import json
import pathlib
import random
import socket
import sys
import time
from multiprocessing import Process

from glassraft import Trace

N, TICK_S, HEARTBEAT_S = 3, 0.01, 0.05


class Server:
    def __init__(self, me, ports, folder):
        self.me, self.ports = me, ports
        self.trace = Trace(folder / f"node{me}.jsonl", me, N, "toy")
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", ports[me]))
        self.socket.settimeout(TICK_S)
        self.role, self.term, self.voted_for = "follower", 0, None
        self.log, self.commit_index = [(0, "")], 0  # log[0] is no entry
        self.votes, self.next, self.match = set(), {}, {}
        self.heard = self.beat = time.monotonic()
        self.patience = 0
        self.trace.boot()
        self.reset_timer()

    def reset_timer(self):
        self.heard, self.patience = time.monotonic(), random.uniform(0.3, 0.6)

    def last(self):
        return len(self.log) - 1

    def become(self, role, why):
        if role != self.role:
            self.trace.role(self.role, role, self.term, why)
            self.role = role

    def follow_term(self, term):
        if term > self.term:
            self.trace.term(self.term, term, "newer term")
            self.term, self.voted_for = term, None
            self.become("follower", "newer term")

    # ------------------------------------------------------------- messages
    def post(self, to, message):
        self.socket.sendto(json.dumps(message).encode(), ("127.0.0.1", self.ports[to]))

    def call(self, to, rpc, args):
        msg = self.trace.send(to, rpc, args)
        self.post(to, {"from": self.me, "msg": msg, "rpc": rpc, "args": args})

    def handle(self, m):
        sender, rpc, args = m["from"], m["rpc"], m["args"]
        if "asked" in m:
            self.trace.reply_recv(m["msg"], sender, rpc)
            self.follow_term(args["term"])
            if args["term"] == self.term and m["asked"]["term"] == self.term:
                (self.count_vote if rpc == "RequestVote" else self.count_copy)(sender, m["asked"], args)
            return
        self.trace.recv(m["msg"], sender, rpc)
        self.follow_term(args["term"])
        good = args["term"] == self.term and (
            self.grant(args) if rpc == "RequestVote" else self.store(args))
        answer = {"term": self.term, "vote_granted" if rpc == "RequestVote" else "success": good}
        self.trace.reply(m["msg"], sender, rpc, answer)
        self.post(sender, {"from": self.me, "msg": m["msg"], "rpc": rpc, "args": answer, "asked": args})

    # ------------------------------------------------------------ elections
    def stand(self):
        waited = int((time.monotonic() - self.heard) * 1e6)
        self.trace.timeout(self.term, waited)
        self.trace.term(self.term, self.term + 1, "election timeout")
        self.term += 1
        self.become("candidate", "election timeout")
        self.voted_for, self.votes = self.me, {self.me}
        self.trace.vote(self.term, self.me)
        self.reset_timer()
        for peer in self.peers():
            self.call(peer, "RequestVote", {"term": self.term, "candidate_id": self.me,
                                            "last_log_index": self.last(), "last_log_term": self.log[-1][0]})

    def grant(self, args):
        mine = (self.log[-1][0], self.last())
        good = self.voted_for in (None, args["candidate_id"]) and (
            args["last_log_term"], args["last_log_index"]) >= mine
        if good and self.voted_for is None:
            self.voted_for = args["candidate_id"]
            self.trace.vote(self.term, self.voted_for)
        if good:
            self.reset_timer()
        return good

    def count_vote(self, sender, _asked, answer):
        if self.role == "candidate" and answer["vote_granted"]:
            self.votes.add(sender)
            if len(self.votes) > N // 2:
                self.become("leader", "majority of votes")
                self.next = {p: self.last() + 1 for p in self.peers()}
                self.match = {p: 0 for p in self.peers()}
                self.replicate()

    # ---------------------------------------------------------- replication
    def peers(self):
        return [p for p in range(N) if p != self.me]

    def replicate(self):
        self.beat = time.monotonic()
        for peer in self.peers():
            before = self.next[peer] - 1
            entries = [{"term": t, "command": c, "bytes": len(c)} for t, c in self.log[before + 1:]]
            self.call(peer, "AppendEntries", {
                "term": self.term, "leader_id": self.me, "prev_log_index": before,
                "prev_log_term": self.log[before][0], "entries": entries, "leader_commit": self.commit_index})

    def store(self, args):
        self.become("follower", "a leader of this term")
        self.reset_timer()
        before, entries = args["prev_log_index"], args["entries"]
        if before > self.last() or self.log[before][0] != args["prev_log_term"]:
            return False
        for i, e in enumerate(entries, before + 1):
            if i <= self.last() and self.log[i][0] != e["term"]:
                self.trace.truncate(i)
                del self.log[i:]
            if i > self.last():
                fresh = [(x["term"], x["command"]) for x in entries[i - before - 1:]]
                self.trace.append(i, fresh)
                self.log += fresh
                break
        self.advance(min(args["leader_commit"], before + len(entries)))
        return True

    def count_copy(self, sender, asked, answer):
        if self.role != "leader":
            return
        if not answer["success"]:
            self.next[sender] = max(1, min(self.next[sender], asked["prev_log_index"]))
            return
        held = asked["prev_log_index"] + len(asked["entries"])
        if held > self.match[sender]:
            self.trace.match(sender, self.match[sender], held)
            self.match[sender], self.next[sender] = held, held + 1
        agreed = sorted([self.last(), *self.match.values()])[N // 2]
        if self.log[agreed][0] == self.term:
            self.advance(agreed)

    def advance(self, to):
        if to > self.commit_index:
            self.trace.commit(self.commit_index, to)
            for i in range(self.commit_index + 1, to + 1):
                self.trace.apply(i, *self.log[i])
            self.commit_index = to

    # ---------------------------------------------------------------- a life
    def live(self, seconds):
        end, give = time.monotonic() + seconds, 0.0
        while time.monotonic() < end:
            try:
                self.handle(json.loads(self.socket.recv(65536)))
            except socket.timeout:
                pass
            now = time.monotonic()
            if self.role == "leader" and now > give:
                give = now + 0.3
                command = f"x={self.last() + 1}"
                self.trace.start(self.last() + 1, self.term, command)
                self.trace.append(self.last() + 1, [(self.term, command)])
                self.log.append((self.term, command))
                self.replicate()
            elif self.role == "leader" and now > self.beat + HEARTBEAT_S:
                self.replicate()
            elif self.role != "leader" and now > self.heard + self.patience:
                self.stand()
        self.trace.close()


def run(me, ports, folder, seconds):
    time.sleep(random.uniform(0, 0.2))  # clocks begin apart
    Server(me, ports, folder).live(seconds)


def main():
    folder = pathlib.Path(sys.argv[1])
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 3
    folder.mkdir(parents=True, exist_ok=True)
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(N)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    servers = [Process(target=run, args=(i, ports, folder, seconds)) for i in range(N)]
    for server in servers:
        server.start()
    for server in servers:
        server.join()


if __name__ == "__main__":
    main()
