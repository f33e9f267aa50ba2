// Package glassraft writes the trace of one server of your Raft.
//
// Copy this file into your project. Each server writes a file of its own; join
// them with `glassraft join node*.jsonl -o all.jsonl`. Call it where things
// happen, with your lock held; all calls may come from any goroutine.
//
//	t, err := glassraft.Open("node0.jsonl", 0, 3, "mine")
//	why := t.Timeout(term, waited)
//	t.Role(why, "follower", "candidate", term+1)
//	msg := t.Send(why, 1, "RequestVote", glassraft.Args{"term": term + 1,
//		"candidate_id": 0, "last_log_index": 0, "last_log_term": 0})
//
// Send msg along with the request: the receiver tells it to Recv and Reply, the
// caller to ReplyRecv. Clocks need not agree. What an event follows from is its
// cause: the number that Boot, Timeout, Start, Recv and ReplyRecv return; hand
// it on to what they lead to, 0 where it is not known. src/trace/TRACE.md says
// what each field means; Emit writes the kinds that have no method here.
package glassraft

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Nobody is no server: a vote that was not given.
const Nobody = -1

// Args are the fields of a message, under the names of Figure 2.
type Args map[string]any

// An Entry of the log; Bytes is the length of the command.
type Entry struct {
	Term    uint64 `json:"term"`
	Command string `json:"command"`
	Bytes   int    `json:"bytes"`
}

// Cmd is an entry with that command.
func Cmd(term uint64, command string) Entry { return Entry{term, command, len(command)} }

// Trace is the account of one server.
type Trace struct {
	calls uint64
	mu    sync.Mutex
	file  *os.File
	out   *bufio.Writer
	node  int
	n     uint64
	begin time.Time
}

// Open creates the file. Servers are numbered from 0.
func Open(path string, node, servers int, scenario string) (*Trace, error) {
	file, err := os.Create(path)
	t := &Trace{file: file, out: bufio.NewWriter(file), node: node, begin: time.Now()}
	t.line([]any{"ev", "trace", "v", 1, "scenario", scenario, "seed", "0x0",
		"servers", servers, "mode", "real", "glassraft", "0.1.0"})
	t.out.Flush()
	return t, err
}

// line writes names and values, in their order.
func (t *Trace) line(fields []any) {
	before := byte('{')
	for i := 0; i+1 < len(fields); i += 2 {
		name, _ := json.Marshal(fields[i])
		value, _ := json.Marshal(fields[i+1])
		fmt.Fprintf(t.out, "%c%s:%s", before, name, value)
		before = ','
	}
	t.out.WriteString("}\n")
}

// Emit writes one event: its kind, its cause (0 is none), names and values of
// its fields. It returns the number of the event.
func (t *Trace) Emit(ev string, cause uint64, fields ...any) uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n++
	us := time.Since(t.begin).Microseconds()
	all := append([]any{"n", t.n, "us", us, "node", t.node, "ev", ev}, fields...)
	if cause > 0 {
		all = append(all, "cause", cause)
	}
	t.line(all)
	t.out.Flush() // what is told is there after a crash, too
	return t.n
}

func server(number int) any {
	if number == Nobody {
		return nil
	}
	return number
}

// What happens to a server.
func (t *Trace) Boot(term uint64, votedFor int, log ...Entry) uint64 {
	return t.Emit("boot", 0, "term", term, "voted_for", server(votedFor), "last_included_index", 0,
		"last_included_term", 0, "entries", append([]Entry{}, log...))
}
func (t *Trace) Timeout(term uint64, waited time.Duration) uint64 {
	return t.Emit("timeout", 0, "term", term, "waited_us", waited.Microseconds())
}
func (t *Trace) Role(cause uint64, from, to string, term uint64) {
	t.Emit("role", cause, "from", from, "to", to, "term", term)
}
func (t *Trace) Match(cause uint64, peer int, from, to uint64) {
	t.Emit("match", cause, "peer", peer, "from", from, "to", to)
}
func (t *Trace) Term(cause, from, to uint64) { t.Emit("term", cause, "from", from, "to", to) }
func (t *Trace) Vote(cause, term uint64, votedFor int) {
	t.Emit("vote", cause, "term", term, "voted_for", server(votedFor))
}
func (t *Trace) Start(index, term uint64, command string) uint64 {
	return t.Emit("start", 0, "accepted", true, "index", index, "term", term, "command", command)
}
func (t *Trace) Append(cause, index uint64, entries ...Entry) {
	t.Emit("append", cause, "index", index, "entries", append([]Entry{}, entries...))
}
func (t *Trace) Truncate(cause, index uint64)  { t.Emit("truncate", cause, "index", index) }
func (t *Trace) Commit(cause, from, to uint64) { t.Emit("commit", cause, "from", from, "to", to) }
func (t *Trace) Apply(cause, index, term uint64) {
	t.Emit("apply", cause, "index", index, "term", term)
}

// Messages. Send returns the number of the call, to be sent along.
func (t *Trace) Send(cause uint64, to int, rpc string, args Args) uint64 {
	msg := atomic.AddUint64(&t.calls, 1)
	t.Emit("send", cause, "msg", msg, "to", to, "rpc", rpc, "args", args)
	return msg
}
func (t *Trace) Recv(msg uint64, from int, rpc string) uint64 {
	return t.Emit("recv", 0, "msg", msg, "from", from, "rpc", rpc)
}
func (t *Trace) Reply(cause, msg uint64, to int, rpc string, args Args) {
	t.Emit("reply", cause, "msg", msg, "to", to, "rpc", rpc, "args", args)
}
func (t *Trace) ReplyRecv(msg uint64, from int, rpc string) uint64 {
	return t.Emit("reply_recv", 0, "msg", msg, "from", from, "rpc", rpc)
}
func (t *Trace) Close() error { return t.file.Close() }
