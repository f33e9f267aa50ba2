// logs.test.js -- the page's table of logs says what the drawn one says: which
// entries each server has, what is committed and who knows it, what differs
// from the leader, and the marks below.
'use strict';
const assert = require('node:assert');
const test = require('node:test');
const {call, make_random, page_of, page_programs, some_positions,
    texts_in_page, trace_of} = require('./common.js');

const N_EVENTS = 1000;
const RUNS = [['tour', 1], ['figure-7', 1], ['figure-8-overwritten', 1],
    ['figure-8', 2], ['persist-2', 1], ['snapshot-all-crash', 1],
    ['tail-beyond-snapshot', 1], ['two-leaders', 1], ['restart-storm', 1],
    ['snapshot-install-crash', 1]];

// As much of a document as logs.js needs.
class Element {
    constructor(name) {
        this.name = name;
        this.children = [];
        this.style = {};
        this.className = this.title = this.textContent = '';
        this.colSpan = 1;
        this.classList = {add: (word) => { this.className += ` ${word}`; }};
    }

    append(...children) {
        this.children.push(...children);
    }

    setAttribute(name, value) {
        this[name] = value;
    }

    get text() {
        return this.textContent + this.children.map((child) =>
            typeof child === 'string' ? child : child.text).join('');
    }
}
global.document = {createElement: (name) => new Element(name)};

const {make_run, model_at, model_leader, log_row, mark_row} = page_programs(
    'make_run, model_at, model_leader, log_row, mark_row',
    'reducer', 'words', 'run', 'logs');

const paint = {fill: () => '', paler: () => '', text: () => '', down: '',
    ink: ''};

// {S1: {3: 'term 1, committed, as S1 knows, differs'}, ...} and the marks.
function table_of_page(model, columns) {
    const leader = model_leader(model), table = {};
    model.servers.forEach((server, i) => {
        const cells = {}, marks = {};
        let index = columns.first;
        const row = log_row(paint, model, leader, i, columns, [-1, 0, 0]);
        for (const cell of row.children.slice(1)) {
            if (cell.className.includes('snapshot'))
                cells[index] = `snapshot ${server.last_included_index}`;
            else if (!cell.className.includes('missing'))
                cells[index] = cell.title.replace(
                    /^entry \d+, term (\d+), .* bytes, /, 'term $1, ') +
                    (cell.className.includes('differs') ? ', differs' : '');
            index += cell.colSpan;
        }
        mark_row(model, leader, i, columns).children.forEach((cell, k) => {
            if (cell.text !== '')
                marks[columns.first + k] = [...cell.text].sort().join('');
        });
        table[`S${i + 1}`] = {plate: row.children[0].text, cells, marks};
    });
    return table;
}

// The same from the DOT of `glassraft log`.
function table_of_drawing(dot) {
    const rows = dot.split('<TR>').filter((row) => row.includes('<TD'));
    const head = rows.find((row) => /WIDTH="46"><FONT POINT-SIZE="11"/
        .test(row));
    const columns = [...head.matchAll(/POINT-SIZE="11"[^>]*>(\d+)</g)]
        .map((match) => Number(match[1]));
    const folded = columns[0] > 1, table = {};
    let server = '';
    for (const row of rows.slice(rows.indexOf(head) + 1)) {
        const name = row.match(/<B>(S\d+)<\/B><BR\/><FONT[^>]*>([^<]*)</);
        if (name !== null) {
            server = name[1];
            table[server] = {plate: server + name[2], cells: {}, marks: {}};
            read_row(row, table[server].cells, columns, folded);
        } else if (server !== '') {
            read_marks(row, table[server].marks, columns, folded);
            server = '';
        }
    }
    return {columns, table};
}

function read_row(row, cells, columns, folded) {
    let at = 0;
    for (const part of row.split('<TD ').slice(folded ? 3 : 2)) {
        const covered = part.match(/COLSPAN="(\d+)"/);
        const entry = part.match(/TOOLTIP="S\d+, index (\d+), term (\d+), \d+ bytes, ([^"]*)"/);
        if (covered !== null) {
            cells[columns[at]] = `snapshot ${part.match(/\.\.(\d+)/)[1]}`;
            at += Number(covered[1]);
            continue;
        }
        if (entry !== null) {
            assert.strictEqual(Number(entry[1]), columns[at]);
            cells[columns[at]] = `term ${entry[2]}, ${entry[3]}` +
                (part.startsWith('BORDER="2"') ? ', differs' : '');
        }
        at++;
    }
}

function read_marks(row, marks, columns, folded) {
    const parts = row.split('<TD ').slice(folded ? 3 : 2);
    parts.forEach((part, k) => {
        const text = [...part.replace(/^[^>]*>/, '').replace(/<[^>]*>/g, '')
            .replace(/\s/g, '')].sort().join('');
        if (text !== '')
            marks[columns[k]] = text;
    });
}

test(`the tables of logs are equal at ${N_EVENTS} events`, () => {
    const random = make_random(5);
    let n_cells = 0, n_differ = 0;
    for (const [name, seed] of RUNS) {
        const trace = trace_of(name, seed);
        const run = make_run(texts_in_page(page_of(trace)));
        const positions = some_positions(random, run.events.length,
            N_EVENTS / RUNS.length);
        for (const at of positions) {
            const n = run.events[at].n, model = model_at(run, at);
            const drawn = table_of_drawing(call('log', trace, '--event',
                String(n)));
            const columns = {first: drawn.columns[0],
                last: drawn.columns[drawn.columns.length - 1]};
            assert.deepStrictEqual(table_of_page(model, columns),
                drawn.table, `${name} seed ${seed}, event ${n}`);
            for (const {cells} of Object.values(drawn.table)) {
                n_cells += Object.keys(cells).length;
                n_differ += Object.values(cells).filter((cell) =>
                    cell.includes('differs')).length;
            }
        }
    }
    console.log(`${n_cells} entries, ${n_differ} differ from the leader`);
    assert.ok(n_cells > 5000 && n_differ > 50);
});
