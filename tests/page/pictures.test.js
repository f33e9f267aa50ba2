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
    'snapshot-in-chunks', 'many-elections'];
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
function random_command(random, trace, n_events) {
    const event = String(1 + random(n_events));
    const around = ['--around', event, '--radius',
        String(10 + random(120))];
    return [
        ['timeline', trace, ...around],
        ['timeline', trace, ...around, '--heartbeats'],
        ['timeline', trace, ...around, '--brief'],
        ['past', trace, event, ...around],
        ['log', trace, '--event', event],
        ['log', trace, '--steps', ...around],
        ['strip', trace, ...around],
        ['strip', trace],
        ['roles', trace, ...around],
        ['why', trace, event],
    ][random(10)];
}

function draw_random() {
    const random = make_random(SEED), drawn = [];
    const known = call('list').split('\n').map((line) => line.trim()
        .split(/\s+/)[0]);
    const scenarios = SCENARIOS.filter((name) => known.includes(name));
    for (let tries = 0; drawn.length < MOST && tries < 4 * MOST; tries++) {
        const trace = trace_of(scenarios[random(scenarios.length)],
            1 + random(3));
        const n = fs.readFileSync(trace, 'utf8').split('\n').length - 3;
        const command = random_command(random, trace, n);
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
        const {browser, close} = await browser_with(fonts);
        for (const {file, name} of pictures) {
            const svg = fs.readFileSync(file, 'utf8');
            const seen = await texts_of(browser, svg);
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
