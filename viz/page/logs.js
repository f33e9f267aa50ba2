// logs.js -- the logs of all servers after the selected event, as a table in
// the manner of Figures 6 and 7; see viz/log/log.c for its twin.

// Pixels of a column at least, and of what a digit takes of one.
const PLATE = 98, CELL = 44, DIGIT = 8, SMALL_DIGIT = 6;

// The longest number of a log: an index or a term.
function most_digits(model) {
    return Math.max(...model.servers.map((server) => Math.max(
        `${last_index(server) + 1}`.length, `${server.current_term}`.length)));
}

function make_element(name, properties, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(properties || {}))
        if (key in element && key !== 'list')
            element[key] = value;
        else
            element.setAttribute(key, value);
    element.append(...children);
    return element;
}

// The index that matters now: of the entries that the event or what shows it
// is about, else what the leader has committed.
function focus_of(state) {
    const {run, at, model} = state;
    for (const position of [at, ...evidence_of(run, at)]) {
        const [server, first, last] = changed_by(run.events[position]);
        if (server >= 0)
            return Number.isFinite(last) ? last : first;
    }
    const leader = model_leader(model);
    return Math.max(...model.servers.map((server, i) =>
        leader < 0 || leader === i ? server.commit_index : 0));
}

// Columns: from two before the first index of interest to the longest log;
// where there is no room for all, those around the focus.
function choose_columns(model, most, shift, focus) {
    let interest = Infinity, last = 1;
    for (const server of model.servers) {
        const end = last_index(server);
        last = Math.max(last, end);
        interest = Math.min(interest, server.commit_index, end);
    }
    last += 1;
    let first = interest > 3 ? interest - 2 : 1;
    if (last <= most)
        first = 1;
    if (last - first >= most)
        first = Math.min(last - most + 1, focus - Math.floor(most * 0.6));
    first = Math.max(1, first + shift);
    return {first, last: Math.min(last, first + most - 1)};
}

// The entries that an event brought or committed: [server, first, last].
function changed_by(event) {
    switch (event.ev) {
    case 'append':
        return [event.node, event.index,
            event.index + event.entries.length - 1];
    case 'commit':
        return [event.node, event.from + 1, event.to];
    case 'truncate':
        return [event.node, event.index, Infinity];
    case 'compact':
    case 'install':
        return [event.node, 1, event.last_included_index];
    case 'apply':
        return [event.node, event.index, event.index];
    default:
        return [-1, 0, 0];
    }
}

function name_cell(paint, server, i) {
    const leads = server.up && server.role === 'leader';
    const cell = make_element('th', {scope: 'row', rowSpan: 2,
        title: `current_term ${server.current_term}, voted_for ` +
            (server.voted_for === null ? 'nobody'
                : server_name(server.voted_for)) +
            `, commit_index ${server.commit_index}, last_applied ` +
            `${server.last_applied}, last_included_index ` +
            `${server.last_included_index}`},
    make_element('b', {textContent: server_name(i)}),
    make_element('small', {textContent: server.up
        ? `${server.role} T${server.current_term}` +
            (server.connected ? '' : ', cut off')
        : appeared(server) ? `down, T${server.current_term}`
            : 'no event yet'}));
    cell.style.background = !server.up ? paint.down : leads
        ? paint.fill(server.current_term)
        : paint.paler(server.current_term);
    cell.style.color = leads ? paint.text(server.current_term) : paint.ink;
    return cell;
}

// Do two servers have the same entry at an index? A snapshot of one hides
// nothing: it is the same as what it covers.
function same_at(model, a, b, index) {
    const one = model.servers[a], other = model.servers[b];
    if (index <= one.last_included_index || index <= other.last_included_index)
        return index <= last_index(one) && index <= last_index(other);
    return term_at(one, index) === term_at(other, index);
}

// The servers that are up and know that this very entry is committed.
function known_to(model, i, index) {
    return model.servers.map((server, k) => k).filter((k) =>
        model.servers[k].up && index <= model.servers[k].commit_index &&
        same_at(model, i, k, index));
}

function say_known(known) {
    const names = known.map(server_name);
    if (names.length === 0)
        return 'not known to be committed';
    const last = names.pop();
    return `committed, as ${names.map((name) => `${name} `).join('')}` +
        `${names.length > 0 ? 'and ' : ''}${last} ` +
        `know${names.length > 0 ? '' : 's'}`;
}

function entry_cell(paint, model, leader, i, index, first) {
    const server = model.servers[i], entry = entry_at(server, index);
    const ends_before = index === first && last_index(server) < first;
    if (entry === undefined)
        return make_element('td', {className: 'missing', textContent:
            ends_before ? `◂${last_index(server)}` : ''});
    const known = known_to(model, i, index), committed = known.length > 0;
    const cell = make_element('td', {
        className: committed ? 'committed' : 'pending',
        title: `entry ${index}, term ${entry.term}, ${entry.command}, ` +
            `${entry.bytes} bytes, ` +
            say_known(known),
    },
    make_element('b', {textContent: entry.term}),
    make_element('small', {textContent: entry.command}));
    if (leader >= 0 && !same_at(model, leader, i, index))
        cell.classList.add('differs');
    cell.style.background = committed ? paint.fill(entry.term)
        : paint.paler(entry.term);
    cell.style.color = committed ? paint.text(entry.term) : paint.ink;
    return cell;
}

function snapshot_cell(server, span_of, wide) {
    return make_element('td', {
        className: 'snapshot', colSpan: span_of,
        title: `snapshot up to ${server.last_included_index}, ` +
            `term ${server.last_included_term}`,
        textContent: span_of > 1 ? `snapshot ≤ ${server.last_included_index}`
            : wide ? 'snapshot' : '≤',
    });
}

function log_row(paint, model, leader, i, columns, changed) {
    const server = model.servers[i];
    const row = make_element('tr', {}, name_cell(paint, server, i));
    let index = columns.first;
    if (server.last_included_index >= index) {
        const end = Math.min(server.last_included_index, columns.last);
        row.append(snapshot_cell(server, end - index + 1, columns.wide));
        index = end + 1;
    }
    for (; index <= columns.last; index++) {
        const cell = entry_cell(paint, model, leader, i, index,
            columns.first);
        if (i === changed[0] && index >= changed[1] && index <= changed[2])
            cell.classList.add('changed');
        row.append(cell);
    }
    return row;
}

// Under each row: commit and applied, and what the leader believes.
function mark_row(model, leader, i, columns) {
    const server = model.servers[i], row = make_element('tr', {
        className: 'marks',
    });
    const led = leader >= 0 && leader !== i ? model.servers[leader] : null;
    for (let index = columns.first; index <= columns.last; index++) {
        const own = !server.up ? '' : (server.last_applied === index ? '△' : '') +
            (server.commit_index === index ? '▲' : '');
        const seen = led === null ? ''
            : (led.match_index[i] === index ? '●' : '') +
              (led.next_index[i] === index ? '▷' : '');
        row.append(make_element('td', {}, own,
            make_element('span', {className: 'lead', textContent: seen})));
    }
    return row;
}

function show_logs(state, paint, width) {
    const box = document.getElementById('logs');
    const {model} = state, leader = model_leader(model);
    const digits = most_digits(model);
    const cell = Math.max(CELL, DIGIT * digits + 6);
    const plate = Math.max(PLATE, PLATE + SMALL_DIGIT * (digits - 4));
    const most = Math.max(3, Math.floor((width - plate) / cell));
    const columns = choose_columns(model, most, state.log_shift,
        focus_of(state));
    columns.wide = cell >= 64;
    const changed = changed_by(state.run.events[state.at]);
    const corner = make_element('td', {});
    corner.style.width = `${plate - 4}px`;
    const head = make_element('tr', {}, corner);
    for (let index = columns.first; index <= columns.last; index++)
        head.append(make_element('th', {scope: 'col', textContent: index}));
    const body = make_element('tbody', {});
    model.servers.forEach((server, i) => body.append(
        log_row(paint, model, leader, i, columns, changed),
        mark_row(model, leader, i, columns)));
    const table = make_element('table', {},
        make_element('thead', {}, head), body);
    table.style.width =
        `${plate + cell * (columns.last - columns.first + 1)}px`;
    box.replaceChildren(table);
    document.getElementById('logs-title').textContent =
        `Logs after event ${model.n}` + (leader >= 0
            ? `; leader ${server_name(leader)}, term ` +
              `${model.servers[leader].current_term}` : '; no leader');
}
