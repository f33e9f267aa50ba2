// panel.js -- the panel: the selected event, the legend with its switches,
// the story, the events in view; the findings on top.

const MOST_ROWS = 200; // of the table of events

function link_to(state, at, text) {
    const button = make_element('button', {className: 'link',
        textContent: text});
    button.addEventListener('click', () => state.go_to(at));
    return button;
}

function value_words(name, value) {
    if (value === null)
        return 'nobody';
    const is_server = ['node', 'peer', 'to', 'from', 'voted_for',
        'candidate_id', 'leader_id'];
    if (is_server.includes(name) && typeof value === 'number')
        return `${value} (${server_name(value)})`;
    return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

// Fields whose `from` and `to` are servers.
const between_servers = new Set(['send', 'recv', 'reply', 'reply_recv',
    'drop', 'link']);

function field_list(event) {
    const list = make_element('dl', {});
    const add = (name, value, as) => list.append(
        make_element('dt', {textContent: name}),
        make_element('dd', {textContent: value_words(as, value)}));
    for (const [name, value] of Object.entries(event)) {
        if (['n', 'us', 'ev', 'cause', 'rule', 'args'].includes(name))
            continue;
        const number = (name === 'to' || name === 'from') &&
            !between_servers.has(event.ev);
        add(name, value, number ? '' : name);
    }
    for (const [name, value] of Object.entries(event.args || {}))
        add(name, value, name);
    return list;
}

// Why: the causes, back to the root. What it led to: at most six events.
function cause_lists(state, at) {
    const {run} = state, box = make_element('div', {});
    const add = (title, positions) => {
        if (positions.length === 0)
            return;
        const list = make_element('ol', {className: 'links'});
        for (const position of positions) {
            const event = run.events[position];
            list.append(make_element('li', {}, link_to(state, position,
                `${event.n} ${sentence_of(run, position)}`)));
        }
        box.append(make_element('h3', {textContent: title}), list);
    };
    const story = story_of(run, at);
    add('shown by', evidence_of(run, at));
    if (story !== null && story.causes.length > 0)
        add('it rests on', story.causes.slice(0, 24));
    else
        add('because', state.chain.slice(1, 9));
    const effects = [];
    for (let i = at + 1; i < Math.min(run.events.length, at + 5000) &&
        effects.length < 6; i++)
        if (run.cause[i] === at)
            effects.push(i);
    add('leads to', effects);
    return box;
}

function message_line(state, at) {
    const index = state.run.message_of[at];
    if (index < 0)
        return [];
    const {run} = state, message = run.messages[index];
    const other = at === message.sent ? message.end : message.sent;
    if (other < 0)
        return [make_element('p', {textContent: 'still in flight at the end'})];
    const us = run.events[message.end].us - run.events[message.sent].us;
    return [make_element('p', {}, message.lost !== ''
        ? `lost (${message.lost}) after ${milliseconds(us)}: `
        : `${milliseconds(us)} in flight: `,
    link_to(state, other, `other end, event ${run.events[other].n}`))];
}

// What the sentence leaves out of a report: times, places and stacks.
function report_lines(event) {
    const reports = event.ev === 'finding' || event.ev === 'verdict';
    return reports && (event.text || '').includes('\n  virtual time ')
        ? [make_element('pre', {textContent: event.text.trim()})] : [];
}

function show_event(state) {
    const {run, at} = state, event = run.events[at];
    const past = state.past === null ? '' : ` · ${state.n_past} events ` +
        'in its causal past';
    document.getElementById('event-title').textContent = `Event ${event.n}`;
    const box = document.getElementById('event');
    const rule = event.rule ? [make_element('p', {className: 'rule',
        textContent: rule_sentence(run, event.rule)})] : [];
    box.replaceChildren(
        make_element('p', {className: event.ev === 'finding'
            ? 'sentence fault' : 'sentence',
        textContent: sentence_of(run, at)}),
        make_element('p', {className: 'quiet', textContent:
            `${event.ev} at ${milliseconds(event.us)}${past}`}),
        ...report_lines(event), ...rule, ...message_line(state, at),
        ...operation_lines(state, at), cause_lists(state, at),
        make_element('details', {},
            make_element('summary', {textContent: 'fields'}),
            field_list(event)),
        make_element('details', {},
            make_element('summary', {textContent: 'line of the trace'}),
            make_element('pre', {textContent: run.lines[at]})));
}

// ----------------------------------------------------------------- the legend

function switch_for(state, name, text, on, toggle) {
    const input = make_element('input', {type: 'checkbox', checked: on});
    input.addEventListener('change', () => toggle(input.checked));
    input.dataset.switch = name;
    return make_element('label', {}, input, text);
}

function swatch(style_of) {
    const box = make_element('i', {className: 'swatch'});
    style_of(box.style);
    return box;
}

function term_swatches(paint) {
    const row = make_element('p', {className: 'swatches'});
    for (let term = 1; term <= 6; term++) {
        const box = swatch((style) => {
            style.background = paint.fill(term);
            style.color = paint.text(term);
        });
        box.textContent = `T${term}`;
        row.append(box);
    }
    row.append(' a colour for each term, in turn');
    return row;
}

const legend_lines = [
    'Lane: wide and framed = leader, striped = candidate, thin = follower, ' +
        'dotted = down, dashed beside it = disconnected.',
    'Message: its colour is its term; solid = request, dashed = answer; ' +
        'head filled = append, hollow = vote, box = snapshot, bar = refused; ' +
        '✕ = lost, with the reason.',
    'Shaded columns A, B … = sides of a partition. ▶ command @ index, ' +
        '+ entries appended, − entries dropped, ✓ committed.',
    'Beside the servers, clients: a bar lasts from call to return, white = a ' +
        'get, dashed = no answer; click it for its entry, commit and answer.',
    'Rings = the causes of the selected event, back to the root; what is no ' +
        'part of its causal past is dimmed.',
];

function show_legend(state, paint) {
    const box = document.getElementById('legend');
    const switches = make_element('fieldset', {},
        make_element('legend', {textContent: 'show'}));
    for (const [name, text] of groups)
        switches.append(switch_for(state, name, text, state.shown[name],
            (on) => state.show_group(name, on)));
    switches.append(switch_for(state, 'past', 'causal past, the rest dimmed',
        state.dim, (on) => state.set_dim(on)));
    const servers = make_element('fieldset', {},
        make_element('legend', {textContent: 'servers'}));
    for (let i = 0; i < state.run.header.servers; i++)
        servers.append(switch_for(state, server_name(i), server_name(i),
            !state.hidden.has(i), (on) => state.show_server(i, on)));
    box.replaceChildren(switches, servers, term_swatches(paint),
        ...legend_lines.map((line) => make_element('p', {textContent: line})));
}

// ------------------------------------------------- the story, and the findings

function show_story(state) {
    const list = make_element('ol', {className: 'links'});
    let n = 0;
    state.run.events.forEach((event, at) => {
        const remark = remark_of(event);
        if (remark === null || remark[0] > 5 || n >= 2000)
            return;
        n++;
        const link = link_to(state, at, remark[1]);
        if (remark[0] <= 1)
            link.classList.add('strong');
        if (remark[2])
            link.classList.add('fault');
        list.append(make_element('li', {},
            make_element('time', {textContent: milliseconds(event.us)}),
            link));
    });
    document.getElementById('story').replaceChildren(list);
}

function show_findings(state) {
    const box = document.getElementById('findings'), {run} = state;
    const shown = run.findings.length > 0 ? run.findings : run.failures;
    box.hidden = shown.length === 0 && run.notice === '';
    const list = make_element('ol', {});
    for (const at of shown.slice(0, 5)) {
        const event = run.events[at];
        list.append(make_element('li', {},
            link_to(state, at, describe(event)),
            make_element('small', {textContent:
                `event ${event.n}, ${milliseconds(event.us)}`})));
    }
    if (shown.length > 5)
        list.append(make_element('li', {textContent:
            `and ${shown.length - 5} more: key e goes from one to the next`}));
    box.replaceChildren(list);
    if (run.notice !== '')
        box.append(make_element('p', {textContent: run.notice}));
}

// ------------------------------------------------------- the table of events

function show_events(state, frame) {
    const {run, layout} = state, {rows} = layout;
    const first = first_from(rows.length, (i) => rows[i], frame.from);
    const last = first_from(rows.length, (i) => rows[i], frame.to + 1);
    const body = make_element('tbody', {});
    for (let row = first; row < Math.min(last, first + MOST_ROWS); row++) {
        const event = run.events[rows[row]];
        const line = make_element('tr', {},
            make_element('td', {}, link_to(state, rows[row], event.n)),
            make_element('td', {textContent: milliseconds(event.us)}),
            make_element('td', {textContent: describe(event)}));
        if (rows[row] === state.at)
            line.setAttribute('aria-current', 'true');
        body.append(line);
    }
    const head = make_element('tr', {});
    for (const name of ['event', 'time', 'what happens'])
        head.append(make_element('th', {scope: 'col', textContent: name}));
    const shown = Math.min(last - first, MOST_ROWS);
    document.getElementById('events').replaceChildren(
        make_element('table', {},
            make_element('caption', {textContent: `${shown} of the ` +
                `${last - first} events in view`}),
            make_element('thead', {}, head), body));
}
