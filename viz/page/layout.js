// layout.js -- where events stand: rows on a warped or a plain axis of time.
//
// Positions are in points at zoom 1, growing downwards. On the axis "story"
// close events get room and idle time becomes a band of fixed height, as in
// viz/timeline/timeline.c; on the axis "time" a millisecond is as long everywhere.

const ROW = {per_ms: 6.5, least: 4, most: 30, label: 14};
const IDLE = {ms: 15, height: 44};
const USUAL_DELAY_MS = 5;

function message_group(message) {
    if (message.heartbeat)
        return 'heartbeats';
    return group_of_rpc[message.rpc] || 'others';
}

function message_shown(state, message) {
    if (message.from === null || message.to === null ||
        state.hidden.has(message.from) || state.hidden.has(message.to))
        return false;
    return state.shown[message_group(message)] &&
        (!message.reply || state.shown.replies);
}

function event_shown(state, at) {
    const event = state.run.events[at];
    const message = state.run.message_of[at];
    if (message >= 0)
        return message_shown(state, state.run.messages[message]);
    if (event.node !== undefined && state.hidden.has(event.node))
        return false;
    if (event.ev === 'start')
        return state.shown[event.accepted ? 'clients' : 'refused'];
    const group = group_of_kind[event.ev];
    return group === undefined || state.shown[group];
}

// The room that an event's labels want above it.
function room_of(event) {
    return event.ev === 'start' && event.accepted ? ROW.label : ROW.least;
}

function median_delay_ms(run) {
    const delays = [];
    const step = Math.max(1, Math.floor(run.messages.length / 2000));
    for (let i = 0; i < run.messages.length; i += step) {
        const message = run.messages[i];
        if (message.end >= 0 && message.lost === '')
            delays.push(run.events[message.end].us -
                run.events[message.sent].us);
    }
    delays.sort((a, b) => a - b);
    return delays.length > 0 ? Math.max(0.01,
        delays[delays.length >> 1] / 1000) : USUAL_DELAY_MS;
}

// How far below the last row this one stands. Another base of time looks the
// same: delays are measured by the usual one.
function step_down(last, event, scale) {
    const ms = (event.us - last.us) / 1000;
    if (ms > IDLE.ms / scale)
        return {step: IDLE.height, idle: true};
    const together = ms < 0.3 / scale && event.node === last.node;
    const step = ms * ROW.per_ms * scale, room = room_of(event);
    if (step > ROW.most)
        return {step: ROW.most, idle: false};
    if (step < room)
        return {step: together && room <= ROW.least ? 0 : room, idle: false};
    return {step, idle: false};
}

function count_heartbeats(state, from, to) {
    let n = 0;
    for (let at = from + 1; at < to; at++) {
        const message = state.run.message_of[at];
        if (message >= 0 && state.run.messages[message].heartbeat &&
            state.run.messages[message].sent === at)
            n++;
    }
    return n;
}

function make_gap(state, top, last, at) {
    const {events} = state.run;
    return {
        top, bottom: top + IDLE.height, us: events[at].us - events[last].us,
        heartbeats: state.shown.heartbeats
            ? 0 : count_heartbeats(state, last, at),
    };
}

function story_rows(state, layout) {
    const {events} = state.run;
    const scale = USUAL_DELAY_MS / median_delay_ms(state.run);
    let y = 0, last = -1;
    for (let at = 0; at < events.length; at++) {
        if (layout.shown[at] !== 0) {
            if (last >= 0) {
                const down = step_down(events[last], events[at], scale);
                if (down.idle)
                    layout.gaps.push(make_gap(state, y, last, at));
                y += down.step;
            }
            last = at;
        }
        layout.y[at] = y;
    }
    layout.height = y;
}

function time_rows(state, layout) {
    const {events} = state.run;
    const scale = USUAL_DELAY_MS / median_delay_ms(state.run);
    const start = events.length > 0 ? events[0].us : 0;
    for (let at = 0; at < events.length; at++)
        layout.y[at] = (events[at].us - start) / 1000 * ROW.per_ms * scale;
    layout.height = events.length > 0 ? layout.y[events.length - 1] : 0;
}

function make_layout(state) {
    const n = state.run.events.length;
    const layout = {
        y: new Float64Array(n), us: fine_times(state.run.events),
        shown: new Uint8Array(n), rows: null, gaps: [], height: 0,
    };
    let n_rows = 0;
    for (let at = 0; at < n; at++)
        if (event_shown(state, at)) {
            layout.shown[at] = 1;
            n_rows++;
        }
    layout.rows = new Int32Array(n_rows);
    for (let at = 0, row = 0; at < n; at++)
        if (layout.shown[at] !== 0)
            layout.rows[row++] = at;
    if (state.axis === 'time')
        time_rows(state, layout);
    else
        story_rows(state, layout);
    return layout;
}

// The first place in a growing list where value(place) is not below what is
// sought; its length when there is none.
function first_from(n, value, sought) {
    let low = 0, high = n;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (value(middle) < sought)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// Position of the first event at or below y, the last event at most.
function event_from_y(layout, y) {
    const at = first_from(layout.y.length, (i) => layout.y[i], y);
    return Math.min(at, layout.y.length - 1);
}

// The times of the rows, each later than the one before, so that a link to a
// time leads back to one height: events of the same microsecond share it out.
function fine_times(events) {
    const times = new Float64Array(events.length);
    for (let at = 0, end = 0; at < events.length; at = end) {
        while (end < events.length && events[end].us <= events[at].us)
            end++;
        for (let i = at; i < end; i++)
            times[i] = events[at].us + (i - at) / (end - at);
    }
    return times;
}

// Between the rows `above` and the one below it what lies so far from one to
// the other in `from`, in `to`; before the first and after the last one to one.
function between(from, to, above, value) {
    const last = from.length - 1;
    if (above < 0)
        return to[0] + (value - from[0]);
    if (above >= last)
        return to[last] + (value - from[last]);
    const whole = from[above + 1] - from[above];
    return to[above] + (to[above + 1] - to[above]) *
        (value - from[above]) / Math.max(1e-9, whole);
}

// The time at a height, and the height of a time.
function us_at_y({layout}, y) {
    const above = first_from(layout.y.length, (i) => layout.y[i], y) - 1;
    return between(layout.y, layout.us, above, y);
}

function y_at_us({layout}, us) {
    const above = first_from(layout.us.length, (i) => layout.us[i], us) - 1;
    return between(layout.us, layout.y, above, us);
}

// The next shown event in a direction that is wanted; -1 when there is none.
function next_shown(state, at, direction, wanted) {
    const {rows} = state.layout;
    let row = first_from(rows.length, (i) => rows[i], at);
    if (direction < 0 || rows[row] === at)
        row += direction;
    for (; row >= 0 && row < rows.length; row += direction)
        if (wanted === undefined || wanted(rows[row]))
            return rows[row];
    return -1;
}
