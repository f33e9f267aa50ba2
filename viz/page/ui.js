// ui.js -- the state of the page, what is redrawn when it changes, and links
// to moments.

const ZOOM = {least: 1e-5, most: 40, widest: 6};
const element = (id) => document.getElementById(id);

function initial_state(run, data) {
    return {
        run, layout: null, view: {top: 0, zoom: 1.25, left: 0, wide: 1}, at: 0, model: null,
        past: null, n_past: 0, chain: [], chain_set: new Set(), dim: true,
        shown: {...Object.fromEntries(groups.map(([name, , on]) =>
            [name, on])), heartbeats: data.heartbeats},
        hidden: new Set(), axis: 'story', query: '', found: [], log_shift: 0,
        dark: matchMedia('(prefers-color-scheme: dark)').matches,
    };
}

class Page {
    constructor(run, data) {
        this.data = data;
        this.state = initial_state(run, data);
        this.state.go_to = (at) => this.go_to(at);
        this.state.show_group = (name, on) => this.show_group(name, on);
        this.state.show_server = (server, on) => this.show_server(server, on);
        this.state.set_dim = (on) => this.set_dim(on);
        this.canvas = element('view');
        this.pen = new CanvasPen(this.canvas.getContext('2d'));
        this.minimap = new Minimap(this, element('minimap'));
        this.frame = null;
        this.waiting = false;
        this.times = []; // of the last frames, in milliseconds
        this.set_theme(this.state.dark);
        this.lay_out();
    }

    get height() {
        return this.canvas.clientHeight - HEAD;
    }

    // ------------------------------------------------------------ what changes

    set_theme(dark) {
        this.state.dark = dark;
        this.paint = make_paint(this.data, dark);
        document.documentElement.dataset.theme = dark ? 'dark' : 'light';
        const {style} = document.documentElement;
        for (const name of ['ink', 'quiet', 'faint', 'fault', 'ground',
            'band', 'down', 'rule'])
            style.setProperty(`--${name}`, this.paint[name]);
        style.setProperty('--lead', this.paint.line(1));
        element('switch-theme').textContent = dark ? 'light' : 'dark';
        show_legend(this.state, this.paint);
        this.minimap.stale = true;
        this.panel_stale = true;
        this.redraw();
    }

    // Lays the rows out again; what is selected stays where it is on screen.
    lay_out() {
        const {state} = this;
        const before = state.layout === null ? null
            : (state.layout.y[state.at] - state.view.top);
        state.layout = make_layout(state);
        if (before !== null)
            state.view.top = state.layout.y[state.at] - before;
        this.minimap.stale = true;
        this.clamp();
        this.redraw();
    }

    // Another run in the place of this one, of the same cluster or another.
    replace(run) {
        const {state} = this;
        Object.assign(state, {run, layout: null, at: 0, past: null, n_past: 0,
            chain: [], chain_set: new Set(), found: []});
        state.hidden.clear();
        this.lay_out();
        show_header(run);
        show_findings(state);
        show_story(state);
        show_legend(state, this.paint);
    }

    show_group(name, on) {
        this.state.shown[name] = on;
        this.lay_out();
        show_legend(this.state, this.paint);
    }

    show_server(server, on) {
        if (on)
            this.state.hidden.delete(server);
        else if (visible_servers(this.state).length > 1)
            this.state.hidden.add(server);
        this.lay_out();
        show_legend(this.state, this.paint);
    }

    set_dim(on) {
        this.state.dim = on;
        this.select(this.state.at);
        show_legend(this.state, this.paint);
    }

    set_axis(axis) {
        const us = this.window_us();
        this.state.axis = axis;
        element('switch-axis').setAttribute('aria-pressed', axis === 'time');
        this.lay_out();
        this.show_window(us.from, us.to);
    }

    select(at) {
        const {state} = this;
        if (at < 0 || at >= state.run.events.length)
            return;
        state.at = at;
        // Behind the end of the run its last state stays.
        state.model = model_at(state.run, at < state.run.over ? at
            : Math.max(0, state.run.over - 1));
        state.past = state.dim && has_past(state.run, at)
            ? causal_past(state.run, at) : null;
        state.n_past = state.past === null ? 0
            : state.past.reduce((n, one) => n + one, 0) - 1;
        state.chain = chain_of(state.run, at);
        // Rings: the chain of causes, and the quorum that a sentence names.
        state.chain_set = new Set([...state.chain,
            ...rests_on(state.run, at)]);
        if (this.player !== undefined)
            this.player.follow(at);
        this.panel_stale = true;
        this.redraw();
    }

    // Selects an event and brings it into view.
    go_to(at) {
        if (at < 0 || at >= this.state.run.events.length)
            return;
        this.select(at);
        const {view, layout} = this.state;
        const y = (layout.y[at] - view.top) * view.zoom;
        if (y < 40 || y > this.height - 60)
            view.top = layout.y[at] - this.height * 0.45 / view.zoom;
        this.clamp();
        element('spoken').textContent =
            sentence_of(this.state.run, at);
    }

    // While the minimap is dragged the cursor stays in view.
    scrub() {
        const {view, layout} = this.state;
        const middle = view.top + this.height * 0.45 / view.zoom;
        const at = next_shown(this.state, event_from_y(layout, middle), 1);
        if (at >= 0)
            this.select(at);
    }

    shift_logs(direction) {
        this.state.log_shift = direction === 0 ? 0
            : this.state.log_shift + 5 * direction;
        this.panel_stale = true;
        this.redraw();
    }

    // Below the last event there is room for what is said about it.
    clamp() {
        const {view, layout} = this.state, room = 40;
        const whole = this.height / (layout.height + room);
        view.zoom = Math.max(Math.min(ZOOM.most, whole, 1.25),
            Math.min(ZOOM.most, view.zoom));
        const most = layout.height + room
            - (this.height - HEAD - room) / view.zoom;
        view.top = Math.max(-20, Math.min(Math.max(-20, most), view.top));
        const {most_left} = lane_places(this.state, this.canvas.clientWidth);
        view.left = Math.max(0, Math.min(most_left, view.left));
    }

    pan_to(left) {
        this.state.view.left = left;
        this.clamp();
        this.redraw();
    }

    // Lanes further apart, around a place of the canvas that stays where it is.
    widen_by(factor, anchor) {
        const {view} = this.state;
        const {left} = lane_places(this.state, this.canvas.clientWidth);
        const x = anchor + view.left - left, before = view.wide;
        view.wide = Math.max(1, Math.min(ZOOM.widest, view.wide * factor));
        view.left = x * view.wide / before + left - anchor;
        this.clamp();
        this.redraw();
    }

    scroll_to(top) {
        this.state.view.top = top;
        this.clamp();
        this.redraw();
    }

    // Around a height of the canvas that stays where it is.
    zoom_by(factor, anchor) {
        const {view} = this.state;
        const y = view.top + anchor / view.zoom;
        view.zoom *= factor;
        this.clamp();
        view.top = y - anchor / view.zoom;
        this.clamp();
        this.redraw();
    }

    zoom_at_cursor(factor) {
        const {view, layout, at} = this.state;
        const anchor = (layout.y[at] - view.top) * view.zoom;
        this.zoom_by(factor, anchor > 0 && anchor < this.height
            ? anchor : this.height / 2);
    }

    // -------------------------------------------------------- windows and links

    window_us() {
        const {view} = this.state;
        return {
            from: us_at_y(this.state, view.top),
            to: us_at_y(this.state, view.top + this.height / view.zoom),
        };
    }

    show_window(from_us, to_us) {
        const {view} = this.state;
        const top = y_at_us(this.state, from_us);
        const bottom = y_at_us(this.state, to_us);
        view.top = top;
        view.zoom = this.height / Math.max(1, bottom - top);
        this.clamp();
        this.redraw();
    }

    // #t=MS&w=MS&n=EVENT: from when, how long, and what is selected.
    hash() {
        const {from, to} = this.window_us();
        const n = this.state.run.events[this.state.at].n;
        return `#t=${(from / 1000).toFixed(6)}` +
            `&w=${((to - from) / 1000).toFixed(6)}&n=${n}`;
    }

    go_to_hash(hash) {
        const wanted = new URLSearchParams(hash.slice(1));
        const t = Number(wanted.get('t')), w = Number(wanted.get('w'));
        const n = Number(wanted.get('n'));
        if (wanted.get('n') !== null && n > 0)
            this.select(position_of(this.state.run, n));
        if (wanted.get('t') !== null && w > 0)
            this.show_window(t * 1000, (t + w) * 1000);
        else if (wanted.get('n') !== null)
            this.go_to(this.state.at);
        return wanted.get('n') !== null || wanted.get('t') !== null;
    }

    command() {
        const {from, to} = this.window_us();
        const path = this.data.trace;
        const quoted = /^[\w@%+=:,./-]+$/.test(path) ? path
            : `'${path.replace(/'/g, `'\\''`)}'`;
        const {hidden, shown} = this.state;
        return `glassraft timeline ${quoted} --from ` +
            `${Math.max(0, Math.floor(from / 100) / 10)} --to ${Math.ceil(to / 100) / 10}` +
            (hidden.size > 0 ? ' --servers ' + visible_servers(this.state)
                .map(server_name).join(',') : '') +
            (shown.heartbeats ? ' --heartbeats' : '');
    }

    // Of a file the name alone: beside it, in a text of the same folder, it
    // leads here wherever the folder goes.
    link() {
        const whole = location.href.replace(/#.*/, '');
        return (location.protocol === 'file:'
            ? whole.slice(whole.lastIndexOf('/') + 1) : whole) + this.hash();
    }

    svg() {
        const width = this.canvas.clientWidth;
        const height = this.canvas.clientHeight;
        const pen = new SvgPen(width, height, this.paint.ground, this.pen);
        draw_frame(this.state, pen, this.paint, width, height);
        return pen.finish();
    }

    // ------------------------------------------------------------- the drawing

    redraw() {
        if (this.waiting)
            return;
        this.waiting = true;
        requestAnimationFrame(() => {
            this.waiting = false;
            const began = performance.now();
            this.draw();
            this.times.push(performance.now() - began);
            if (this.times.length > 1000)
                this.times.shift();
        });
    }

    fit(canvas) {
        const ratio = window.devicePixelRatio || 1;
        const width = Math.round(canvas.clientWidth * ratio);
        const height = Math.round(canvas.clientHeight * ratio);
        if (canvas.width !== width || canvas.height !== height) {
            canvas.width = width;
            canvas.height = height;
        }
        canvas.getContext('2d').setTransform(ratio, 0, 0, ratio, 0, 0);
    }

    draw() {
        const {state, paint, canvas} = this;
        if (state.model === null)
            return;
        this.fit(canvas);
        this.pen.font = '';
        this.frame = draw_frame(state, this.pen, paint, canvas.clientWidth,
            canvas.clientHeight);
        this.minimap.draw(paint);
        if (this.panel_stale) {
            this.panel_stale = false;
            show_logs(state, paint, element('logs').clientWidth);
            show_event(state);
        }
        element('status').textContent = this.status();
        this.show_tip?.();
        this.settle();
    }

    // What can wait until nothing has moved for a moment.
    settle() {
        clearTimeout(this.settling);
        this.settling = setTimeout(() => {
            show_events(this.state, this.frame);
            history.replaceState(null, '', this.hash());
        }, 150);
    }

    status() {
        const {run, shown} = this.state, {frame} = this;
        const {from, to} = this.window_us();
        const parts = [`${milliseconds(Math.max(0, from))} to ${milliseconds(to)}`,
            `${frame.n_messages} of ${run.messages.length} messages in view`];
        if (frame.dense)
            parts.push(`drawn as densities, the longest bar ` +
                `${frame.most_in_bin}; zoom in (+) for arrows`);
        if (!shown.heartbeats)
            parts.push(`${this.n_heartbeats()} heartbeat` +
                `${this.n_heartbeats() === 1 ? '' : 's'} folded (h)`);
        if (frame.n_unsaid > 0)
            parts.push(`no room for ${frame.n_unsaid} ` +
                (frame.n_unsaid === 1 ? 'note' : 'notes'));
        return parts.join(' · ');
    }

    n_heartbeats() {
        if (this.heartbeats === undefined)
            this.heartbeats = this.state.run.messages.reduce(
                (n, message) => n + (message.heartbeat ? 1 : 0), 0);
        return this.heartbeats;
    }
}
