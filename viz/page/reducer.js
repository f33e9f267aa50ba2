// reducer.js -- replaying events gives the cluster's state.
//
// The twin of src/replay/model.c, statement by statement: after model_step()
// of event n the model is what `glassraft log --json --event n` prints, with
// the same names. It believes the trace and judges nothing. tests/page holds
// the two against each other.

const UNKNOWN_TERM = 0;

// A whole number as traces write it: large ones stand as "0x2a". From 2^53 on
// they are rounded, which C's are not.
function whole(value) {
    return typeof value === 'string' ? Number(value) : value;
}

function or_null(value) {
    return value === undefined ? null : value;
}

function model_server(n_servers) {
    return {
        up: false, booted: false, paused: false, connected: true,
        inc: 0, group: 0, role: 'follower', current_term: 0, voted_for: null,
        commit_index: 0, last_applied: 0,
        last_included_index: 0, last_included_term: 0, entries: [],
        next_index: new Array(n_servers).fill(0),
        match_index: new Array(n_servers).fill(0),
    };
}

function model_make(n_servers) {
    const servers = [];
    for (let i = 0; i < n_servers; i++)
        servers.push(model_server(n_servers));
    return {n: 0, us: 0, partitioned: false, servers, flights: []};
}

// A deep copy, but for the entries themselves, which nobody changes.
function model_copy(model) {
    const servers = model.servers.map((server) => ({
        ...server,
        entries: server.entries.slice(),
        next_index: server.next_index.slice(),
        match_index: server.match_index.slice(),
    }));
    return {...model, servers, flights: model.flights.slice()};
}

// What stands for a command in a picture, as message_digest() makes it.
function digest(command) {
    const bytes = new TextEncoder().encode(command);
    const plain = (c) => c >= 0x20 && c < 0x7f && c !== 0x7e;
    let hash = 0xcbf29ce484222325n, text = '';
    for (const c of bytes)
        hash = ((hash ^ BigInt(c)) * 0x100000001b3n) & 0xffffffffffffffffn;
    for (const c of bytes.subarray(0, 10))
        text += plain(c) ? String.fromCharCode(c) : '.';
    hash ^= hash >> 32n;
    text += '~';
    for (let i = 0; i < 8; i++, hash >>= 4n)
        text += '0123456789abcdef'[Number(hash & 15n)];
    return text;
}

const MOST_COMMAND = 24; // bytes, the closing zero of C among them

function entry_of(item) {
    const given = item.command === undefined ? '' : item.command;
    const n = utf8_length(given);
    const command = n < MOST_COMMAND ? given : digest(given);
    const bytes = item.bytes === undefined ? n : whole(item.bytes);
    return {term: whole(item.term), command, bytes};
}

function utf8_length(text) {
    let n = 0;
    for (let i = 0; i < text.length; i++) {
        const code = text.charCodeAt(i);
        const pair = code >= 0xd800 && code < 0xe000;
        n += code < 0x80 ? 1 : code < 0x800 || pair ? 2 : 3;
    }
    return n;
}

function model_restore(json) {
    const model = model_copy(json);
    for (const server of model.servers) {
        server.entries = server.entries.map(entry_of);
        server.next_index = server.next_index.map(whole);
        server.match_index = server.match_index.map(whole);
        for (const name of ['current_term', 'commit_index', 'last_applied',
            'last_included_index', 'last_included_term'])
            server[name] = whole(server[name]);
    }
    return model;
}

// Last index of a server's log (its snapshot's when the log is empty).
function last_index(server) {
    return server.last_included_index + server.entries.length;
}

// The entry itself; undefined when compacted or absent.
function entry_at(server, index) {
    return server.entries[index - server.last_included_index - 1];
}

// Term of an entry; 0 when the server has no such entry.
function term_at(server, index) {
    if (index === server.last_included_index)
        return server.last_included_term;
    const entry = entry_at(server, index);
    return entry === undefined ? UNKNOWN_TERM : entry.term;
}

// The leader of the highest term among servers that are up; -1 for none.
function model_leader(model) {
    let leader = -1;
    model.servers.forEach((server, i) => {
        if (server.up && server.role === 'leader' &&
            (leader < 0 ||
             server.current_term > model.servers[leader].current_term))
            leader = i;
    });
    return leader;
}

// Has the server had an event? Nothing is known of it before.
function appeared(server) {
    return server.up || server.booted || server.inc > 0 ||
        server.current_term > 0 || server.voted_for !== null ||
        last_index(server) > 0;
}

function truncate(server, index) {
    if (index <= server.last_included_index)
        server.entries.length = 0;
    else if (index <= last_index(server))
        server.entries.length = index - server.last_included_index - 1;
}

// What the log holds up to index goes behind the boundary.
function compact(server, index, term) {
    if (index <= server.last_included_index)
        return;
    server.entries.splice(0, index - server.last_included_index);
    server.last_included_index = index;
    server.last_included_term = term;
}

// [IS.6] What follows the snapshot stays only where the log has its last entry.
function install(server, index, term) {
    if (term_at(server, index) !== term)
        truncate(server, server.last_included_index + 1);
    compact(server, index, term);
    server.commit_index = Math.max(server.commit_index, index);
    server.last_applied = Math.max(server.last_applied, index);
}

function append(server, index, items) {
    if (index === 0)
        return;
    if (index > last_index(server) + 1) {
        // A trace that begins in the middle never showed what comes before.
        server.entries.length = 0;
        server.last_included_index = index - 1;
        server.last_included_term = UNKNOWN_TERM;
    }
    let skip = 0;
    if (index <= server.last_included_index) {
        skip = server.last_included_index - index + 1;
        index = server.last_included_index + 1;
    }
    truncate(server, index);
    for (let i = skip; i < items.length; i++)
        server.entries.push(entry_of(items[i]));
}

function forget(server) {
    server.next_index.fill(0);
    server.match_index.fill(0);
    server.role = 'follower';
    server.paused = false;
}

function boot(server, event) {
    forget(server);
    server.up = server.booted = true;
    server.inc = event.inc || 0;
    server.current_term = whole(event.term);
    server.voted_for = event.voted_for;
    server.last_included_index = whole(event.last_included_index);
    server.last_included_term = whole(event.last_included_term);
    server.commit_index = server.last_applied = server.last_included_index;
    server.entries = [];
    append(server, server.last_included_index + 1, event.entries);
}

function crash(server) {
    forget(server);
    server.up = false;
    server.commit_index = server.last_applied = 0;
}

// "Reinitialized after election": where it has led before, a next_index that
// is where it was is not told anew.
function lead(server) {
    server.match_index.fill(0);
    server.next_index = server.next_index.map((next) =>
        next > 0 ? last_index(server) + 1 : 0);
}

function peer_index(indexes, event) {
    if (event.peer !== null && event.peer < indexes.length)
        indexes[event.peer] = whole(event.to);
}

function boundary(step) {
    return (server, event) => step(server, whole(event.last_included_index),
        whole(event.last_included_term));
}

// What an event does to the server that it happened at.
const server_steps = {
    boot,
    crash,
    kill: crash,
    restart: (server, event) => { server.inc = event.inc || 0; },
    pause: (server, event) => { server.paused = event.paused; },
    connect: (server) => { server.connected = true; },
    disconnect: (server) => { server.connected = false; },
    role: (server, event) => {
        server.role = event.to;
        if (event.to === 'leader')
            lead(server);
    },
    term: (server, event) => {
        server.current_term = whole(event.to);
        server.voted_for = null;
    },
    vote: (server, event) => { server.voted_for = event.voted_for; },
    append: (server, event) => {
        append(server, whole(event.index), event.entries);
    },
    truncate: (server, event) => truncate(server, whole(event.index)),
    commit: (server, event) => { server.commit_index = whole(event.to); },
    apply: (server, event) => { server.last_applied = whole(event.index); },
    compact: boundary(compact),
    install: boundary(install),
    next: (server, event) => peer_index(server.next_index, event),
    match: (server, event) => peer_index(server.match_index, event),
};

function take_off(model, event) {
    model.flights.push({
        msg: event.msg, sent_n: event.n, sent_us: event.us,
        reply: event.ev === 'reply', from: or_null(event.node), to: event.to,
    });
}

// The oldest leg of that number lands; the order of the others stays.
function land(model, msg, reply) {
    const at = model.flights.findIndex(
        (flight) => flight.msg === msg && flight.reply === reply);
    if (at >= 0)
        model.flights.splice(at, 1);
}

function regroup(model, groups) {
    model.partitioned = groups !== null;
    model.servers.forEach((server, i) => {
        server.group = groups !== null && i < groups.length ? groups[i] : 0;
    });
}

// What an event does to the network.
const network_steps = {
    send: take_off,
    reply: take_off,
    recv: (model, event) => land(model, event.msg, false),
    reply_recv: (model, event) => land(model, event.msg, true),
    drop: (model, event) => land(model, event.msg, event.leg === 'reply'),
    partition: (model, event) => regroup(model, event.groups),
    heal: (model) => regroup(model, null),
};

// What a server that is down does not do.
const speaking = new Set([
    'timeout', 'role', 'term', 'vote', 'start', 'append', 'truncate', 'next',
    'match', 'commit', 'apply', 'persist', 'compact', 'install', 'refuse',
    'send', 'recv', 'reply', 'reply_recv',
]);

function model_step(model, event) {
    model.n = event.n;
    model.us = event.us;
    const server = model.servers[event.node];
    const step = server_steps[event.ev];
    // Where boots are not told a server is up since it speaks.
    if (server !== undefined && !server.booted && speaking.has(event.ev) &&
        (event.inc || 0) >= server.inc)
        server.up = true;
    // A killed server may still speak when its successor has booted.
    if (server !== undefined && step !== undefined &&
        ((event.inc || 0) >= server.inc || event.ev === 'boot'))
        step(server, event);
    const network_step = network_steps[event.ev];
    if (network_step !== undefined)
        network_step(model, event);
}
