// main.js -- the page comes to life.

function listen_to_search(page) {
    const {state} = page, box = element('query');
    let stop = () => {};
    const search = () => {
        stop();
        state.query = box.value;
        stop = find_slowly(state.run, box.value, (found, done) => {
            state.found = found;
            element('found').textContent = box.value.trim() === '' ? ''
                : `${found.length} hit${found.length === 1 ? '' : 's'}` +
                    (done ? '' : ' …');
            page.minimap.stale = true;
            page.redraw();
        });
    };
    for (const [name, [says]] of Object.entries(operators))
        element('operators').append(make_element('option',
            {value: `${name}=`, label: says}));
    box.addEventListener('input', search);
    element('search').addEventListener('submit', (event) => {
        event.preventDefault();
        if (state.query !== box.value)
            search();
        page.go_to(next_of(state.found, state.at, 1));
    });
}

function listen_to_tabs() {
    const tabs = [...document.querySelectorAll('[role=tab]')];
    const choose = (tab) => {
        for (const other of tabs) {
            const on = other === tab;
            other.setAttribute('aria-selected', on);
            other.tabIndex = on ? 0 : -1;
            element(other.getAttribute('aria-controls')).hidden = !on;
        }
        tab.focus();
    };
    tabs.forEach((tab, i) => {
        tab.addEventListener('click', () => choose(tab));
        tab.addEventListener('keydown', (event) => {
            const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
            if (step !== undefined)
                choose(tabs[(i + step + tabs.length) % tabs.length]);
        });
    });
}

// Buttons do what keys do.
function listen_to_buttons(page) {
    const keys = new Map(key_table(page).map(([key, , act]) => [key, act]));
    const of_button = {
        'copy-command': 'c', 'copy-link': 'l', 'save-svg': 's',
        'switch-axis': 'a', 'switch-theme': 'd', 'help-button': '?',
        'zoom-in': '+', 'zoom-out': '-', 'lanes-apart': 'w',
        'lanes-closer': 'W', 'step-back': 'k', 'step-on': 'j',
        'logs-left': '<', 'logs-right': '>',
    };
    for (const [id, key] of Object.entries(of_button))
        element(id).addEventListener('click', keys.get(key));
}

function show_header(run) {
    const {header, events, messages, verdict} = run;
    const name = `${header.scenario} seed ${header.seed}`;
    document.title = `${name} – Glassraft`;
    element('title').textContent = name;
    const summary = element('summary');
    summary.textContent = `${header.servers} servers, ${events.length} ` +
        `events, ${messages.length} messages, ` +
        milliseconds(events[events.length - 1].us);
    const result = verdict === null ? 'no verdict' : verdict.result;
    summary.append(' ', make_element('b', {textContent: result,
        className: result === 'fail' ? 'fault' : ''}));
}

// Where something happens first: a server leads, or at least wants to.
function first_of_interest(run, begin) {
    for (const wanted of [(event) => event.to === 'leader',
        (event) => event.to === 'candidate']) {
        const at = run.events.findIndex((event, i) => i >= begin &&
            event.ev === 'role' && wanted(event));
        if (at >= 0)
            return at;
    }
    return begin;
}

// The first finding when there is one; else where something happens.
function open_at_first(page) {
    const {run} = page.state;
    const begin = run.keyframe === null ? 0 : run.keyframe.at;
    const first = run.failures.length > 0 ? run.failures[0]
        : Math.max(0, next_shown(page.state,
            first_of_interest(run, begin) - 1, 1));
    page.state.dim = run.findings.length > 0;
    page.go_to(first);
    page.state.dim = true;
}

// Each element holds whole lines.
function trace_texts() {
    const parts = document.querySelectorAll('[type="application/x-ndjson"]');
    return [...parts].map((part) => part.textContent);
}

// There is nothing to look at or to do.
function show_nothing(run) {
    const name = `${run.header.scenario} seed ${run.header.seed}`;
    document.title = `${name} – Glassraft`;
    element('title').textContent = name;
    for (const part of document.querySelectorAll('#search, header .buttons'))
        part.hidden = true;
    document.querySelector('main').replaceChildren(make_element('p',
        {className: 'nothing', textContent: 'This trace has no events.'}));
}

function start() {
    const run = make_run(trace_texts());
    find_operations(run);
    const data = JSON.parse(element('paint').textContent);
    for (const [id, words] of Object.entries(data.headlines))
        headlines.set(id, words);
    if (run.events.length === 0) {
        // The page with hands (play.js) begins with none.
        if (element('start') === null)
            show_nothing(run);
        return null;
    }
    read_stories(run, element('stories').textContent);
    const page = open_run(run, data);
    page.player = new Player(page);
    show_acts(page.player);
    listen_to_player(page.player);
    page.go_to_hash(location.hash);
    // By its own address: that of the page may have moved on with the view.
    addEventListener('hashchange', (event) =>
        page.go_to_hash(new URL(event.newURL).hash));
    return page;
}

// On paper the picture is black on white, whatever the screen is.
function listen_to_printing(page) {
    let dark = false;
    addEventListener('beforeprint', () => {
        ({dark} = page.state);
        page.set_theme(false);
        page.draw();
    });
    addEventListener('afterprint', () => page.set_theme(dark));
}

function open_run(run, data) {
    const page = new Page(run, data);
    show_header(run);
    show_findings(page.state);
    show_story(page.state);
    fill_help(page);
    listen_to_keys(page);
    listen_to_search(page);
    listen_to_tabs();
    listen_to_buttons(page);
    listen_to_minimap(page);
    listen_to_view(page);
    listen_to_pinch(page);
    listen_to_divider(page);
    listen_to_printing(page);
    new ResizeObserver(() => {
        page.clamp();
        page.panel_stale = true;
        page.redraw();
    }).observe(page.canvas);
    open_at_first(page);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change',
        (event) => page.set_theme(event.matches));
    return page;
}

window.glassraft = start();
