// frame.js -- what is in view: measures, places for labels, and the drawing
// of one frame from the back to the front.

const HEAD = 44;      // plates
const RULER = 84;     // times, left of the lanes
const MARGIN = 200;   // narration, right of the lanes
const ASIDE = {left: 98, right: 50}; // labels beside the outer lanes
const ASIDE_OF_PHONES = {left: 30, right: 24};
const DIMMED = {before: 0.13, behind: 0.45};
// Messages drawn as arrows, in all and per pixel of height; more are densities.
const MOST_ARROWS = 1200, MOST_PER_PIXEL = 0.55;

// Labels that do not overlap: boxes in bands of their height.
class Places {
    constructor() {
        this.bands = new Map();
    }

    each_band(box, visit) {
        const last = Math.floor(box.bottom / 40);
        for (let band = Math.floor(box.top / 40); band <= last; band++)
            visit(band);
    }

    is_free(box) {
        let free = true;
        this.each_band(box, (band) => {
            for (const b of this.bands.get(band) || [])
                if (box.left < b.right && b.left < box.right &&
                    box.top < b.bottom && b.top < box.bottom)
                    free = false;
        });
        return free;
    }

    take(box) {
        this.each_band(box, (band) => {
            if (this.bands.has(band))
                this.bands.get(band).push(box);
            else
                this.bands.set(band, [box]);
        });
    }
}

// A label whose left (side > 0) or right (side < 0) edge is at x; it goes to
// the nearest free place above or below. False when there is none.
function put_label(f, x, y, side, text, style) {
    const width = f.pen.width(text, style) + (style.fill ? 8 : 4);
    const height = style.size + 4;
    // What would be cut at the right stands on the other side of the lane.
    const cut = side > 0 && x + width > f.width && x < f.width;
    const left = cut ? x - 30 - width : side > 0 ? x : x - width;
    for (let i = 0; i <= (style.tries === undefined ? 4 : style.tries); i++) {
        const shift = (i % 2 === 1 ? 1 : -1) * Math.ceil(i / 2) * height;
        const middle = y + shift;
        const box = {
            left, right: left + width,
            top: middle - height / 2, bottom: middle + height / 2,
        };
        if (box.top < HEAD || left < RULER - 6 || !f.places.is_free(box))
            continue;
        f.places.take(box);
        f.pen.rect(box.left, box.top, width, height, style.fill
            ? {fill: style.fill, radius: 4, alpha: style.alpha}
            : {fill: f.paint.halo, radius: 2,
                alpha: 0.82 * (style.alpha === undefined ? 1 : style.alpha)});
        f.pen.text(box.left + width / 2, middle, text,
            {...style, align: 'center'});
        return true;
    }
    return false;
}

function visible_servers(state) {
    const servers = [];
    for (let i = 0; i < state.run.header.servers; i++)
        if (!state.hidden.has(i))
            servers.push(i);
    return servers;
}

function lane_places(state, width) {
    const servers = visible_servers(state);
    const margin = width > 760 ? MARGIN : 0;
    const aside = width > 440 ? ASIDE : ASIDE_OF_PHONES;
    const least = width > 440 ? 44 : 26; // no lane is cut
    const n = servers.length;
    const clients = !has_clients(state.run) ? 0
        : client_pitch(state.run, width > 440 ? Infinity
            : width - RULER - aside.left - aside.right - least * (n - 1));
    const left = RULER + clients_width(state.run, clients) + aside.left;
    const {view} = state;
    const pitch = view.wide * Math.max(least, Math.min(180, (width - left -
        margin - aside.right) / Math.max(1, n - 1)));
    const x = new Map();
    servers.forEach((server, i) => {
        x.set(server, left + pitch * i - view.left);
    });
    const end = left + pitch * (n - 1) + aside.right;
    const right = end - view.left;
    return {servers, x, pitch, left, right, clients,
        most_left: Math.max(0, end - width),
        margin: right + 60 < width ? margin : 0};
}

function make_frame(state, pen, paint, width, height) {
    const {layout, view, run} = state;
    const lanes = lane_places(state, width);
    const scale = view.zoom;
    const top_y = view.top - 60 / scale;
    const bottom_y = view.top + (height - HEAD + 60) / scale;
    return {
        state, pen, paint, run, layout, width, height, lanes,
        from: Math.max(0, event_from_y(layout, top_y)),
        to: event_from_y(layout, bottom_y),
        top: HEAD, bottom: height,
        x: (server) => lanes.x.get(server),
        y: (at) => HEAD + (layout.y[at] - view.top) * scale,
        alpha: (at) => state.past === null || state.past[at] !== 0 ? 1
            : at > state.at ? DIMMED.behind : DIMMED.before,
        places: new Places(), hits: [], dense: false, n_messages: 0,
        n_unsaid: 0,
    };
}

// The messages of the frame that are shown; how many there are beyond what
// can be drawn as arrows.
function choose_messages(f) {
    f.messages = [];
    messages_between(f.run, f.from, f.to, (message, index) => {
        if (!message_shown(f.state, message))
            return;
        f.n_messages++;
        f.messages.push(index);
    });
    f.dense = f.n_messages > Math.min(MOST_ARROWS,
        MOST_PER_PIXEL * (f.height - HEAD));
}

// Draws the view and returns the frame: what can be hit, what was left out.
function draw_frame(state, pen, paint, width, height) {
    const f = make_frame(state, pen, paint, width, height);
    choose_messages(f);
    pen.rect(0, 0, width, height, {fill: paint.ground});
    draw_partitions(f);
    draw_gaps(f);
    draw_lanes(f);
    draw_clients(f);
    if (f.dense)
        draw_densities(f);
    else
        draw_arrows(f);
    draw_cursor(f);
    draw_events(f);
    draw_pills(f);
    draw_labels(f);
    draw_findings(f);
    draw_narration(f);
    draw_times(f);
    draw_plates(f);
    draw_client_plates(f);
    return f;
}

// The event or message nearest to a point, 12 pixels away at most; -1 for
// none.
function hit_at(f, x, y) {
    let best = -1, best_distance = 12;
    for (const hit of f.hits) {
        const distance = distance_to(hit, x, y);
        if (distance < best_distance) {
            best_distance = distance;
            best = hit.end !== undefined && y > (hit.y1 + hit.y2) / 2
                ? hit.end : hit.at;
        }
    }
    return best;
}

function distance_to(hit, x, y) {
    const dx = hit.x2 - hit.x1, dy = hit.y2 - hit.y1;
    const length = dx * dx + dy * dy;
    const share = length === 0 ? 0 : Math.max(0, Math.min(1,
        ((x - hit.x1) * dx + (y - hit.y1) * dy) / length));
    return Math.hypot(x - hit.x1 - share * dx, y - hit.y1 - share * dy) +
        (length > 0 ? 2 : 0); // an event before a message
}
