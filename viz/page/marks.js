// marks.js -- what servers do, beside their lanes; labels of messages; the
// narration in the margin; findings across all lanes; the cursor.

const MARKED = new Set(['timeout', 'vote', 'start', 'append', 'truncate',
    'commit', 'compact', 'install', 'refuse', 'boot', 'crash', 'restart',
    'pause', 'connect', 'disconnect', 'role', 'term', 'persist', 'apply',
    'next', 'match', 'note', 'kill']);

// Calls visit(at, y) for each shown event in the frame, once per pixel row
// and lane where they are crowded.
function each_row(f, visit) {
    const {rows} = f.layout;
    for (let row = first_from(rows.length, (i) => rows[i], f.from);
        row < rows.length && rows[row] <= f.to; row++) {
        const y = f.y(rows[row]);
        if (y >= f.top - 2 && y <= f.bottom + 2)
            visit(rows[row], y);
    }
}

function draw_events(f) {
    const {state, run} = f;
    if (!f.dense)
        each_row(f, (at, y) => {
            const event = run.events[at];
            if (!MARKED.has(event.ev) || f.x(event.node) === undefined)
                return;
            const x = f.x(event.node), alpha = f.alpha(at);
            f.pen.circle(x, y, 2.2, {fill: f.paint.ink, alpha});
            f.hits.push({at, x1: x, y1: y, x2: x, y2: y});
            if (event.ev === 'timeout' && state.shown.timers)
                draw_timer(f, event, x, y);
        });
    for (const at of state.chain_set)
        ring(f, at, {colour: f.paint.ink, width: 1.4}, 5);
    for (const at of evidence_of(run, state.at))
        ring(f, at, {colour: f.paint.fault, width: 2.4}, 8);
    draw_search_hits(f);
    ring(f, state.at, {colour: f.paint.ink, width: 2.2}, 7);
}

function ring(f, at, style, radius) {
    if (at < 0 || at < f.from || at > f.to)
        return;
    const event = f.run.events[at];
    const x = f.x(event.node !== undefined ? event.node : event.from);
    if (x !== undefined && f.y(at) > f.top)
        f.pen.circle(x, f.y(at), radius, style);
}

function draw_search_hits(f) {
    const {found} = f.state;
    let drawn = 0;
    for (let i = first_from(found.length, (k) => found[k], f.from);
        i < found.length && found[i] <= f.to && drawn < 400; i++, drawn++) {
        const y = f.y(found[i]), x = RULER - 6;
        if (y > f.top)
            f.pen.polygon([[x, y - 4], [x, y + 4], [x + 6, y]],
                {fill: f.paint.fault});
    }
}

// A thin bracket from the last sign of life to the timeout.
function draw_timer(f, event, x, y) {
    const from = Math.max(f.top,
        HEAD + (y_at_us(f.state, event.us - event.waited_us) -
            f.state.view.top) * f.state.view.zoom);
    const style = {colour: f.paint.quiet, width: 1};
    f.pen.line(x + 17, from, x + 17, y, style);
    f.pen.line(x + 13, from, x + 17, from, style);
    f.pen.line(x + 13, y, x + 17, y, style);
}

// Side, text and style of what an event says beside its lane; null: nothing.
function mark_of(f, event) {
    const ink = {size: 11, bold: true, colour: f.paint.ink};
    switch (event.ev) {
    case 'start':
        return [-1, event.accepted
            ? `▶ ${event.command || ''} @${event.index}`
            : '▷ refused', event.accepted ? ink
            : {size: 10, colour: f.paint.quiet}];
    case 'commit':
        return [-1, `✓ commit ${event.to}`, ink];
    case 'append':
        return append_mark(f, event);
    case 'truncate':
        return [1, `−${event.index}..`, {...ink, colour: f.paint.fault}];
    case 'compact':
        return [1, `snap ≤ ${event.last_included_index}`,
            {...ink, size: 10, colour: f.paint.quiet}];
    case 'install':
        return [1, `snapshot ≤ ${event.last_included_index}`, ink];
    case 'apply':
        return [1, `△ ${event.index}`, {size: 10, colour: f.paint.quiet}];
    case 'pause':
        return [1, event.paused ? '❚❚ paused' : '▶ resumed',
            {...ink, colour: f.paint.fault}];
    default:
        return null;
    }
}

function append_mark(f, event) {
    const n = event.entries.length;
    if (n === 0)
        return null;
    const term = whole(event.entries[n - 1].term);
    return [1, `+${span(event.index, event.index + n - 1)}`, {
        size: 10, bold: true, colour: f.paint.text(term),
        fill: f.paint.fill(term),
    }];
}

function draw_labels(f) {
    if (f.dense)
        return;
    each_row(f, (at, y) => {
        const event = f.run.events[at];
        const mark = f.x(event.node) === undefined ? null : mark_of(f, event);
        if (mark === null)
            return;
        const [side, text, style] = mark;
        put_label(f, f.x(event.node) + side * 15, y + (side > 0 ? 3 : 0),
            side, text, {...style, alpha: f.alpha(at)});
    });
    draw_message_labels(f);
}

// Requests of the same content that leave together share their label.
function draw_message_labels(f) {
    const together = new Map(), crowded = f.state.view.zoom < 0.7;
    for (const index of f.messages) {
        const message = f.run.messages[index];
        if (message.heartbeat || f.y(message.sent) < f.top ||
            (message.reply && message.says !== 'no' && crowded))
            continue;
        const us = f.run.events[message.sent].us;
        const key = [message.from, message.rpc, message.term, message.first,
            message.last, message.reply ? message.msg : ''].join(' ');
        const label = together.get(key);
        if (label !== undefined && us - label.us < 1000)
            label.copies++;
        else
            together.set(label === undefined ? key : `${key} ${index}`,
                {message, us, copies: 1});
    }
    for (const {message, copies} of together.values())
        put_message_label(f, message, copies);
}

function message_text(message, copies) {
    if (message.reply)
        return message.says === 'no' ? 'no'
            : message.last > 0 ? `ok ${message.last}`
                : message.says === 'yes' ? 'yes' : '';
    const times = copies > 1 ? ` ×${copies}` : '';
    if (message.last > 0)
        return `Append ${span(message.first, message.last)}${times}`;
    return (message.rpc === 'AppendEntries' ? 'probe' : message.rpc) + times;
}

function put_message_label(f, message, copies) {
    const text = message_text(message, copies);
    if (text === '')
        return;
    const side = message.to > message.from ? 1 : -1;
    const alpha = message_alpha(f, message);
    const style = message.reply
        ? {size: 10, colour: message.says === 'no'
            ? f.paint.fault : f.paint.quiet, alpha}
        : {size: 11, bold: true, colour: f.paint.line(message.term), alpha};
    put_label(f, f.x(message.from) + 16 * side,
        f.y(message.sent) + (message.reply ? 6 : -7), side, text, style);
    if (message.lost !== '' && message.lost !== 'lost') {
        const {x2, y2} = message_ends(f, message);
        put_label(f, x2 + 6 * side, y2, side, message.lost,
            {size: 10, colour: f.paint.fault, alpha, tries: 1});
    }
}

// -------------------------------------------------------------- the narration

// What the margin says of an event: rank (0 first), text, fault or not; null
// when it says nothing.
function remark_of(event) {
    const plain = (rank) => [rank, describe(event), false];
    const fault = (rank) => [rank, describe(event), true];
    switch (event.ev) {
    case 'finding':
        return fault(0);
    case 'act':
        return plain(1);
    case 'verdict':
        return event.result === 'pass' ? plain(1) : fault(0);
    case 'crash':
    case 'disconnect':
    case 'partition':
        return fault(2);
    case 'pause':
        return [2, describe(event), event.paused];
    case 'link':
        return [2, describe(event), !event.up];
    case 'restart':
    case 'connect':
    case 'heal':
    case 'network':
        return event.ev === 'connect' && event.us < 1000 ? null
            : plain(event.ev === 'connect' ? 5 : 2);
    case 'role':
        return event.to === 'leader'
            ? [3, `S${event.node + 1} wins term ${event.term}`, false] : null;
    case 'note':
        return plain(4);
    case 'check':
        return [event.ok ? 5 : 1, describe(event), !event.ok];
    case 'timeout':
        return [6, `S${event.node + 1} times out`, false];
    default:
        return null;
    }
}

function cut_to(f, text, style, width) {
    if (f.pen.width(text, style) <= width)
        return text;
    let n = text.length;
    while (n > 1 && f.pen.width(`${text.slice(0, n)}…`, style) > width)
        n -= Math.ceil(n / 12);
    return `${text.slice(0, Math.max(1, n))}…`;
}

function draw_narration(f) {
    if (f.lanes.margin === 0)
        return;
    const remarks = [];
    each_row(f, (at, y) => {
        const remark = remark_of(f.run.events[at]);
        if (remark !== null)
            remarks.push([...remark, at, y]);
    });
    remarks.sort((a, b) => a[0] - b[0] || a[3] - b[3]);
    for (const [rank, text, fault, at, y] of remarks)
        if (!put_remark(f, rank, text, fault, at, y))
            f.n_unsaid++;
}

function put_remark(f, rank, text, fault, at, y) {
    const left = f.lanes.right + 18, width = f.width - left - 8;
    const style = {
        size: 12, bold: rank < 4 || fault,
        colour: fault ? f.paint.fault : rank > 4 ? f.paint.quiet : f.paint.ink,
        alpha: f.alpha(at),
    };
    for (let i = 0; i < 7; i++) {
        const middle = y + (i % 2 === 1 ? 1 : -1) * Math.ceil(i / 2) * 15;
        const box = {left, right: left + width, top: middle - 7,
            bottom: middle + 7};
        if (middle < f.top + 6 || !f.places.is_free(box))
            continue;
        f.places.take(box);
        f.pen.line(f.lanes.right + 2, y, left - 3, middle,
            {colour: f.paint.faint, alpha: style.alpha});
        f.pen.text(left, middle, cut_to(f, text, style, width), style);
        f.hits.push({at, x1: left, y1: middle, x2: f.width, y2: middle});
        return true;
    }
    return false;
}

function draw_findings(f) {
    for (const at of f.run.findings) {
        const y = at < f.from || at > f.to ? -1 : f.y(at);
        if (y < f.top)
            continue;
        const event = f.run.events[at];
        f.pen.line(RULER - 8, y, f.lanes.right, y,
            {colour: f.paint.fault, width: 2});
        put_label(f, f.lanes.right - 4, y - 9, -1, headline(event) +
            (event.tag ? ` [${event.tag}]` : ''),
        {size: 12, bold: true, colour: f.paint.fault});
        f.hits.push({at, x1: RULER, y1: y, x2: f.lanes.right, y2: y});
    }
}

function draw_cursor(f) {
    const y = f.y(f.state.at);
    if (y >= f.top && y <= f.bottom)
        f.pen.line(RULER - 8, y, f.lanes.right, y,
            {colour: f.paint.ink, alpha: 0.55, dash: [1, 3]});
}
