// reducer.test.js -- the page's reducer equals C's on 100 traces, whole ones
// and parts, read from the pages themselves.
'use strict';
const assert = require('node:assert');
const fs = require('node:fs');
const test = require('node:test');
const {call, make_random, page_of, page_programs, some_positions, states_in_c,
    texts_in_page, trace_of, write_trace} = require('./common.js');

const {make_run, model_at, unescape_trace} = page_programs(
    'make_run, model_at, unescape_trace', 'reducer', 'words', 'run');

const N_TRACES = 100, N_EVENTS = 30;

function scenarios() {
    const names = call('list').split('\n')
        .filter((line) => /^ +\S+ +\d+ servers?\b/.test(line))
        .map((line) => line.trim().split(/\s+/)[0]);
    assert.ok(names.length > 40, 'glassraft list names the scenarios');
    // A minute of churn is as many events as all the others together.
    return names.filter((name) => !name.includes('churn'));
}

function compare(run, trace, positions, what) {
    const numbers = positions.map((at) => run.events[at].n);
    const expected = states_in_c(trace, numbers);
    positions.forEach((at, i) => {
        // As text: the order of the fields and the numbers' form too.
        assert.deepStrictEqual(JSON.parse(JSON.stringify(model_at(run, at))),
            expected[i], `${what}, event ${numbers[i]}`);
    });
}

test(`the reducer equals C's on ${N_TRACES} traces`, () => {
    const random = make_random(42), names = scenarios();
    let n_states = 0;
    for (let i = 0; i < N_TRACES; i++) {
        const name = i < 2 ? ['reliable-churn', 'unreliable-churn'][i]
            : names[i % names.length];
        const seed = 1 + Math.floor(i / names.length);
        const trace = trace_of(name, seed);
        // A minute of churn is more than a page takes.
        n_states += i < 2
            ? compare_page(trace, random, N_EVENTS, '--last', '100000')
            : compare_page(trace, random, N_EVENTS);
        if (i % 4 === 0)
            n_states += compare_page(trace, random, 8, '--last',
                String(2 + random(3000)));
        fs.rmSync(trace);
    }
    console.log(`${N_TRACES} traces, ${n_states} states compared`);
});

// States of a page; into that of a part, the state at its beginning is carried.
function compare_page(trace, random, how_many, ...part) {
    const page = page_of(trace, ...part);
    const run = make_run(texts_in_page(page));
    const begin = run.keyframe === null ? 0 : run.keyframe.at;
    const positions = some_positions(random, run.events.length - begin,
        how_many).map((at) => begin + at);
    compare(run, trace, positions, `${trace} ${part.join(' ')}`);
    fs.rmSync(page);
    return positions.length;
}

// Traces of others leave kinds of events out.
test('the reducer equals C\'s on traces without some of the kinds', () => {
    const random = make_random(7);
    const lines = fs.readFileSync(trace_of('restart-storm', 2), 'utf8')
        .trimEnd().split('\n');
    const kind_of = (line) => JSON.parse(line).ev;
    const kinds = [...new Set(lines.map(kind_of))]
        .filter((kind) => kind !== 'trace');
    for (let i = 0; i < 12; i++) {
        const gone = new Set(['state', ...kinds.filter(() =>
            random(4) === 0)]);
        const trace = write_trace(`partial-${i}`,
            lines.filter((line) => !gone.has(kind_of(line))));
        const run = make_run(texts_in_page(page_of(trace)));
        compare(run, trace, some_positions(random, run.events.length, 10),
            `without ${[...gone].join(' ')}`);
    }
});

// An event of any kind, with fields as no cluster would put them together.
function random_event(random, n, us) {
    const one_of = (list) => list[random(list.length)];
    const node = random(3), peer = one_of([0, 1, 2, null]);
    const term = random(4), index = random(12);
    const entries = Array.from({length: random(4)},
        () => ({term: random(4), command: `c${random(50)}`, bytes: 3}));
    const boundary = {last_included_index: index, last_included_term: term};
    const msg = random(6), rpc = 'AppendEntries';
    const fields = {
        boot: {term, voted_for: peer, ...boundary, entries},
        timeout: {term, waited_us: 5}, kill: {}, refuse: {}, crash: {},
        restart: {}, connect: {}, disconnect: {}, heal: {},
        role: {from: 'follower', term,
            to: one_of(['follower', 'candidate', 'leader'])},
        term: {from: 0, to: term}, vote: {term, voted_for: peer},
        start: {index, term, accepted: true}, append: {index, entries},
        truncate: {index}, next: {peer, from: 0, to: index},
        match: {peer, from: 0, to: index}, commit: {from: 0, to: index},
        apply: {index, term}, compact: boundary, install: boundary,
        persist: {bytes: 1, term, voted_for: peer, last_index: index},
        send: {msg, to: peer, rpc}, recv: {msg, from: peer, rpc},
        reply: {msg, to: peer, rpc}, reply_recv: {msg, from: peer, rpc},
        drop: {msg, from: peer, to: peer, rpc,
            leg: one_of(['request', 'reply'])},
        pause: {paused: random(2) === 0}, telepathy: {},
        partition: {groups: [0, random(2), random(3)]},
    };
    const ev = one_of(Object.keys(fields));
    const event = {n, us, node, ev, ...fields[ev]};
    if (random(4) === 0)
        event.inc = random(3);
    if (['drop', 'partition', 'heal'].includes(ev))
        delete event.node;
    return event;
}

test('the reducer equals C\'s on events without sense', () => {
    const random = make_random(5);
    const header = fs.readFileSync(trace_of('tour', 1), 'utf8').split('\n')[0]
        .replace('"servers":5', '"servers":3');
    for (let i = 0; i < 30; i++) {
        const events = [];
        for (let n = 1; n <= 400; n++)
            events.push(random_event(random, n, 7 * n));
        const trace = write_trace(`random-${i}`, [header, ...events]);
        compare(make_run(texts_in_page(page_of(trace))), trace,
            events.map((event, at) => at), `random ${i}`);
    }
});

test('a page holds the lines of the trace as they are', () => {
    const header = fs.readFileSync(trace_of('tour', 1), 'utf8').split('\n')[0];
    const commands = ['</script>', '<!--', '<\\/script>', '<\\\\/x', '<\\\\\\!',
        '</SCRIPT >', '<script>', '\u2028', '\\u003c/script', '@trace@',
        '\u{1F600}', '<', '<\\'];
    const lines = commands.map((text, i) => JSON.stringify(
        {n: i + 1, us: i, ev: 'note', topic: text, text}));
    const trace = write_trace('hostile', [header, ...lines]);
    const texts = texts_in_page(page_of(trace)), text = texts.join('').trim();
    assert.ok(!/<\/|<!/.test(text), 'nothing can end the element');
    const run = make_run(texts);
    // What ends a line or turns a text is no text of a trace's.
    const kept = lines.map((line) => line.replaceAll('\u2028', '\ufffd'));
    assert.deepStrictEqual(run.lines, kept);
    assert.deepStrictEqual(unescape_trace(text).split('\n'),
        [header, ...kept]);
});

test('long commands get the digest that C gives them', () => {
    const header = fs.readFileSync(trace_of('tour', 1), 'utf8').split('\n')[0];
    const entries = ['a'.repeat(23), 'b'.repeat(24), 'ü'.repeat(30), '~'.repeat(40)]
        .map((command) => ({term: 1, command}));
    const trace = write_trace('long', [header,
        {n: 1, us: 0, node: 0, ev: 'append', index: 1, entries}]);
    compare(make_run(texts_in_page(page_of(trace))), trace, [0], 'long');
});
