// clients.js -- clients beside the servers: what they asked, how long that
// took, and what became of it in the Raft.
//
// As src/check/clients.c has it: the causes lead from a client's invoke over
// its messages to the entries that servers took, and back to its return.

const CLIENT_PITCH = [[2, 92], [6, 34], [Infinity, 16]];

// What stands for a text among a message's fields.
function field_digest(value) {
    return value !== null && typeof value === 'object' && value.digest !==
        undefined ? value.digest : value;
}

// Where fields are told, what carries an operation has its key in them.
function carries(operation, args) {
    const {key} = operation;
    const sought = utf8_length(key) < MOST_COMMAND ? key : digest(key);
    return args === undefined ||
        Object.values(args).some((value) => field_digest(value) === sought);
}

class Operations {
    constructor(run) {
        this.run = run;
        this.list = [];
        this.named = new Map();    // client and op -> the operation
        this.owner = new Map();    // event -> {operation, carried}
        this.messages = new Map(); // msg -> the same
        this.entries = new Map();  // index and term -> operation
    }

    invoke(event, at) {
        const operation = {
            client: event.client, op: event.op, event, key: event.key || '',
            invoke: at, end: -1, result: '', answer: -1, legs: [], entries: [],
        };
        this.list.push(operation);
        this.named.set(`${event.client} ${event.op}`, operation);
        this.owner.set(at, {operation, carried: true});
    }

    finish(event, at) {
        const operation = this.named.get(`${event.client} ${event.op}`);
        if (operation === undefined || operation.end >= 0)
            return;
        operation.end = at;
        operation.result = event.result;
        operation.value = event.value || '';
        this.owner.set(at, {operation, carried: true});
        const cause = this.run.cause[at];
        if (cause >= 0 && this.run.events[cause].ev === 'reply_recv')
            operation.answer = this.run.cause[cause];
    }

    send(event, at) {
        const owner = this.owner.get(this.run.cause[at]);
        if (owner === undefined)
            return;
        const carried = carries(owner.operation, event.args);
        this.messages.set(event.msg, {...owner, carried});
        this.owner.set(at, {...owner, carried});
        if (event.node === undefined)
            owner.operation.legs.push(this.run.message_of[at]);
    }

    message(event, at) {
        const owner = this.messages.get(event.msg);
        if (owner === undefined)
            return;
        this.owner.set(at, owner);
        if (event.ev === 'reply' && event.to === null)
            owner.operation.legs.push(this.run.message_of[at]);
    }

    start(event, at) {
        const owner = this.owner.get(this.run.cause[at]);
        if (owner === undefined || !owner.carried ||
            event.accepted === false)
            return;
        owner.operation.entries.push({at, index: event.index,
            term: event.term, server: event.node, applied: []});
        this.entries.set(`${event.index} ${event.term}`, owner.operation);
    }

    apply(event, at) {
        const operation = this.entries.get(`${event.index} ${event.term}`);
        if (operation === undefined || event.snapshot === true)
            return;
        for (const entry of operation.entries)
            if (entry.index === event.index && entry.term === event.term)
                entry.applied.push(at);
    }

    step(event, at) {
        switch (event.ev) {
        case 'invoke': return this.invoke(event, at);
        case 'return': return this.finish(event, at);
        case 'send': return this.send(event, at);
        case 'recv':
        case 'reply':
        case 'reply_recv': return this.message(event, at);
        case 'start':
        case 'taken': return this.start(event, at);
        case 'apply':
        case 'given': return this.apply(event, at);
        default: return undefined;
        }
    }
}

// Fills in run.operations, run.clients and run.operation_at.
function find_operations(run) {
    const operations = new Operations(run);
    if (run.events.some((event) => event.ev === 'invoke'))
        run.events.forEach((event, at) => operations.step(event, at));
    run.operations = operations.list;
    run.clients = [...new Set(run.operations.map((o) => o.client))]
        .sort((a, b) => a - b);
    run.operation_at = (at) => {
        const owner = operations.owner.get(at);
        return owner === undefined ? undefined : owner.operation;
    };
    find_commits(run);
}

// The first commit, by anybody, that covers an entry after it was taken.
function find_commits(run) {
    const waiting = run.operations.flatMap((o) => o.entries)
        .sort((a, b) => a.index - b.index || a.at - b.at);
    let next = 0;
    run.events.forEach((event, at) => {
        if (event.ev !== 'commit')
            return;
        for (; next < waiting.length &&
            waiting[next].index <= whole(event.to); next++)
            waiting[next].committed = waiting[next].at < at ? at : -1;
    });
}

// ----------------------------------------------------------------- the lanes

const CLIENT_GAP = 14, LEAST_PITCH = 6;

// Apart as far as there is room; on a phone what the servers leave.
function client_pitch(run, room) {
    const usual = CLIENT_PITCH.find(([most]) => run.clients.length <= most)[1];
    return Math.max(LEAST_PITCH, Math.min(usual,
        Math.floor((room - CLIENT_GAP) / run.clients.length)));
}

// Runs by hand are drawn without clients.
function has_clients(run) {
    return run.clients !== undefined && run.clients.length > 0;
}

// The room that clients take between the ruler and the first server.
function clients_width(run, pitch) {
    return has_clients(run) ? run.clients.length * pitch + CLIENT_GAP : 0;
}

// Left of a client's bars.
function client_left(f, i) {
    return RULER + 12 + f.lanes.clients * i - f.state.view.left;
}

function client_x(f, operation) {
    return client_left(f, f.run.clients.indexOf(operation.client));
}

function bar_width(f) {
    return Math.min(10, f.lanes.clients - 2);
}

function operation_end(f, operation) {
    return operation.end >= 0 ? f.y(operation.end) : f.bottom;
}

function draw_leg(f, operation, leg) {
    const message = f.run.messages[leg];
    const server = message.reply ? message.from : message.to;
    if (server === null || f.x(server) === undefined || message.end < 0)
        return;
    const here = client_x(f, operation) + bar_width(f) / 2, there = f.x(server);
    const y1 = f.y(message.sent), y2 = f.y(message.end);
    const lost = message.lost !== '';
    const x1 = message.reply ? there : here, x2 = message.reply ? here : there;
    const end = lost ? x1 + 0.42 * (x2 - x1) : x2;
    f.pen.line(x1, y1, end, y2, {colour: f.paint.quiet, width: 0.9,
        alpha: f.alpha(message.sent), dash: message.reply ? [5, 4] : []});
    if (lost)
        draw_cross(f, end, y2, f.alpha(message.sent));
    f.hits.push({at: message.sent, end: message.end, x1, y1, x2: end, y2});
}

function draw_operation(f, operation) {
    const x = client_x(f, operation), {event} = operation;
    const top = Math.max(f.top, f.y(operation.invoke));
    const bottom = Math.min(f.bottom, operation_end(f, operation));
    if (bottom < f.top || top > f.bottom)
        return;
    const chosen = f.run.operation_at(f.state.at) === operation;
    const evidence = evidence_of(f.run, f.state.at);
    const shown = evidence.includes(operation.invoke) ||
        evidence.includes(operation.end);
    const alpha = f.alpha(operation.invoke);
    for (const leg of operation.legs)
        draw_leg(f, operation, leg);
    f.pen.rect(x, top, bar_width(f), Math.max(3, bottom - top), {
        fill: event.call === 'get' ? f.paint.ground : f.paint.band,
        colour: shown ? f.paint.fault : chosen ? f.paint.ink : f.paint.quiet,
        width: shown || chosen ? 2.4 : 1, alpha,
        dash: operation.end < 0 || operation.result === 'unknown' ? [3, 3] : [],
    });
    const middle = x + bar_width(f) / 2;
    f.hits.push({at: operation.invoke, x1: middle, y1: top, x2: middle,
        y2: bottom, ...(operation.end >= 0 ? {end: operation.end} : {})});
    if (f.lanes.clients > 80)
        put_label(f, x + 13, Math.max(top + 7, f.top + 8), 1,
            operation_name(operation), {size: 11, colour: f.paint.ink, alpha});
}

function operation_name(operation) {
    const {event} = operation;
    return event.call === 'get' && operation.result === 'ok'
        ? `get ${event.key} → ${operation.value || 'nothing'}`
        : operation_words(event);
}

function draw_clients(f) {
    const {run} = f;
    if (!has_clients(run))
        return;
    run.clients.forEach((client, i) => {
        const x = client_left(f, i) + bar_width(f) / 2;
        f.pen.line(x, f.top, x, f.bottom, {colour: f.paint.faint, width: 0.7});
    });
    for (const operation of run.operations)
        if (operation.invoke <= f.to &&
            (operation.end < 0 || operation.end >= f.from))
            draw_operation(f, operation);
}

function draw_client_plates(f) {
    const {run} = f;
    if (!has_clients(run))
        return;
    const pitch = f.lanes.clients;
    run.clients.forEach((client, i) => {
        const x = client_left(f, i) + 5;
        if (pitch > 20 || i === 0)
            f.pen.text(x, 22, pitch > 20 ? `C${client}` : 'clients',
                {size: 12, bold: true, colour: f.paint.ink,
                    align: pitch > 20 ? 'center' : 'left'});
    });
}

// ----------------------------------------------------------------- the panel

// What became of the operation that an event belongs to, as links.
function operation_lines(state, at) {
    const {run} = state;
    const operation = has_clients(run) ? run.operation_at(at) : undefined;
    if (operation === undefined)
        return [];
    const list = make_element('ol', {className: 'links'});
    const add = (position, text) => list.append(
        make_element('li', {}, link_to(state, position, text)));
    add(operation.invoke, `C${operation.client} asks: ` +
        `${operation_words(operation.event)}`);
    for (const entry of operation.entries) {
        add(entry.at, `${server_name(entry.server)} takes it as entry ` +
            `${entry.index} of term ${entry.term}`);
        if (entry.committed >= 0)
            add(entry.committed, `${server_name(
                run.events[entry.committed].node)} commits it`);
        for (const applied of entry.applied.slice(0, 9))
            add(applied, `${server_name(run.events[applied].node)} applies it`);
        if (entry.applied.length === 0)
            list.append(make_element('li',
                {textContent: `entry ${entry.index} was never applied`}));
    }
    if (operation.entries.length === 0)
        list.append(make_element('li',
            {textContent: 'no server took an entry for it'}));
    if (operation.answer >= 0)
        add(operation.answer,
            `${server_name(run.events[operation.answer].node)} answers`);
    if (operation.end >= 0)
        add(operation.end, describe(run.events[operation.end]));
    else
        list.append(make_element('li', {textContent: 'it has no answer'}));
    return [make_element('h3', {textContent: `operation of C${operation.client}`}),
        list];
}
