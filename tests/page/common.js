// common.js -- runs, pages and states for the tests of the page.
'use strict';
const {execFileSync} = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const root = path.resolve(__dirname, '../..');
const build = process.env.BUILD || path.join(root, 'build/opt');
const glassraft = path.join(build, 'glassraft');
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'glassraft-page-'));
process.on('exit', () => fs.rmSync(work, {recursive: true, force: true}));

// The page's programs, in node: what the names stand for.
function page_programs(names, ...files) {
    const text = files.map((file) => fs.readFileSync(
        path.join(root, 'viz/page', `${file}.js`), 'utf8')).join('\n');
    return new Function(`'use strict';${text}\nreturn {${names}};`)();
}

function call(...args) {
    return execFileSync(glassraft, args,
        {encoding: 'utf8', maxBuffer: 1 << 30, stdio: 'pipe'});
}

// The trace of a run, made once.
function trace_of(scenario, seed) {
    const file = path.join(work, `${scenario}-${seed}.jsonl`);
    if (!fs.existsSync(file))
        call('run', scenario, '--seed', String(seed), '--trace', file);
    return file;
}

function write_trace(name, lines) {
    const file = path.join(work, `${name}.jsonl`);
    fs.writeFileSync(file, lines.map((line) => typeof line === 'string'
        ? line : JSON.stringify(line)).join('\n') + '\n');
    return file;
}

function page_of(trace, ...args) {
    const file = `${trace}${args.join('')}.html`;
    call('page', trace, ...args, '-o', file);
    return file;
}

// The trace as it stands in a page's elements.
function texts_in_page(file) {
    const html = fs.readFileSync(file, 'utf8');
    const parts = html.split('<script type="application/x-ndjson">').slice(1);
    return parts.map((part) => part.slice(0, part.indexOf('</script>')));
}

// C's states after events of these growing numbers.
function states_in_c(trace, numbers) {
    return execFileSync(path.join(build, 'tests/page/states'),
        [trace, ...numbers.map(String)],
        {encoding: 'utf8', maxBuffer: 1 << 30})
        .trimEnd().split('\n').map((line) => JSON.parse(line));
}

// Random numbers below n that are the same each time.
function make_random(seed) {
    let state = seed >>> 0;
    return (n) => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.floor(state / 2 ** 32 * n);
    };
}

// Some positions below n, growing, the first and the last among them.
function some_positions(random, n, how_many) {
    const chosen = new Set([0, n - 1]);
    while (chosen.size < Math.min(n, how_many))
        chosen.add(random(n));
    return [...chosen].sort((a, b) => a - b);
}

module.exports = {
    call, glassraft, make_random, page_of, page_programs, root,
    some_positions, states_in_c, texts_in_page, trace_of, work, write_trace,
};
