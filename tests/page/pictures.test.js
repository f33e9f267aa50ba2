// pictures.test.js -- texts of the pictures lie neither on each other nor
// outside their boxes, in browsers with different fonts.
//
// PICTURES=200 draws that many random windows of random runs; the usual few
// are others each time that the traces change.
'use strict';
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const {call, make_random, root, trace_of, work} = require('./common.js');
const {browser_with, texts_of} = require('./pictures.js');

const FONTS = ['liberation', 'dejavu'];
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
    for (const fonts of FONTS) {
        const {page, close} = await browser_with(fonts);
        for (const {file, name} of pictures) {
            const svg = fs.readFileSync(file, 'utf8');
            const seen = await texts_of(page, svg);
            assert.ok(seen.n_texts > 0, name);
            for (const words of seen.found)
                wrong.push(`${fonts}: ${name}: ${words}`);
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

test('a picture has the size and the type of what it is for', () => {
    const tour = trace_of('tour', 7);
    const wanted = {slide: [960, 540, 14], column: [240, 0, 6],
        readme: [660, 0, 7], screen: [1080, 675, 8]};
    for (const [name, [width, height, least]] of Object.entries(wanted))
        for (const command of [['timeline', tour, '--act', '2'],
            ['timeline', tour, '--act', '5'], ['strip', tour]]) {
            const file = path.join(work, `for-${name}.svg`);
            call(...command, '--for', name, '-o', file);
            const size = sizes_of(file), what = `${name} ${command.join(' ')}`;
            assert.ok(Math.abs(size.width - width) < 1, what);
            assert.ok(height === 0 || Math.abs(size.height - height) < 1, what);
            assert.ok(size.least > least - 0.1, `${what}: ${size.least}`);
        }
});
