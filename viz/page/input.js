// input.js -- keys, pointer and buttons: what a reader can do.

const KEY_SCROLL = 60; // pixels

// Key, what it does in words, and what it does.
function key_table(page) {
    const {state} = page;
    const step = (direction) => () => page.go_to(
        next_shown(state, state.at, direction));
    const on_lane = (direction) => () => {
        const {node} = state.run.events[state.at];
        page.go_to(next_shown(state, state.at, direction,
            (at) => state.run.events[at].node === node));
    };
    const among = (list, direction) => () =>
        page.go_to(next_of(list(), state.at, direction));
    const scroll = (pixels) => () =>
        page.scroll_to(state.view.top + pixels() / state.view.zoom);
    return [
        ['j', 'next event', step(1)],
        ['k', 'previous event', step(-1)],
        ['J', 'next event of any kind, hidden ones too',
            () => page.go_to(state.at + 1)],
        ['K', 'previous event of any kind', () => page.go_to(state.at - 1)],
        [']', 'next event of the same server', on_lane(1)],
        ['[', 'previous event of the same server', on_lane(-1)],
        [' ', 'play, or pause', () => page.player?.toggle()],
        ['.', 'next step of the guided tour', () => page.player?.step(1)],
        [',', 'previous step', () => page.player?.step(-1)],
        ['b', 'back to the cause', () => page.go_to(
            state.run.cause[state.at])],
        ['t', 'next term', among(() => state.run.terms, 1)],
        ['T', 'previous term', among(() => state.run.terms, -1)],
        ['e', 'next finding or failed check',
            among(() => state.run.failures, 1)],
        ['E', 'previous finding', among(() => state.run.failures, -1)],
        ['m', 'next act of the story', among(() => state.run.acts, 1)],
        ['M', 'previous act', among(() => state.run.acts, -1)],
        ['/', 'search', () => element('query').focus()],
        ['n', 'next hit', among(() => state.found, 1)],
        ['N', 'previous hit', among(() => state.found, -1)],
        ['+', 'zoom in', () => page.zoom_at_cursor(1.4)],
        ['-', 'zoom out', () => page.zoom_at_cursor(1 / 1.4)],
        ['0', 'the whole run', () => page.zoom_by(1e-9, 0)],
        ['1', 'the usual zoom', () => page.zoom_at_cursor(
            1.25 / state.view.zoom)],
        ['w', 'lanes further apart', () => page.widen_by(1.4, RULER)],
        ['W', 'lanes closer', () => page.widen_by(1 / 1.4, RULER)],
        ['h', 'heartbeats',
            () => page.show_group('heartbeats', !state.shown.heartbeats)],
        ['p', 'causal past, the rest dimmed', () => page.set_dim(!state.dim)],
        ['a', 'plain time, or warped to the story', () => page.set_axis(
            state.axis === 'time' ? 'story' : 'time')],
        ['c', 'copy the command that draws this view',
            () => copy(page.command())],
        ['l', 'copy a link to this moment', () => copy(page.link())],
        ['s', 'save this view as SVG', () => save_svg(page)],
        ['d', 'light or dark', () => page.set_theme(!state.dark)],
        ['<', 'earlier entries of the logs', () => page.shift_logs(-1)],
        ['>', 'later entries of the logs', () => page.shift_logs(1)],
        ['?', 'this list', () => element('help').showModal()],
        ['ArrowDown', 'scroll', scroll(() => KEY_SCROLL)],
        ['ArrowUp', 'scroll', scroll(() => -KEY_SCROLL)],
        ['ArrowRight', 'lanes further to the right', () => page.pan_to(
            state.view.left + KEY_SCROLL)],
        ['ArrowLeft', 'lanes further to the left', () => page.pan_to(
            state.view.left - KEY_SCROLL)],
        ['PageDown', 'a page on', scroll(() => page.height * 0.9)],
        ['PageUp', 'a page back', scroll(() => -page.height * 0.9)],
        ['Home', 'first event', () => page.go_to(
            next_shown(state, -1, 1))],
        ['End', 'last event', () => page.go_to(
            next_shown(state, state.run.events.length, -1))],
    ];
}

// Says it where it is seen and heard, for a moment, over what stands there:
// nothing has to move.
function say(text) {
    const said = element('said');
    said.textContent = text;
    said.hidden = false;
    clearTimeout(said.closing);
    said.closing = setTimeout(() => {
        said.hidden = true;
    }, 4000);
}

function copy(text) {
    const done = () => say(`copied: ${text}`);
    if (navigator.clipboard !== undefined)
        navigator.clipboard.writeText(text).then(done,
            () => copy_by_selection(text, done));
    else
        copy_by_selection(text, done);
}

// Where the clipboard is not to be had, as in some browsers on file://.
function copy_by_selection(text, done) {
    const area = make_element('textarea', {value: text,
        className: 'unseen'});
    document.body.append(area);
    area.select();
    const copied = document.execCommand('copy');
    area.remove();
    if (copied)
        done();
    else
        say(text);
}

function save_svg(page) {
    const blob = new Blob([page.svg()], {type: 'image/svg+xml'});
    const link = make_element('a', {href: URL.createObjectURL(blob),
        download: `${page.state.run.header.scenario || 'trace'}.svg`});
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// Keys belong to the page but where text is typed, and for what the browser
// does with them itself.
function keys_are_ours(event) {
    if (event.ctrlKey || event.metaKey || event.altKey ||
        element('help').open)
        return false;
    const {tagName, type} = event.target;
    if (tagName === 'INPUT' && type !== 'checkbox')
        return false;
    if (tagName === 'SELECT' || (tagName === 'BUTTON' && event.key === ' '))
        return false; // it is pressed
    const moves = /^(Arrow|Page|Home|End)/.test(event.key);
    const own = ['BODY', 'CANVAS'].includes(tagName);
    return !moves || own;
}

function listen_to_keys(page) {
    const keys = new Map(key_table(page).map(([key, , act]) => [key, act]));
    keys.set('=', keys.get('+'));
    document.addEventListener('keydown', (event) => {
        if (event.key === 'Escape' && event.target.id === 'query')
            element('view').focus();
        const act = keys.get(event.key);
        if (act === undefined || !keys_are_ours(event))
            return;
        event.preventDefault();
        act();
    });
}

function fill_help(page) {
    const list = make_element('dl', {});
    const names = {ArrowDown: '↓', ArrowUp: '↑', ArrowLeft: '←',
        ArrowRight: '→', PageDown: 'PgDn',
        PageUp: 'PgUp', ' ': 'space'};
    for (const [key, words] of key_table(page))
        list.append(
            make_element('dt', {}, make_element('kbd',
                {textContent: names[key] || key})),
            make_element('dd', {textContent: words}));
    const close = make_element('button', {textContent: 'close (Esc)'});
    close.addEventListener('click', () => element('help').close());
    element('help').replaceChildren(
        make_element('h2', {textContent: 'Keys'}), list,
        make_element('p', {textContent: 'Drag the strip at the left to go ' +
            'through the run, the times to move the cursor; the wheel ' +
            'scrolls, with Ctrl it zooms, with Shift it moves the lanes; two ' +
            'fingers zoom; a click selects.'}), close);
}

// ----------------------------------------------------------------- the pointer

function drag(target, move) {
    target.addEventListener('pointerdown', (event) => {
        if (event.button !== 0)
            return;
        target.setPointerCapture(event.pointerId);
        move(event, true);
    });
    target.addEventListener('pointermove', (event) => {
        if (target.hasPointerCapture(event.pointerId))
            move(event, false);
    });
}

function listen_to_minimap(page) {
    const {canvas} = page.minimap;
    drag(canvas, (event) => {
        const {view} = page.state;
        page.scroll_to(page.minimap.place(event.offsetY) -
            page.height / view.zoom / 2);
        page.scrub();
    });
}

function event_under(page, y) {
    const {view, layout, run} = page.state;
    const place = view.top + (y - HEAD) / view.zoom;
    const near = next_shown(page.state, event_from_y(layout, place) - 1, 1);
    return near >= 0 ? near : run.events.length - 1;
}

// On the times the cursor follows; elsewhere the picture moves, and a press
// that did not move selects.
function listen_to_view(page) {
    const {canvas} = page;
    let from = null;
    drag(canvas, (event, begins) => {
        const {view} = page.state;
        if (begins)
            from = {x: event.offsetX, y: event.offsetY, top: view.top,
                left: view.left, moved: false, times: event.offsetX < RULER - 8};
        if (from.times) {
            page.select(event_under(page, event.offsetY));
            return;
        }
        // Two fingers zoom: what one of them does moves nothing.
        if (page.pinching) {
            from.moved = true;
            return;
        }
        from.moved = from.moved || Math.hypot(event.offsetX - from.x,
            event.offsetY - from.y) > 4;
        if (!from.moved)
            return;
        page.scroll_to(from.top - (event.offsetY - from.y) / view.zoom);
        page.pan_to(from.left - (event.offsetX - from.x));
    });
    canvas.addEventListener('pointerup', (event) => {
        if (from === null || from.times || from.moved)
            return;
        const hit = hit_at(page.frame, event.offsetX, event.offsetY);
        page.select(hit >= 0 ? hit : event_under(page, event.offsetY));
    });
    canvas.addEventListener('wheel', (event) => {
        event.preventDefault();
        const unit = event.deltaMode === 1 ? 30 : 1;
        const pixels = event.deltaY * unit;
        const aside = event.shiftKey && event.deltaX === 0
            ? pixels : event.deltaX * unit;
        if (event.ctrlKey)
            page.zoom_by(Math.exp(-pixels / 300), event.offsetY - HEAD);
        else if (event.shiftKey || Math.abs(aside) > Math.abs(pixels))
            page.pan_to(page.state.view.left + aside);
        else
            page.scroll_to(page.state.view.top + pixels /
                page.state.view.zoom);
    }, {passive: false});
    listen_for_tip(page);
}

// Two fingers zoom around the place between them: time where they lie above
// each other, the lanes where they lie side by side.
function listen_to_pinch(page) {
    const {canvas} = page, fingers = new Map();
    let apart = 0, along = 'y';
    const measure = () => {
        const [a, b] = [...fingers.values()];
        return {apart: Math.max(20, Math.abs(a[along] - b[along])),
            middle: (a[along] + b[along]) / 2};
    };
    const place = (event) => fingers.set(event.pointerId,
        {x: event.offsetX, y: event.offsetY});
    canvas.addEventListener('pointerdown', (event) => {
        if (event.pointerType !== 'touch')
            return;
        place(event);
        if (fingers.size !== 2)
            return;
        page.pinching = true;
        const [a, b] = [...fingers.values()];
        along = Math.abs(a.x - b.x) > Math.abs(a.y - b.y) ? 'x' : 'y';
        apart = measure().apart;
    });
    canvas.addEventListener('pointermove', (event) => {
        if (!fingers.has(event.pointerId))
            return;
        place(event);
        if (fingers.size !== 2)
            return;
        const now = measure();
        if (along === 'x')
            page.widen_by(now.apart / apart, now.middle);
        else
            page.zoom_by(now.apart / apart, now.middle - HEAD);
        apart = now.apart;
    });
    for (const over of ['pointerup', 'pointercancel'])
        canvas.addEventListener(over, (event) => {
            fingers.delete(event.pointerId);
            page.pinching = page.pinching && fingers.size > 0;
        });
}

// What lies under the pointer, in words beside it. The picture may move under a
// pointer that rests: each drawing asks again. Escape closes the tip until the
// pointer moves.
function listen_for_tip(page) {
    const {canvas} = page;
    let place = null;
    page.show_tip = () => show_tip(page, place);
    canvas.addEventListener('pointermove', (event) => {
        place = event.buttons !== 0 ? null : {x: event.offsetX,
            y: event.offsetY, left: event.clientX, top: event.clientY};
        page.show_tip();
    });
    const close = () => {
        place = null;
        page.show_tip();
    };
    canvas.addEventListener('pointerdown', close);
    canvas.addEventListener('pointerleave', close);
    document.addEventListener('keydown', (event) => {
        if (event.key === 'Escape')
            close();
    });
}

function show_tip(page, place) {
    const tip = element('tip');
    const hit = page.frame === null || place === null ? -1
        : hit_at(page.frame, place.x, place.y);
    tip.hidden = hit < 0;
    if (hit < 0)
        return;
    const event = page.state.run.events[hit];
    tip.textContent = `${event.n} · ${milliseconds(event.us)} · ` +
        describe(event);
    const left = Math.min(place.left + 14,
        window.innerWidth - tip.offsetWidth - 8);
    const below = place.top + 18;
    const above = place.top - 10 - tip.offsetHeight;
    tip.style.left = `${Math.max(0, left)}px`;
    tip.style.top = `${Math.max(0, below + tip.offsetHeight <
        window.innerHeight ? below : above)}px`;
}

function listen_to_divider(page) {
    const divider = element('divider');
    const say_width = (width, most) => {
        divider.setAttribute('aria-valuemin', 260);
        divider.setAttribute('aria-valuemax', Math.max(260, most));
        divider.setAttribute('aria-valuenow', Math.round(width));
    };
    const set = (width) => {
        const most = window.innerWidth - 380;
        const kept = Math.max(260, Math.min(most, width));
        say_width(kept, most);
        document.documentElement.style.setProperty('--panel', `${kept}px`);
        page.panel_stale = true;
        page.redraw();
    };
    const say = () => say_width(element('panel').offsetWidth,
        window.innerWidth - 380);
    say();
    window.addEventListener('resize', say);
    drag(divider, (event) => set(window.innerWidth - event.clientX));
    divider.addEventListener('keydown', (event) => {
        const step = {ArrowLeft: 30, ArrowRight: -30}[event.key];
        if (step !== undefined)
            set(element('panel').offsetWidth + step);
    });
}
