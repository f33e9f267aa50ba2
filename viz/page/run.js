// run.js -- a trace's text becomes a run: events, messages, lanes, states.
//
// All of it is made once, in one pass, when the page opens. An event is named
// by its position in run.events; a message by its position in run.messages.

const KEYFRAME_STEP = 1000;
const BLOCK = 256; // messages whose last end is known together

// The page holds `<` as it stands in the trace, but that a backslash keeps
// what could end a script element apart: see viz/page/page.c.
function unescape_trace(text) {
    return text.replace(/<\\(\\*[/!])/g, '<$1');
}

function add_event(run, line) {
    const event = JSON.parse(line), {events} = run;
    if (event.ev === 'trace') {
        run.header = event;
    } else if (event.ev === 'state') {
        run.keyframe = {at: events.length, model: event.model};
    } else {
        if (event.n === undefined) // a verdict
            event.n = 1 + (events.length > 0 ? events[events.length - 1].n : 0);
        events.push(event);
        run.lines.push(line);
    }
}

// Lines into events; stops at the first that is none and says so in notice.
function parse_events(run, text) {
    for (const line of unescape_trace(text).split('\n')) {
        if (line === '' || run.notice !== '')
            continue;
        try {
            add_event(run, line);
        } catch (error) {
            run.notice = `the line after event ${run.events.length} is not ` +
                'JSON; showing the events before it';
        }
    }
}

// Position of the event of number n, or of the last one before it. A finding
// that was written later has the number of the event before it.
function position_of(run, n) {
    let low = 0, high = run.events.length - 1;
    while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (run.events[middle].n <= n)
            low = middle;
        else
            high = middle - 1;
    }
    while (low > 0 && run.events[low - 1].n === run.events[low].n)
        low--;
    return low;
}

// Position of the event of exactly that number; -1 when it is not there.
function find_event(run, n) {
    const at = position_of(run, n);
    return run.events.length > 0 && run.events[at].n === n ? at : -1;
}

// ------------------------------------------------------------- the messages

function reply_says(args) {
    for (const name of ['success', 'vote_granted'])
        if (typeof args[name] === 'boolean')
            return args[name] ? 'yes' : 'no';
    return '';
}

function message_sent(run, event, at, model) {
    const args = event.args || {};
    const server = model.servers[event.node];
    const entries = Array.isArray(args.entries) ? args.entries.length : 0;
    const reply = event.ev === 'reply';
    const first = entries > 0 ? whole(args.prev_log_index) + 1 : 0;
    return {
        msg: event.msg, rpc: event.rpc, reply, sent: at, end: -1, lost: '',
        from: event.node === undefined ? null : event.node, to: event.to,
        term: args.term !== undefined ? whole(args.term)
            : server !== undefined ? server.current_term : 0,
        first, last: entries > 0 ? first + entries - 1 : 0,
        says: reply ? reply_says(args) : '',
        heartbeat: !reply && event.rpc === 'AppendEntries' && entries === 0,
        duplicate: event.duplicate === true,
    };
}

// A reply to a heartbeat is a heartbeat, unless it refuses: then both are the
// beginning of a repair.
function pair_reply(request, reply) {
    if (request === undefined)
        return;
    reply.first = request.first;
    reply.last = request.last;
    reply.heartbeat = request.heartbeat && reply.says !== 'no';
    request.heartbeat = reply.heartbeat;
}

class Post {
    constructor(run) {
        this.run = run;
        this.open = new Map();     // leg -> messages on their way
        this.requests = new Map(); // msg -> its request
    }

    leg(msg, reply) {
        return reply ? `r${msg}` : msg;
    }

    send(event, at, model) {
        const message = message_sent(this.run, event, at, model);
        const leg = this.leg(event.msg, message.reply);
        const index = this.run.messages.push(message) - 1;
        this.run.message_of[at] = index;
        if (message.reply)
            pair_reply(this.requests.get(event.msg), message);
        else if (!this.requests.has(event.msg))
            this.requests.set(event.msg, message);
        if (this.open.has(leg))
            this.open.get(leg).push(index);
        else
            this.open.set(leg, [index]);
    }

    land(event, at) {
        const reply = event.ev === 'reply_recv' || event.leg === 'reply';
        const waiting = this.open.get(this.leg(event.msg, reply));
        if (waiting === undefined || waiting.length === 0)
            return; // sent before the trace begins
        const message = this.run.messages[waiting[0]];
        message.end = at;
        if (event.ev === 'drop')
            message.lost = event.why || 'lost';
        this.run.message_of[at] = waiting.shift();
    }

    step(event, at, model) {
        if (event.ev === 'send' || event.ev === 'reply')
            this.send(event, at, model);
        else if (event.ev === 'recv' || event.ev === 'reply_recv' ||
                 event.ev === 'drop')
            this.land(event, at);
    }
}

// Where the messages of each block, and of those before it, end at the latest:
// the way back to all that cross a moment.
function index_blocks(run) {
    run.block_end = [];
    for (let i = 0; i < run.messages.length; i += BLOCK) {
        let end = 0;
        for (let k = i; k < Math.min(i + BLOCK, run.messages.length); k++) {
            const message = run.messages[k];
            end = Math.max(end, message.end < 0 ? Infinity : message.end);
        }
        run.block_end.push(end);
    }
}

// Calls visit(message, index) for each message on its way between two events.
function messages_between(run, from, to, visit) {
    for (let block = 0; block < run.block_end.length; block++) {
        if (run.block_end[block] < from)
            continue;
        const end = Math.min((block + 1) * BLOCK, run.messages.length);
        for (let i = block * BLOCK; i < end; i++) {
            const message = run.messages[i];
            if (message.sent > to)
                return;
            if (message.end < 0 || message.end >= from)
                visit(message, i);
        }
    }
}

// ---------------------------------------------------------------- the lanes

function look_of(server) {
    return {
        there: appeared(server), up: server.up, role: server.role, term: server.current_term,
        paused: server.paused, connected: server.connected,
    };
}

function looks_different(look, server) {
    return look.there !== appeared(server) || look.up !== server.up || look.role !== server.role ||
        look.term !== server.current_term || look.paused !== server.paused ||
        look.connected !== server.connected;
}

// A lane is a list of looks, each from the event `at` on.
function lane_step(run, model, event, at) {
    const server = model.servers[event.node];
    if (server === undefined)
        return;
    const lane = run.lanes[event.node];
    if (looks_different(lane[lane.length - 1], server))
        lane.push({at, ...look_of(server)});
}

function partition_step(run, event, at) {
    if (event.ev !== 'partition' && event.ev !== 'heal')
        return;
    const open = run.partitions[run.partitions.length - 1];
    if (open !== undefined && open.to < 0)
        open.to = at;
    if (event.ev === 'partition')
        run.partitions.push({from: at, to: -1, groups: event.groups});
}

// ------------------------------------------------------- causes and moments

function note_moments(run, event, at, model) {
    const server = model.servers[event.node];
    if (event.ev === 'finding')
        run.findings.push(at);
    else if (event.ev === 'act')
        run.acts.push(at);
    else if (event.ev === 'verdict')
        run.verdict = event;
    else if (server !== undefined && server.current_term > run.last_term) {
        run.last_term = server.current_term;
        run.terms.push(at);
    }
    if (event.ev === 'finding' || (event.ev === 'check' && !event.ok) ||
        (event.ev === 'verdict' && event.result !== 'pass'))
        run.failures.push(at);
}

function link_causes(run, event, at, last_at) {
    run.cause[at] = event.cause > 0 ? find_event(run, event.cause) : -1;
    run.before[at] = -1;
    if (event.node === undefined || event.node === null)
        return;
    run.before[at] = last_at[event.node] === undefined
        ? -1 : last_at[event.node];
    last_at[event.node] = at;
}

// From the texts of the page's elements, each of whole lines.
function make_run(texts) {
    const run = {
        header: {servers: 0}, events: [], lines: [], keyframe: null,
        notice: '', messages: [], message_of: null, lanes: [], partitions: [],
        findings: [], failures: [], acts: [], terms: [], last_term: 0,
        verdict: null, keyframes: [], cause: null, before: null, over: 0,
    };
    for (const text of texts)
        parse_events(run, text);
    const n = run.events.length;
    run.message_of = new Int32Array(n).fill(-1);
    run.cause = new Int32Array(n);
    run.before = new Int32Array(n);
    replay(run);
    index_blocks(run);
    return run;
}

// Where the run is over: when a server is told to stop that did not crash, as
// part_over() in C has it, and nothing begins again. What comes behind is no
// crash of anybody.
function end_of_story(events) {
    const down = new Set();
    let over = events.length;
    for (let at = 0; at < events.length; at++) {
        const {ev, node} = events[at];
        if (ev === 'crash')
            down.add(node);
        else if (ev === 'restart')
            down.delete(node);
        if (ev === 'boot' || ev === 'restart')
            over = events.length;
        else if (ev === 'kill' && !down.has(node) && at < over)
            over = at;
    }
    return over;
}

function replay(run) {
    const model = model_start(run);
    run.over = end_of_story(run.events);
    run.lanes = model.servers.map((server) => [{at: 0, ...look_of(server)}]);
    const post = new Post(run), last_at = [];
    let now = model;
    run.events.forEach((event, at) => {
        if (run.keyframe !== null && run.keyframe.at === at && at > 0) {
            now = model_restore(run.keyframe.model);
            run.lanes = now.servers.map((s) => [{at, ...look_of(s)}]);
        }
        if (at % KEYFRAME_STEP === 0)
            run.keyframes.push(model_copy(now));
        model_step(now, event);
        link_causes(run, event, at, last_at);
        post.step(event, at, now);
        if (at < run.over)
            lane_step(run, now, event, at);
        partition_step(run, event, at);
        note_moments(run, event, at, now);
    });
}

function model_start(run) {
    return run.keyframe !== null && run.keyframe.at === 0
        ? model_restore(run.keyframe.model) : model_make(run.header.servers);
}

// The cluster's state after the event at a position. What a part of a trace
// tells from before its beginning has that of the beginning.
function model_at(run, at) {
    if (run.keyframe !== null && at < run.keyframe.at)
        return model_restore(run.keyframe.model);
    const block = Math.floor(at / KEYFRAME_STEP);
    if (run.keyframes[block] === undefined)
        return model_start(run);
    let model = model_copy(run.keyframes[block]);
    for (let i = block * KEYFRAME_STEP; i <= at; i++) {
        if (run.keyframe !== null && run.keyframe.at === i && i > 0)
            model = model_restore(run.keyframe.model);
        model_step(model, run.events[i]);
    }
    return model;
}

// What the harness does of its own accord has no past to show.
function has_past(run, at) {
    return run.before[at] >= 0 || run.cause[at] >= 0 ||
        run.message_of[at] >= 0 || evidence_of(run, at).length > 0;
}

// The events that an event could have been influenced by, itself included: a
// byte for each event. What came before it on its lane, what caused it, what
// was sent that it received.
function causal_past(run, at) {
    const past = new Uint8Array(run.events.length);
    const ahead = [at];
    past[at] = 1;
    while (ahead.length > 0) {
        const now = ahead.pop();
        const message = run.message_of[now];
        const sent = message < 0 ? -1 : run.messages[message].sent;
        for (const earlier of [run.cause[now], run.before[now], sent])
            if (earlier >= 0 && past[earlier] === 0) {
                past[earlier] = 1;
                ahead.push(earlier);
            }
    }
    for (const shown of evidence_of(run, at))
        if (past[shown] === 0)
            merge_past(past, causal_past(run, shown));
    return past;
}

// The events that show a finding.
function evidence_of(run, at) {
    const {events} = run.events[at];
    return !Array.isArray(events) ? []
        : events.map((n) => find_event(run, n)).filter((i) => i >= 0);
}

function merge_past(past, other) {
    for (let i = 0; i < other.length; i++)
        past[i] |= other[i];
}

// From an event back to its root, by cause.
function chain_of(run, at) {
    const chain = [];
    for (let now = at; now >= 0; now = run.cause[now])
        chain.push(now);
    return chain;
}
