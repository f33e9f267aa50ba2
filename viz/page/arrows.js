// arrows.js -- messages between the lanes: one by one, or as densities.

const LOST_SHARE = 0.42;  // of the way, where a lost message ends
const BIN = 4;            // pixels of a density's bar

// Half the width of a server's lane at an event.
function half_at(f, server, at) {
    const lane = f.run.lanes[server];
    const i = first_from(lane.length, (k) => lane[k].at, at + 1) - 1;
    const look = lane[Math.max(0, i)];
    return look.up ? HALF[look.role] : 1;
}

// Where a message begins and ends in the picture: at the edges of lanes.
function message_ends(f, message) {
    const side = f.x(message.to) > f.x(message.from) ? 1 : -1;
    const x1 = f.x(message.from) + side *
        half_at(f, message.from, message.sent);
    const y1 = f.y(message.sent);
    let x2 = f.x(message.to) - side * half_at(f, message.to,
        message.end >= 0 ? message.end : message.sent);
    let y2 = message.end >= 0 ? f.y(message.end) : y1 + 24;
    if (message.lost !== '') {
        x2 = x1 + LOST_SHARE * (x2 - x1);
        y2 = Math.min(y2, y1 + 24);
    } else if (message.end < 0) {
        x2 = x1 + LOST_SHARE * (x2 - x1);
    }
    if (message.from === message.to)
        x2 = x1 + 24;
    return {x1, y1, x2, y2};
}

// Received messages are what a past is made of; a lost one stands or falls
// with what sent it.
function message_alpha(f, message) {
    return message.end >= 0 && message.lost === ''
        ? Math.min(f.alpha(message.sent), f.alpha(message.end))
        : f.alpha(message.sent);
}

function draw_arrows(f) {
    const chain = f.state.chain_set;
    for (const index of f.messages) {
        const message = f.run.messages[index];
        const ends = message_ends(f, message);
        if ((ends.y1 < f.top && ends.y2 < f.top) || ends.y1 > f.bottom)
            continue;
        f.pen.begin(`m${message.msg}`, message_words(f, message));
        if (chain.has(message.sent) && chain.has(message.end))
            f.pen.line(ends.x1, ends.y1, ends.x2, ends.y2, {
                colour: f.paint.ink, width: 7, alpha: 0.16,
            });
        draw_arrow(f, message, ends);
        f.pen.end();
        const hit = {...ends, at: message.sent};
        if (message.end >= 0)
            hit.end = message.end;
        f.hits.push(hit);
    }
}

function message_words(f, message) {
    const sent = f.run.events[message.sent];
    return `#${message.msg} ${describe(sent)}, term ${message.term}, ` +
        `event ${sent.n}` + (message.lost !== '' ? `, ${message.lost}` : '');
}

function draw_arrow(f, message, ends) {
    const alpha = message_alpha(f, message);
    const colour = message.heartbeat ? f.paint.faint
        : f.paint.line(message.term);
    const width = message.heartbeat ? 0.8 : message.duplicate ? 0.8
        : message.last > 0 && !message.reply ? 2.4 : 1.5;
    const {x1, y1, x2, y2} = ends;
    const length = Math.hypot(x2 - x1, y2 - y1) || 1;
    const dx = (x2 - x1) / length, dy = (y2 - y1) / length;
    const open = message.lost !== '' || message.end < 0;
    f.pen.line(x1, y1, x2 - (open ? 0 : 6 * dx), y2 - (open ? 0 : 6 * dy),
        {colour, width, alpha, dash: message.reply ? [5, 4] : []});
    f.pen.circle(x1, y1, 2, {fill: colour, alpha});
    if (message.lost !== '')
        draw_cross(f, x2, y2, alpha);
    else if (!open)
        draw_head(f, message, {x2, y2, dx, dy}, {colour, alpha});
}

function draw_cross(f, x, y, alpha) {
    const style = {colour: f.paint.fault, width: 1.8, alpha};
    f.pen.line(x - 3.5, y - 3.5, x + 3.5, y + 3.5, style);
    f.pen.line(x - 3.5, y + 3.5, x + 3.5, y - 3.5, style);
}

// Filled = append, hollow = vote, box = snapshot, bar = refused.
function draw_head(f, message, {x2, y2, dx, dy}, {colour, alpha}) {
    const at = (along, aside) =>
        [x2 - along * dx - aside * dy, y2 - along * dy + aside * dx];
    if (message.says === 'no') {
        const [a, b] = at(1, 6), [c, d] = at(1, -6);
        f.pen.line(a, b, c, d, {colour, width: 2.4, alpha});
    } else if (message.rpc === 'InstallSnapshot') {
        f.pen.polygon([at(0, 4), at(0, -4), at(8, -4), at(8, 4)],
            {fill: colour, alpha});
    } else {
        const hollow = message.rpc === 'RequestVote';
        f.pen.polygon([at(0, 0), at(8, 3.6), at(8, -3.6)], {
            fill: hollow ? f.paint.ground : colour, colour, width: 1.2, alpha,
        });
    }
}

// ------------------------------------------------------------ the densities

function make_bins(f) {
    const n = Math.ceil((f.bottom - f.top) / BIN) + 1;
    const bins = new Map();
    for (const server of f.lanes.servers)
        bins.set(server, {
            count: new Uint32Array(n), lost: new Uint32Array(n),
            term: new Float64Array(n), quiet: new Uint32Array(n),
        });
    return bins;
}

function fill_bins(f) {
    const bins = make_bins(f);
    for (const index of f.messages) {
        const message = f.run.messages[index];
        const y = f.y(message.sent) - f.top;
        if (y < 0 || y > f.bottom - f.top)
            continue;
        const bin = bins.get(message.from), i = Math.floor(y / BIN);
        bin.count[i]++;
        if (message.heartbeat)
            bin.quiet[i]++;
        else
            bin.term[i] = message.term;
        if (message.lost !== '')
            bin.lost[i]++;
    }
    return bins;
}

// To the right of a lane what the server sent, heartbeats in grey; to the
// left what of it was lost.
function draw_densities(f) {
    const bins = fill_bins(f);
    let most = 1;
    for (const bin of bins.values())
        for (const count of bin.count)
            most = Math.max(most, count);
    f.most_in_bin = most;
    const room = f.lanes.pitch * 0.5 - HALF.leader - 4;
    for (const [server, bin] of bins)
        for (let i = 0; i < bin.count.length; i++)
            if (bin.count[i] > 0)
                draw_bar(f, server, bin, i, room / most);
}

function draw_bar(f, server, bin, i, scale) {
    const x = f.x(server) + HALF.leader + 2, y = f.top + i * BIN;
    const quiet = bin.quiet[i] * scale;
    const loud = (bin.count[i] - bin.quiet[i]) * scale;
    const height = BIN - 1;
    if (loud > 0)
        f.pen.rect(x, y, Math.max(1, loud), height,
            {fill: f.paint.line(bin.term[i])});
    if (quiet > 0)
        f.pen.rect(x + loud, y, Math.max(1, quiet), height,
            {fill: f.paint.faint});
    const lost = bin.lost[i] * scale;
    if (lost > 0)
        f.pen.rect(f.x(server) - HALF.leader - 2 - Math.max(1.5, lost), y,
            Math.max(1.5, lost), height, {fill: f.paint.fault});
}
