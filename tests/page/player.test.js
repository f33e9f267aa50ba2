// player.test.js -- guided playback, the story of an event, and search by
// structure, in a real browser.
'use strict';
const assert = require('node:assert');
const fs = require('node:fs');
const test = require('node:test');
const {call, page_of, texts_in_page, trace_of, write_trace} =
    require('./common.js');
const {close_browser, look, on, press, settled} = require('./browser.js');

const tour = trace_of('tour', 7), tour_page = page_of(tour);
const plain_page = page_of(trace_of('figure-8-overwritten', 1));

// Two servers of three win one term: the judge finds it.
function failing_page() {
    const seen = call('run', 'tour', '--seed', '7', '--json');
    assert.ok(seen.length > 0);
    const lines = fs.readFileSync(tour, 'utf8').trimEnd().split('\n');
    const at = lines.findIndex((line) => line.includes('"to":"leader"'));
    const event = JSON.parse(lines[at]);
    const rest = lines.slice(0, at + 1);
    rest.push(JSON.stringify({n: event.n + 1, us: event.us, ev: 'finding',
        property: 'election safety', tag: 'P.1',
        text: 'said for this test', events: [event.n]}));
    rest.push(JSON.stringify({ev: 'verdict', result: 'fail',
        events: event.n + 1, us: event.us}));
    return page_of(write_trace('failing', rest));
}

const why_of = new Map(call('why', tour, '--every').trimEnd().split('\n')
    .map((line) => JSON.parse(line)).map((fact) => [fact.n, fact]));

test.after(close_browser);

on('the page opens on the acts', tour_page, {}, async (page) => {
    assert.ok(await page.isVisible('#acts'));
    const acts = fs.readFileSync(tour, 'utf8').split('\n')
        .filter((line) => line.includes('"ev":"act"'))
        .map((line) => JSON.parse(line).text);
    const shown = await page.$$eval('#acts li button',
        (all) => all.map((one) => one.textContent));
    for (const act of acts)
        assert.ok(shown.includes(act), act);
});

on('a run without acts is told by what happened', plain_page, {},
    async (page) => {
        const shown = await page.$$eval('#acts li button',
            (all) => all.map((one) => one.textContent));
        assert.ok(shown.filter((text) =>
            / became leader of term /.test(text)).length >= 3, shown);
        assert.ok(shown.some((text) => / off its log/.test(text)), shown);
    });

on('plays, pauses, steps, and can be dragged', tour_page, {}, async (page) => {
    await page.selectOption('#play-speed', '4');
    await press(page, 'Home');
    const begin = (await look(page)).at;
    await page.click('#play');
    await page.waitForFunction((at) => window.glassraft.state.at > at + 50,
        begin);
    assert.strictEqual(await page.getAttribute('#play', 'aria-pressed'),
        'true');
    await page.click('#play');
    const paused = (await look(page)).at;
    await page.waitForTimeout(1500);
    assert.strictEqual((await look(page)).at, paused);
    await page.click('#play-on');
    assert.ok((await look(page)).at > paused);
    await page.click('#play-back');
    assert.ok((await look(page)).at <= paused);
    assert.match(await page.textContent('#play-caption'), /^\d+\/\d+ {2}\S/);
    await page.fill('#play-bar', '1500');
    await settled(page);
    assert.ok(Math.abs((await look(page)).at - 1500) < 40);
    await page.focus('#view'); // keyboard alone
    await press(page, '.', ',');
    await press(page, ' ');
    assert.ok(await page.evaluate(() => window.glassraft.player.playing));
    await press(page, ' ');
    assert.ok(!await page.evaluate(() => window.glassraft.player.playing));
});

on('a failing run plays to its finding and stops there', failing_page(), {},
    async (page) => {
        assert.match(await page.textContent('#play'), /bug in twenty seconds/);
        await page.selectOption('#play-speed', '4');
        await page.click('#play');
        await page.waitForFunction(() => !window.glassraft.player.playing);
        const last = await look(page);
        assert.strictEqual(await page.evaluate((at) =>
            window.glassraft.state.run.events[at].ev, last.at), 'finding');
        const steps = await page.evaluate(() =>
            window.glassraft.player.steps.length);
        assert.ok(steps > 1, `${steps} steps`);
    });

on('an event is told in the words of why, with its quorum ringed', tour_page,
    {}, async (page) => {
        for (const [kind, rule] of [['commit', 'L.4'], ['role', 'C.2']]) {
            const fact = [...why_of.values()].find((one) => one.ev === kind
                && one.rule === rule);
            await page.evaluate((n) => {
                location.hash = `#n=${n}`;
            }, fact.n);
            await page.waitForFunction((n) => document.getElementById(
                'event-title').textContent === `Event ${n}`, fact.n);
            assert.strictEqual(await page.textContent('#event .sentence'),
                fact.text);
            assert.match(await page.textContent('#event .rule'),
                new RegExp(`^\\[${rule}\\] .{30}`));
            const ringed = await page.evaluate(() => {
                const {state} = window.glassraft;
                return [...state.chain_set].map((at) => state.run.events[at].n);
            });
            assert.ok(fact.because_of.length > 1);
            for (const n of fact.because_of)
                assert.ok(ringed.includes(n), `${n} of ${fact.because_of}`);
        }
    });

on('searches by structure', tour_page, {}, async (page) => {
    const events = texts_in_page(tour_page).join('').split('\n')
        .filter((line) => line !== '').map((line) => JSON.parse(line))
        .filter((event) => event.n !== undefined);
    const hits = async (query) => {
        await page.fill('#query', query);
        await page.waitForFunction(() => / hits?$/.test(
            document.getElementById('found').textContent));
        return parseInt(await page.textContent('#found'), 10);
    };
    assert.strictEqual(await hits('S3 commit'), events.filter((event) =>
        event.ev === 'commit' && event.node === 2).length);
    assert.strictEqual(await hits('term=4 role=leader'), 1);
    assert.strictEqual(await hits('role=candidate'), events.filter((event) =>
        event.ev === 'role' && event.to === 'candidate').length);
    assert.strictEqual(await hits('commit index=7'), events.filter((event) =>
        event.ev === 'commit' && event.from < 7 && event.to >= 7).length);
    assert.strictEqual(await hits('index=7 truncate'), 0);
    assert.ok(await page.$$eval('#operators option', (all) =>
        all.map((one) => one.value)).then((all) => all.includes('index=')));
});

on('on a phone no lane is cut, panels stand below', tour_page,
    {viewport: {width: 360, height: 740}}, async (page) => {
        const seen = await page.evaluate(() => ({
            right: window.glassraft.frame.lanes.right,
            width: document.getElementById('view').clientWidth,
            view: document.getElementById('view').getBoundingClientRect().bottom,
            panel: document.getElementById('panel').getBoundingClientRect().top,
            page: document.documentElement.scrollWidth,
        }));
        assert.ok(seen.right <= seen.width, JSON.stringify(seen));
        assert.ok(seen.panel >= seen.view - 1, JSON.stringify(seen));
        assert.ok(seen.page <= 360, JSON.stringify(seen));
    });

