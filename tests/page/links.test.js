// links.test.js -- a link to a moment leads back to it, in a real browser.
'use strict';
const assert = require('node:assert');
const test = require('node:test');
const {make_random, page_of, trace_of} = require('./common.js');
const {close_browser, look, on, press, settled} = require('./browser.js');

const tour_page = page_of(trace_of('tour', 7));

test.after(close_browser);

on('a link leads back to its moment', tour_page, {}, async (page) => {
    await press(page, 'Home', 't', 't', '+', 'PageDown');
    const before = await look(page);
    const link = await page.evaluate(() => new URL(window.glassraft.link(),
        location.href).href);
    assert.match(link, /#t=[\d.]+&w=[\d.]+&n=\d+$/);
    await page.goto('about:blank');
    await page.goto(link);
    await page.waitForFunction(() => window.glassraft !== undefined);
    await settled(page);
    const after = await look(page);
    assert.strictEqual(after.n, before.n);
    assert.ok(Math.abs(after.top - before.top) < 12, 'the same place');
    assert.ok(Math.abs(after.zoom / before.zoom - 1) < 0.03);
    // The page writes its own moment there; that must not get in between.
    await page.evaluate(() => {
        location.hash = '#n=500';
        history.replaceState(null, '', window.glassraft.hash());
    });
    await page.waitForFunction(() => document.getElementById('event-title')
        .textContent === 'Event 500');
});

// Wherever the view is: amid events of one microsecond, past both ends, on
// either axis.
on('every link leads back to where it was made', tour_page, {},
    async (page) => {
        const random = make_random(3);
        const views = Array.from({length: 300}, (_, i) =>
            [random(1e6) / 1e6 * 1.1 - 0.05, 0.05 + random(400) / 100,
                i % 3 === 0 ? 'time' : 'story']);
        const wrong = await page.evaluate((asked) => {
            const wrong_ones = [], {state} = window.glassraft;
            for (const [share, zoom, axis] of asked) {
                if (state.axis !== axis)
                    window.glassraft.set_axis(axis);
                state.view.zoom = zoom;
                window.glassraft.scroll_to(share * state.layout.height);
                const {...before} = state.view;
                const hash = window.glassraft.hash();
                window.glassraft.scroll_to(0);
                window.glassraft.go_to_hash(hash);
                const off = (state.view.top - before.top) * before.zoom;
                const scaled = state.view.zoom / before.zoom;
                if (Math.abs(off) > 4 || Math.abs(scaled - 1) > 0.01)
                    wrong_ones.push({hash, axis, before, off, scaled});
            }
            return wrong_ones;
        }, views);
        assert.deepStrictEqual(wrong, []);
    });
