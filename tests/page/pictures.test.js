// pictures.test.js -- texts of the pictures lie neither on each other nor
// outside their boxes, in browsers with different fonts.
//
// PICTURES=200 draws that many random windows of random runs; the usual few
// are others each time that the traces change.
'use strict';
const assert = require('node:assert');
const {execFileSync} = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const {call, glassraft, make_random, root, trace_of, work} = require('./common.js');
const {browser_with, texts_of} = require('./pictures.js');

const FONTS = ['LiberationSans-Regular.ttf', 'DejaVuSans.ttf'];
const MOST = Number(process.env.PICTURES || 12);
const SCENARIOS = ['tour', 'figure-7', 'figure-8-overwritten', 'backup',
    'snapshot-install-crash', 'figure-8-unreliable', 'swarm',
    'snapshot-in-chunks', 'many-elections', 'kv-retry-elsewhere'];
const SEED = Number(process.env.SEED || 1);

function try_call(...args) {
    try {
        call(...args);
        return true;
    } catch (error) {
        assert.ok(error.status === 1 || error.status === 2, error);
        return error.status === 1;
    }
}

// A command for a random part of a trace.
function random_command(random, trace, other, n_events) {
    const event = String(1 + random(n_events));
    const around = ['--around', event, '--radius',
        String(10 + random(120))];
    const all = [
        ['timeline', trace, ...around],
        ['timeline', trace, ...around, '--heartbeats'],
        ['timeline', trace, ...around, '--brief'],
        ['past', trace, event, ...around],
        ['log', trace, '--event', event],
        ['log', trace, '--steps', ...around],
        ['strip', trace, ...around],
        ['strip', trace],
        ['sheet', trace],
        ['timeline', trace, ...around, '--for',
            ['slide', 'column', 'readme', 'screen'][random(4)]],
        ['strip', trace, '--for', ['slide', 'readme', 'screen'][random(3)]],
        ['roles', trace, ...around],
        ['why', trace, event],
        ['log', trace, '--event', event, '--no-values'],
        ['diff', trace, other],
        ['diff', trace, other, '--no-times', '--types', 'commits,votes'],
        ['history', trace],
    ];
    return all[random(all.length)];
}

function draw_random() {
    const random = make_random(SEED), drawn = [];
    const known = call('list').split('\n').map((line) => line.trim()
        .split(/\s+/)[0]);
    const scenarios = SCENARIOS.filter((name) => known.includes(name));
    for (let tries = 0; drawn.length < MOST && tries < 4 * MOST; tries++) {
        const scenario = scenarios[random(scenarios.length)];
        const trace = trace_of(scenario, 1 + random(3));
        const other = trace_of(scenario, 1 + random(3));
        const n = fs.readFileSync(trace, 'utf8').split('\n').length - 3;
        const command = random_command(random, trace, other, n);
        const file = path.join(work, `random-${tries}.svg`);
        if (try_call(...command, '-o', file))
            drawn.push({file, name: command.join(' ')});
    }
    return drawn;
}

test('texts keep apart and inside their boxes', async () => {
    const gallery = path.join(root, 'viz/gallery');
    const pictures = fs.readdirSync(gallery)
        .filter((name) => name.endsWith('.svg'))
        .map((name) => ({file: path.join(gallery, name), name}));
    pictures.push(...draw_random());
    assert.ok(pictures.length >= 10 + MOST / 2);
    const wrong = [];
    for (const font of FONTS) {
        const {page, close} = await browser_with(font);
        for (const {file, name} of pictures) {
            const svg = fs.readFileSync(file, 'utf8');
            const seen = await texts_of(page, svg);
            assert.ok(seen.n_texts > 0 && seen.n_inked > 0, name);
            for (const words of seen.found)
                wrong.push(`${font}: ${name}: ${words}`);
        }
        await close();
    }
    assert.deepStrictEqual(wrong, []);
});

test('a picture says what it shows to those who do not see it', () => {
    const gallery = path.join(root, 'viz/gallery');
    for (const name of fs.readdirSync(gallery)) {
        const svg = fs.readFileSync(path.join(gallery, name), 'utf8');
        const title = /<title id="picture-title">([^<]{8,})<\/title>/.exec(svg);
        const desc = /<desc id="picture-desc">([^<]{30,})<\/desc>/.exec(svg);
        assert.ok(title !== null && desc !== null, name);
        assert.match(svg, /<svg role="img" aria-labelledby=/, name);
        assert.ok(!/<title>/.test(svg), `${name}: names of parts as hovers`);
    }
});

// Width, height and the smallest type in points, as the file says.
function sizes_of(file) {
    const svg = fs.readFileSync(file, 'utf8');
    const number = (pattern) => Number(pattern.exec(svg)[1]);
    const width = number(/<svg [^>]*?width="([\d.]+)pt"/);
    const height = number(/<svg [^>]*?height="([\d.]+)pt"/);
    const drawn = number(/viewBox="\S+ \S+ ([\d.]+) /);
    const types = [...svg.matchAll(/font-size="([\d.]+)"/g)]
        .map((match) => Number(match[1]));
    return {width, height, least: Math.min(...types) * width / drawn};
}

let known_failure = null;

// A run whose commands are long, in many scripts and of odd signs.
function odd_commands() {
    const file = path.join(work, 'odd-commands.jsonl');
    const text = fs.readFileSync(trace_of('tour', 7), 'utf8');
    fs.writeFileSync(file, text.replace(/"command":"/g,
        '"command":"küß→日本語🙂 <b>&amp;\\"עברית '));
    return file;
}

// A Raft with a bug of the zoo, and the run that stops at it: a follower that
// commits entries its leader never sent.
function failing_trace() {
    known_failure ??= make_failing_trace();
    return known_failure;
}

function make_failing_trace() {
    const folder = path.join(work, 'bug'), out = path.join(work, 'bug-out');
    fs.mkdirSync(path.join(folder, 'src'), {recursive: true});
    fs.cpSync(path.join(root, 'src/raft'), path.join(folder, 'src/raft'),
        {recursive: true});
    execFileSync('patch', ['-s', '-p1', '-d', folder, '-i',
        path.join(root, 'tests/zoo/C03.patch')]);
    assert.throws(() => execFileSync(glassraft, ['run', 'commit-no-further',
        '--seed', '1', '--raft', path.join(folder, 'src/raft'), '--out', out],
    {stdio: 'pipe', cwd: root}));
    return path.join(out, 'commit-no-further-1/trace.jsonl');
}

const FORMATS = {slide: [960, 540, 14], column: [240, 0, 6],
    readme: [660, 0, 7], screen: [1080, 675, 8]};

// What is wrong with the size of a picture, "" for nothing.
function misfit(size, [width, height, least]) {
    const wrong = [];
    if (Math.abs(size.width - width) >= 1)
        wrong.push(`${size.width} pt wide`);
    if (height > 0 && Math.abs(size.height - height) >= 1)
        wrong.push(`${size.height} pt high`);
    if (size.least < least - 0.1)
        wrong.push(`type of ${size.least.toFixed(1)} pt`);
    return wrong.join(', ');
}

// Every kind of picture of a trace; `history` where it has clients.
function kinds_of(trace, other, clients) {
    const n = fs.readFileSync(trace, 'utf8').split('\n').length - 3;
    const kinds = [['timeline', trace], ['past', trace,
        String(Math.floor(n * 2 / 3))], ['log', trace],
    ['log', trace, '--no-values'], ['log', trace, '--steps'], ['strip', trace],
    ['sheet', trace], ['roles', trace], ['why', trace], ['diff', trace, other],
    ['rules', trace, '--draw']];
    return clients ? [...kinds, ['history', trace]] : kinds;
}

test('each kind of picture has the size and the type of what it is for',
    async () => {
        const tour = trace_of('tour', 7), bug = failing_trace();
        const churn = trace_of('unreliable-churn', 1);
        const clients = trace_of('kv-unreliable', 1);
        const pictures = [];
        for (const [trace, other, has_clients] of [[tour, bug, false],
            [bug, tour, false], [churn, clients, false],
            [clients, churn, true], [trace_of('figure-7', 1), tour, false],
            [trace_of('cluster-of-one', 1), tour, false]])
            for (const kind of kinds_of(trace, other, has_clients))
                for (const name of Object.keys(FORMATS))
                    pictures.push([name, kind]);
        const wrong = [], drawn = [];
        for (const [name, kind] of pictures) {
            const file = path.join(work, `for-${drawn.length}.svg`);
            const what = `${name}: ${kind.join(' ').replaceAll(work, '')}`;
            assert.ok(try_call(...kind, '--for', name, '-o', file)
                || kind[0] === 'diff' || fs.existsSync(file), what);
            const said = misfit(sizes_of(file), FORMATS[name]);
            drawn.push({file, what});
            if (said !== '')
                wrong.push(`${what}: ${said}`);
        }
        assert.ok(drawn.length > 200);
        const {page, close} = await browser_with(FONTS[0]);
        for (const {file, what} of drawn)
            for (const words of (await texts_of(page,
                fs.readFileSync(file, 'utf8'))).found)
                wrong.push(`${what}: ${words}`);
        await close();
        assert.deepStrictEqual(wrong, []);
    });

test('a command is cut between its characters, and says so', () => {
    const file = path.join(work, 'odd.svg');
    for (const kind of [['timeline', '--act', '3'], ['past', '250', '--act',
        '3'], ['log'], ['why'], ['timeline', '--act', '3', '--for', 'column']]) {
        call(kind[0], odd_commands(), ...kind.slice(1), '-o', file);
        const svg = fs.readFileSync(file, 'utf8');
        const shown = [...svg.matchAll(/>([^<]*küß[^<]*)</g)].map((m) => m[1]);
        assert.ok(shown.length > 0 || kind.length !== 3, kind.join(' '));
        for (const words of shown)
            assert.ok(!/[?\uFFFD]/.test(words), `${kind}: ${words}`);
    }
});

test('a sheet has all of the width that it is for', async () => {
    const {page, close} = await browser_with(FONTS[0]);
    for (const [trace, kind] of [['tour', 'column'], ['swarm', 'column'],
        ['kv-unreliable', 'column'], ['tour', 'readme'], ['tour', 'slide']]) {
        const file = path.join(work, 'wide.svg');
        call('sheet', trace_of(trace, 7), '--for', kind, '-o', file);
        const {ink} = await texts_of(page, fs.readFileSync(file, 'utf8'));
        assert.ok(ink[0] < 0.06 && ink[1] > 0.94, `${trace}, ${kind}: ${ink}`);
    }
    await close();
});

test('a difference has all of the slide that it is for', async () => {
    const {page, close} = await browser_with(FONTS[0]);
    const ends = ['figure-8-overwritten', 'figure-8-committed']
        .map((name) => trace_of(name, 1));
    const tours = [7, 9].map((seed) => trace_of('tour', seed));
    const three = [1, 2].map((seed) => trace_of('snapshot-install-crash',
        seed));
    for (const traces of [ends, tours, three]) {
        const file = path.join(work, 'fork.svg');
        assert.ok(try_call('diff', ...traces, '--for', 'slide', '-o', file));
        const svg = fs.readFileSync(file, 'utf8');
        const {ink} = await texts_of(page, svg);
        assert.ok(ink[0] < 0.06 && ink[1] > 0.94 && ink[2] < 0.08
            && ink[3] > 0.91, `${traces}: ${ink}`);
        assert.match(svg, />Not drawn: \d+ later events of A, \d+ of B/);
    }
    await close();
});

test('a film of a failing run says what was found, and cuts no number',
    () => {
        const file = path.join(work, 'found.svg');
        call('log', failing_trace(), '--steps', '-o', file);
        assert.match(fs.readFileSync(file, 'utf8'),
            />State Machine Safety, P.5: S\d committed entry 3 of term 1/);
        call('timeline', trace_of('long-way-back', 1), '--last', '400',
            '--for', 'column', '-o', file);
        const cut = [...fs.readFileSync(file, 'utf8').matchAll(
            />((?:✓ commit|Append) [^<]*…)</g)].map((match) => match[1]);
        assert.deepStrictEqual(cut, []);
    });

test('what is found when the servers have stopped is in the picture', () => {
    const lines = fs.readFileSync(trace_of('basic-agree', 1), 'utf8')
        .trimEnd().split('\n');
    const {n, us} = JSON.parse(lines[lines.length - 2]);
    lines.splice(lines.length - 1, 1, JSON.stringify({n: n + 1, us: us + 9,
        ev: 'finding', property: 'deadlock', tag: '', text: 'all wait',
        events: []}));
    const trace = path.join(work, 'late-finding.jsonl');
    const file = path.join(work, 'late-finding.svg');
    fs.writeFileSync(trace, `${lines.join('\n')}\n`);
    for (const kind of [[], ['--finding'], ['--for', 'column']]) {
        call('timeline', trace, ...kind, '-o', file);
        const svg = fs.readFileSync(file, 'utf8');
        assert.match(svg, />all wait</, kind.join(' '));
        assert.match(svg, />stopped</);
        assert.ok(!/>✕</.test(svg), 'nobody crashes');
    }
});

test('a solid entry that differs from the leader has a sign', () => {
    const file = path.join(work, 'differs.svg');
    call('log', failing_trace(), '-o', file);
    const svg = fs.readFileSync(file, 'utf8');
    assert.strictEqual([...svg.matchAll(/>≠ 1</g)].length, 7);
    assert.match(svg, />thick frame, ≠ = differs from the leader/);
    call('log', trace_of('figure-7', 1), '-o', file);
    assert.ok(!fs.readFileSync(file, 'utf8').includes('≠'));
});

// The commits that stand beside the lanes of an SVG: by lane, from the top.
function commits_of(svg) {
    const lanes = new Map();
    const label = /<text text-anchor="middle" x="([\d.]+)" y="(-?[\d.]+)"[^>]* textLength="([\d.]+)"[^>]*>✓ commit (\d+)</g;
    for (const [, x, y, width, n] of svg.matchAll(label)) {
        const right = Math.round(Number(x) + Number(width) / 2);
        lanes.set(right, [...lanes.get(right) || [], [Number(y), Number(n)]]);
    }
    return [...lanes.values()].map((lane) => lane.sort((a, b) => a[0] - b[0])
        .map(([, n]) => n));
}

test('commits stand in their order where they are crowded', () => {
    const file = path.join(work, 'crowded.svg');
    let n_labels = 0;
    for (const seed of [1, 3, 5]) {
        call('timeline', trace_of('snapshot-install', seed), '--servers',
            'S1,S2', '--types', 'snapshots,commits,faults', '--to', '3s',
            '-o', file);
        for (const lane of commits_of(fs.readFileSync(file, 'utf8'))) {
            n_labels += lane.length;
            assert.deepStrictEqual(lane, [...lane].sort((a, b) => a - b));
        }
    }
    assert.ok(n_labels > 20, `${n_labels}`);
});

test('a size that is broken is told', () => {
    const file = path.join(work, 'broken.svg');
    call('strip', trace_of('tour', 7), '--for', 'slide', '-o', file);
    assert.strictEqual(misfit(sizes_of(file), FORMATS.slide), '');
    const svg = fs.readFileSync(file, 'utf8');
    fs.writeFileSync(file, svg.replace(/font-size="8.00"/, 'font-size="5"'));
    assert.match(misfit(sizes_of(file), FORMATS.slide), /type of/);
    fs.writeFileSync(file, svg.replace('width="960', 'width="800'));
    assert.match(misfit(sizes_of(file), FORMATS.slide), /wide/);
    fs.writeFileSync(file, svg.replace('height="540', 'height="700'));
    assert.match(misfit(sizes_of(file), FORMATS.slide), /high/);
});
