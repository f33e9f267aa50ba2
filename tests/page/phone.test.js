// phone.test.js -- the page in narrow windows, and what colours alone would say.
'use strict';
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const {call, page_of, root, trace_of, work} = require('./common.js');
const {close_browser, on, open_browser, press} = require('./browser.js');

const tour_page = page_of(trace_of('tour', 7));
const LEAST_OF_FILLS = 8, LEAST_OF_LINES = 6; // of a lightness of 100
test.after(close_browser);

// What of the page leaves the window, and where its parts stand.
const measure = (page) => page.evaluate(() => {
    const box = (id) => document.getElementById(id).getBoundingClientRect();
    const {lanes} = window.glassraft.frame;
    return {inner: innerWidth, body: document.documentElement.scrollWidth,
        lanes: [...lanes.x.values()], view: box('view'), panel: box('panel'),
        outside: [...document.querySelectorAll('header button, #player button,'
            + ' #search *, #findings button, [role=tab], h2 button')]
            .filter((one) => {
                const {left, right} = one.getBoundingClientRect();
                return right > innerWidth + 0.5 || left < -0.5;
            }).map((one) => one.id || one.textContent)};
});

for (const [width, height] of [[360, 740], [1024, 768], [1366, 768],
    [1920, 1080]])
    on(`${width} x ${height}: no lane is cut, nothing leaves the window`,
        tour_page, {viewport: {width, height}}, async (page) => {
            const seen = await measure(page);
            assert.strictEqual(seen.inner, width);
            assert.ok(seen.body <= width, `the body is ${seen.body} wide`);
            assert.deepStrictEqual(seen.outside, []);
            assert.strictEqual(seen.lanes.length, 5);
            const half = 12; // of a leader's lane
            assert.ok(seen.lanes[0] >= half
                && seen.lanes[4] + half <= seen.view.width, seen.lanes);
            assert.ok(width > 760 ? seen.panel.left >= seen.view.right
                : seen.panel.top >= seen.view.bottom - 0.5);
            assert.strictEqual((await page.locator('[role=tab]')
                .allTextContents())[0], 'story');
            await press(page, 'End');
            const {y, height: high} = await page.evaluate(() => {
                const {frame, state} = window.glassraft;
                return {y: frame.y(state.run.events.length - 1),
                    height: document.getElementById('view').clientHeight};
            });
            assert.ok(y <= high - 40, `the last event is at ${y} of ${high}`);
        });

const clients_page = page_of(trace_of('kv-unreliable', 3));
const nine = path.join(work, 'nine.script');
fs.writeFileSync(nine, 'servers 9\ntimeout S1\ndeliver all\n'
    + 'command S1 x=1\ndeliver all\n');
call('run', '--script', nine, '--trace', path.join(work, 'nine.jsonl'));

on('on a phone clients leave the servers their lanes', clients_page,
    {viewport: {width: 360, height: 740}}, async (page) => {
        const {lanes, view} = await measure(page);
        assert.strictEqual(lanes.length, 5);
        assert.ok(lanes[4] + 12 <= view.width, lanes.join(' '));
        const clients = () => page.evaluate(() => {
            const {frame} = window.glassraft;
            return frame.run.operations.slice(0, 9).map((one) =>
                client_x(frame, one));
        });
        const before = await clients();
        assert.ok(Math.max(...before) < lanes[0] - 12);
        assert.ok(new Set(before).size > 2, 'each has its own place');
    });

on('a plate holds what it says', page_of(path.join(work, 'nine.jsonl')),
    {viewport: {width: 360, height: 740}}, async (page) => {
        const svg = await page.evaluate(() => window.glassraft.svg());
        const {pitch} = (await page.evaluate(() =>
            ({pitch: window.glassraft.frame.lanes.pitch})));
        const said = [...svg.matchAll(/<text x="[-\d.]+" y="3[23][\d.]*" font-size="11"[^>]*>([^<]+)</g)]
            .map((match) => match[1]);
        assert.strictEqual(said.length, 9);
        const widest = await page.evaluate((said) => Math.max(...said.map(
            (text) => window.glassraft.pen.width(text, {size: 11}))), said);
        assert.ok(widest < pitch, `${widest} of ${pitch}: ${said}`);
    });

test('a page of no events says so and offers nothing', async () => {
    const trace = path.join(work, 'no-events.jsonl');
    fs.copyFileSync(path.join(root, 'tests/corpus/no-events.jsonl'), trace);
    const file = page_of(trace);
    const browser = await open_browser();
    const page = await (await browser.newContext()).newPage();
    await page.goto(`file://${file}`);
    assert.ok(await page.getByText('This trace has no events.').isVisible());
    for (const button of await page.locator('button').all())
        assert.ok(await button.isHidden(), await button.textContent());
    await page.close();
});

// CIE lightness of "#RRGGBB", 0 to 100: what is left of it in greys.
function lightness(colour) {
    const [r, g, b] = [1, 3, 5].map((at) => {
        const part = parseInt(colour.slice(at, at + 2), 16) / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    const y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    return y > 0.008856 ? 116 * Math.cbrt(y) - 16 : 903.3 * y;
}

// The number stands beside a colour where lanes and entries are; messages have
// their colour and their lanes alone.
test('terms that follow each other differ in greys', () => {
    assert.strictEqual(Math.round(lightness('#FFFFFF')), 100);
    assert.strictEqual(Math.round(lightness('#808080')), 54);
    const html = fs.readFileSync(tour_page, 'utf8');
    const [, ...terms] = JSON.parse(
        /id="paint">(.*?)<\/script>/s.exec(html)[1]).terms;
    assert.strictEqual(terms.length, 6);
    const apart = (part) => Math.min(...terms.map((term, i) => Math.abs(
        lightness(term[part]) - lightness(terms[(i + 1) % 6][part]))));
    assert.ok(apart(0) >= LEAST_OF_FILLS, `fills ${apart(0)}`);
    assert.ok(apart(1) >= LEAST_OF_LINES, `lines ${apart(1)}`);
});

test('what differs from the leader has a sign besides its colour', () => {
    const file = path.join(work, 'steps.svg');
    call('log', trace_of('figure-8-overwritten', 1), '--steps', '-o', file);
    const svg = fs.readFileSync(file, 'utf8');
    const framed = [...svg.matchAll(
        /<(?:polygon|path|rect)[^>]*stroke="#[bB]84[aA]00"[^>]*>/g)];
    assert.ok(framed.length >= 3, 'entries are replaced in Figure 8');
    for (const [shape] of framed)
        assert.match(shape, /stroke-dasharray/);
});
