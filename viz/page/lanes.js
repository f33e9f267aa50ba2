// lanes.js -- what stands behind the messages: lanes with roles and terms,
// partitions, idle time; and what frames them: times and name plates.

const HALF = {follower: 4.5, candidate: 8, leader: 12};

// Calls visit(look, from_y, to_y) for each stretch of a lane in the frame.
function each_stretch(f, server, visit) {
    const lane = f.run.lanes[server];
    let i = first_from(lane.length, (k) => lane[k].at, f.from + 1) - 1;
    for (i = Math.max(0, i); i < lane.length && lane[i].at <= f.to; i++) {
        const next = lane[i + 1];
        const top = i === 0 ? f.top : Math.max(f.top, f.y(lane[i].at));
        const bottom = next !== undefined
            ? Math.min(f.bottom, f.y(next.at))
            : Math.min(f.bottom, f.y(f.run.events.length - 1) + 14);
        if (bottom > top)
            visit(lane[i], top, bottom, i === 0 ? -1 : lane[i].at);
    }
}

function draw_stripes(f, x, top, height, look) {
    const half = HALF.candidate, step = 2 * half / 5;
    f.pen.rect(x - half, top, 2 * half, height, {fill: f.paint.ground});
    for (let i = 0; i < 5; i += 2)
        f.pen.rect(x - half + i * step, top, step, height,
            {fill: f.paint.fill(look.term)});
    f.pen.rect(x - half, top, 2 * half, height,
        {colour: f.paint.line(look.term)});
}

function draw_stretch(f, server, look, top, bottom) {
    const x = f.x(server), half = HALF[look.role], height = bottom - top;
    if (!look.there)
        return;
    if (!look.up) {
        f.pen.line(x, top, x, bottom,
            {colour: f.paint.quiet, width: 1.6, dash: [1.5, 4]});
        return;
    }
    if (look.paused)
        f.pen.rect(x - half - 5, top, 2 * half + 10, height, {
            fill: f.paint.down, colour: f.paint.quiet, dash: [4, 3],
        });
    if (look.role === 'candidate')
        draw_stripes(f, x, top, height, look);
    else
        f.pen.rect(x - half, top, 2 * half, height, look.role === 'leader'
            ? {fill: f.paint.fill(look.term),
                colour: f.paint.line(look.term)}
            : {fill: f.paint.pale(look.term)});
    if (!look.connected)
        for (const side of [-1, 1])
            f.pen.line(x + side * (half + 4), top, x + side * (half + 4),
                bottom, {colour: f.paint.fault, dash: [2, 3]});
}

function draw_lanes(f) {
    for (const server of f.lanes.servers) {
        const x = f.x(server);
        each_stretch(f, server, (look, top, bottom) => {
            draw_stretch(f, server, look, top, bottom);
        });
        f.places.take({left: x - 8, right: x + 8, top: f.top,
            bottom: f.bottom});
    }
}

// A pill beside the lane where role or term change, crosses where it ends.
function draw_pills(f) {
    for (const role of ['leader', 'candidate', 'follower'])
        for (const server of f.lanes.servers)
            each_stretch(f, server, (look, top, bottom, at) => {
                if (look.role === role && (bottom - top > 5 || at < 0))
                    draw_pill(f, server, look, at, Math.max(top, f.top + 8));
            });
}

function draw_pill(f, server, look, at, y) {
    const x = f.x(server), before = at < 0 ? null : look_before(f, server, at);
    if (at >= 0 && f.y(at) < f.top)
        at = -1; // began above
    if (!look.up) {
        if (before !== null && before.up && at >= 0)
            put_label(f, x + 8, y, 1, '✕ down',
                {size: 11, bold: true, colour: f.paint.fault});
        return;
    }
    if (before !== null && before.term === look.term &&
        before.role === look.role && before.up)
        return;
    if (look.term === 0)
        return;
    const role = f.lanes.pitch < 112 ? look.role.slice(0, 4) : look.role;
    const name = look.role === 'follower' ? '' : `${role} `;
    const back = before !== null && before.there && !before.up ? '↻ ' : '';
    put_label(f, x - HALF[look.role] - 4, y, -1,
        `${back}${name}T${look.term}`, {
            size: 11, bold: true, colour: f.paint.text(look.term),
            fill: f.paint.fill(look.term), tries: f.dense ? 0 : 4,
        });
}

function look_before(f, server, at) {
    const lane = f.run.lanes[server];
    const i = first_from(lane.length, (k) => lane[k].at, at);
    return i > 0 ? lane[i - 1] : null;
}

function draw_partitions(f) {
    for (const {from, to, groups} of f.run.partitions) {
        if (from > f.to || (to >= 0 && to < f.from))
            continue;
        const top = Math.max(f.top, f.y(from));
        const bottom = to < 0 ? f.bottom : Math.min(f.bottom, f.y(to));
        if (bottom - top < 3)
            continue;
        for (const server of f.lanes.servers) {
            const group = groups[server] || 0, half = Math.min(60, f.lanes.pitch * 0.46);
            f.pen.rect(f.x(server) - half, top, 2 * half, bottom - top,
                {fill: f.paint.sides[group % 3]});
            f.pen.text(f.x(server) + half - 5, Math.max(top, f.top) + 10,
                String.fromCharCode(65 + group % 26),
                {size: 12, bold: true, colour: f.paint.quiet, align: 'right'});
        }
    }
}

function gap_words(gap) {
    const calls = gap.heartbeats;
    return `${milliseconds(gap.us)} idle` + (calls > 0
        ? `, ${calls} heartbeat${calls > 1 ? 's' : ''} folded` : '');
}

// Bands of idle time; what they say goes to the ruler where it fits.
function draw_gaps(f) {
    const {gaps} = f.layout, {zoom, top} = f.state.view;
    const first = first_from(gaps.length, (i) => gaps[i].bottom,
        top - 60 / zoom);
    for (let i = first; i < gaps.length; i++) {
        const from = HEAD + (gaps[i].top - top) * zoom;
        const to = HEAD + (gaps[i].bottom - top) * zoom;
        if (from > f.bottom)
            return;
        if (to - from < 10)
            continue;
        f.pen.rect(RULER - 8, from + 3, f.lanes.right - RULER + 8,
            to - from - 6, {fill: f.paint.band, alpha: 0.75});
        const style = {size: 11, colour: f.paint.quiet};
        const words = gap_words(gaps[i]);
        const width = f.pen.width(words, style);
        const middle = (from + to) / 2, x = RULER + 2;
        f.places.take({left: x - 2, right: x + width + 4, top: middle - 7,
            bottom: middle + 7});
        f.idle = (f.idle || []).concat({x, y: middle, words});
    }
}

function draw_times(f) {
    f.pen.rect(0, f.top, RULER - 8, f.bottom - f.top,
        {fill: f.paint.ground, alpha: f.state.view.left > 0 ? 1 : 0.9});
    for (const idle of f.idle || [])
        put_idle(f, idle);
    const style = {size: 11, colour: f.paint.quiet, align: 'right'};
    const {rows} = f.layout;
    let next = f.top + 8, last_us = -Infinity;
    for (let row = first_from(rows.length, (i) => rows[i], f.from);
        row < rows.length && rows[row] <= f.to; row++) {
        const y = f.y(rows[row]);
        if (y < next || y > f.bottom - 4 ||
            Math.abs(y - f.y(f.state.at)) < 16)
            continue;
        const {us} = f.run.events[rows[row]];
        f.pen.text(RULER - 14, y, milliseconds(us, us - last_us < 200),
            style);
        last_us = us;
        next = y + 36;
    }
    draw_now(f);
}

function put_idle(f, idle) {
    const style = {size: 11, colour: f.paint.quiet};
    f.pen.rect(idle.x - 2, idle.y - 7, f.pen.width(idle.words, style) + 6, 14,
        {fill: f.paint.band, radius: 3});
    f.pen.text(idle.x, idle.y, idle.words, style);
}

// The cursor's time, in the ruler.
function draw_now(f) {
    const y = f.y(f.state.at);
    if (y < f.top || y > f.bottom)
        return;
    f.pen.rect(2, y - 9, RULER - 10, 18, {fill: f.paint.ink, radius: 4});
    f.pen.text(RULER - 14, y, milliseconds(f.run.events[f.state.at].us),
        {size: 11, bold: true, colour: f.paint.ground, align: 'right'});
}

function draw_plates(f) {
    f.pen.rect(0, 0, f.width, HEAD, {fill: f.paint.ground});
    f.pen.line(0, HEAD - 0.5, f.width, HEAD - 0.5, {colour: f.paint.rule});
    const wide = f.lanes.pitch > 90;
    for (const server of f.lanes.servers) {
        const s = f.state.model.servers[server];
        const leads = s.up && s.role === 'leader';
        const fill = !s.up ? f.paint.down : leads
            ? f.paint.fill(s.current_term) : f.paint.paler(s.current_term);
        const colour = leads ? f.paint.text(s.current_term) : f.paint.ink;
        const half = Math.min(52, f.lanes.pitch * 0.46), x = f.x(server);
        f.pen.rect(x - half, 4, 2 * half, 35, {fill, radius: 6});
        f.pen.text(x, 14, server_name(server),
            {size: 13, bold: true, colour, align: 'center'});
        const role = wide ? s.role : s.role.slice(0, 4);
        const style = {size: 11, colour, align: 'center'};
        const said = (s.up ? [`${role} T${s.current_term}`,
            `T${s.current_term}`] : [appeared(s) ? 'down' : ''])
            .find((text) => f.pen.width(text, style) <= 2 * half - 2);
        f.pen.text(x, 29, said || '', style);
    }
    if (f.state.view.left > 0) // what is scrolled away
        f.pen.rect(0, 0, RULER - 8, HEAD - 1, {fill: f.paint.ground});
}
