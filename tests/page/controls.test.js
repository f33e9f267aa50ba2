// controls.test.js -- the page's controls in a real browser: lanes apart,
// pinches, what a copy says, links that travel, the end of a run, paper.
'use strict';
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const {page_of, trace_of, work, write_trace} = require('./common.js');
const {close_browser, look, on, open_page, press, settled} =
    require('./browser.js');

const tour_page = page_of(trace_of('tour', 7));
test.after(close_browser);

const lanes_of = (page) => page.evaluate(() => {
    const {lanes} = window.glassraft.frame, {view} = window.glassraft.state;
    return {pitch: lanes.pitch, x: [...lanes.x.values()], left: view.left,
        wide: view.wide, zoom: view.zoom, most_left: lanes.most_left,
        width: document.getElementById('view').clientWidth};
});

on('lanes go apart by button and key, and the rest is scrolled to', tour_page,
    {}, async (page) => {
        const before = await lanes_of(page);
        await page.click('#lanes-apart');
        await settled(page);
        const apart = await lanes_of(page);
        assert.ok(apart.pitch > before.pitch * 1.3, JSON.stringify(apart));
        assert.strictEqual(apart.zoom, before.zoom);
        await press(page, 'w', 'w', 'w');
        const wide = await lanes_of(page);
        assert.ok(wide.x[4] > wide.width, 'the last lane is out of view');
        await page.locator('#view').focus();
        for (let i = 0; i < 40; i++)
            await page.keyboard.press('ArrowRight');
        await settled(page);
        const there = await lanes_of(page);
        assert.ok(there.x[4] < there.width, 'it is scrolled to');
        assert.strictEqual(there.left, there.most_left);
        await press(page, 'ArrowLeft');
        assert.ok((await lanes_of(page)).left < there.left);
        for (let i = 0; i < 8; i++)
            await page.click('#lanes-closer');
        await settled(page);
        const after = await lanes_of(page);
        assert.deepStrictEqual([after.wide, after.left], [1, 0]);
        assert.deepStrictEqual(after.x, before.x);
    });

on('the wheel with Shift, and a drag, move the lanes', tour_page, {},
    async (page) => {
        await press(page, 'w', 'w', 'w', 'w');
        const box = await page.locator('#view').boundingBox();
        await page.mouse.move(box.x + 400, box.y + 300);
        await page.keyboard.down('Shift');
        await page.mouse.wheel(0, 120);
        await page.keyboard.up('Shift');
        await page.waitForFunction(() => window.glassraft.state.view.left > 0);
        const {left} = await lanes_of(page);
        await page.mouse.down();
        await page.mouse.move(box.x + 320, box.y + 300, {steps: 4});
        await page.mouse.up();
        await settled(page);
        assert.ok(Math.abs((await lanes_of(page)).left - left - 80) < 2);
    });

// Two fingers from one pair of places to another.
function pinch(page, from, to) {
    return page.evaluate(([from, to]) => {
        const view = document.getElementById('view');
        const box = view.getBoundingClientRect();
        const tell = (type, id, [x, y]) => view.dispatchEvent(
            new PointerEvent(type, {pointerId: id, pointerType: 'touch',
                clientX: box.left + x, clientY: box.top + y, bubbles: true,
                button: -1}));
        from.forEach((place, i) => tell('pointerdown', 7 + i, place));
        to.forEach((place, i) => tell('pointermove', 7 + i, place));
        to.forEach((place, i) => tell('pointerup', 7 + i, place));
    }, [from, to]);
}

on('fingers side by side pinch the lanes, above each other the time',
    tour_page, {hasTouch: true}, async (page) => {
        const before = await lanes_of(page);
        await pinch(page, [[300, 300], [400, 300]], [[250, 300], [450, 310]]);
        await settled(page);
        const wide = await lanes_of(page);
        assert.ok(wide.wide > 1.8 && wide.wide < 2.2, String(wide.wide));
        assert.strictEqual(wide.zoom, before.zoom);
        await pinch(page, [[300, 300], [310, 400]], [[300, 250], [310, 450]]);
        await settled(page);
        const high = await lanes_of(page);
        assert.strictEqual(high.wide, wide.wide);
        assert.ok(high.zoom > before.zoom * 1.8, String(high.zoom));
    });

on('the end of a run is no crash of everybody', tour_page, {},
    async (page) => {
        await press(page, 'End');
        const seen = await page.evaluate(() => ({
            texts: window.glassraft.svg(),
            logs: document.getElementById('logs').textContent,
            title: document.getElementById('logs-title').textContent,
            last: window.glassraft.state.run.events.filter((event) =>
                event.ev === 'role' && event.to === 'leader').map((event) =>
                `S${event.node + 1}, term ${event.term}`).pop(),
            ups: window.glassraft.state.model.servers.map((one) => one.up),
        }));
        assert.ok(!seen.texts.includes('✕ down'));
        assert.ok(!seen.texts.includes('>down<'));
        assert.ok(!seen.logs.includes('down'), seen.logs);
        assert.match(seen.title, new RegExp(`leader ${seen.last}$`));
        assert.deepStrictEqual(seen.ups, new Array(5).fill(true));
        // A crash in the middle is one.
        await page.evaluate(() => {
            const {run} = window.glassraft.state;
            window.glassraft.go_to(run.events.findIndex((event) =>
                event.ev === 'crash'));
        });
        await settled(page);
        assert.ok((await page.evaluate(() => window.glassraft.svg()))
            .includes('✕ down'));
    });

const boxes_of = (page) => page.evaluate(() => ['view', 'panel', 'minimap',
    'query', 'found', 'copy-link', 'status'].map((id) => {
    const {left, top, width, height} =
        document.getElementById(id).getBoundingClientRect();
    return [id, left, top, width, height].join(' ');
}));

const copying = {permissions: ['clipboard-read', 'clipboard-write']};

on('what a copy says moves nothing', tour_page, copying, async (page) => {
    const before = await boxes_of(page);
    for (const id of ['#copy-command', '#copy-link']) {
        await page.click(id);
        await page.waitForFunction(() => document.getElementById('said')
            .textContent.startsWith('copied: '));
        assert.ok(await page.locator('#said').isVisible());
        assert.deepStrictEqual(await boxes_of(page), before);
    }
    await page.waitForFunction(() => document.getElementById('said').hidden);
});

test('a copied link works when the folder has moved', async () => {
    const {page, close} = await open_page(tour_page, copying);
    await press(page, 't', 't');
    await page.click('#copy-link');
    await page.waitForFunction(() => !document.getElementById('said').hidden);
    const link = await page.evaluate(() => navigator.clipboard.readText());
    const {n} = await look(page);
    await close();
    assert.ok(!link.includes('/'), link);
    const folder = path.join(work, 'moved');
    fs.mkdirSync(folder);
    fs.copyFileSync(tour_page, path.join(folder, path.basename(tour_page)));
    const [name, hash] = link.split('#');
    const moved = await open_page(path.join(folder, decodeURIComponent(name)),
        {hash: `#${hash}`});
    assert.strictEqual((await look(moved.page)).n, n);
    await moved.close();
});

on('on paper there is the picture, as it is, and no controls', tour_page,
    {colorScheme: 'dark'}, async (page) => {
        const shape = () => page.evaluate(() => {
            const view = document.getElementById('view');
            const box = view.getBoundingClientRect();
            return {ratio: box.width / box.height,
                drawn: view.width / view.height};
        });
        await page.emulateMedia({media: 'print'});
        for (const id of ['#search', '#play-bar', '#copy-link', '#minimap',
            '.tabs'])
            assert.ok(await page.locator(id).first().isHidden(), id);
        const {ratio, drawn} = await shape();
        assert.ok(Math.abs(ratio / drawn - 1) < 0.02, `${ratio} ${drawn}`);
        await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
        assert.ok(!(await look(page)).dark);
        await page.evaluate(() => dispatchEvent(new Event('afterprint')));
        assert.ok((await look(page)).dark);
        await page.emulateMedia({media: 'screen'});
    });

on('the story tab is first, and open', tour_page, {}, async (page) => {
    const tabs = await page.locator('[role=tab]').allTextContents();
    assert.strictEqual(tabs[0], 'story');
    assert.ok(await page.locator('#story').isVisible());
    assert.ok((await page.locator('#acts li').count()) > 3);
});

// Presses a control as those do who have no mouse.
async function press_on(page, id, key) {
    await page.locator(`#${id}`).focus();
    await press(page, key);
}

on('the buttons of events and of zoom work by keyboard', tour_page, {},
    async (page) => {
        const before = await look(page);
        await press_on(page, 'step-on', 'Enter');
        const on_one = await look(page);
        assert.ok(on_one.n > before.n);
        assert.match(await page.textContent('#spoken'), /\S/);
        assert.strictEqual(await page.textContent('#event-title'),
            `Event ${on_one.n}`);
        await press_on(page, 'step-back', ' ');
        assert.strictEqual((await look(page)).n, before.n);
        await press_on(page, 'zoom-in', 'Enter');
        const near = await look(page);
        assert.ok(near.zoom > before.zoom * 1.3, `${near.zoom}`);
        await press_on(page, 'zoom-out', 'Enter');
        assert.ok(Math.abs((await look(page)).zoom - before.zoom) < 1e-6);
    });

on('what is read aloud is the event that is selected', tour_page, {},
    async (page) => {
        const said = new Set();
        await press(page, 'Home');
        for (let i = 0; i < 5; i++) {
            await press(page, 't');
            const spoken = await page.textContent('#spoken');
            const {n} = await look(page);
            const sentence = await page.textContent('#event .sentence');
            assert.ok(spoken.includes(String(n)) || spoken.includes(sentence),
                `${n}: ${spoken}`);
            said.add(spoken);
        }
        assert.strictEqual(said.size, 5);
    });

on('time is plain or warped by its button, and says which', tour_page, {},
    async (page) => {
        const axis = () => page.evaluate(() => [window.glassraft.state.axis,
            document.getElementById('switch-axis')
                .getAttribute('aria-pressed')].join(' '));
        assert.strictEqual(await axis(), 'story false');
        await press_on(page, 'switch-axis', 'Enter');
        assert.strictEqual(await axis(), 'time true');
        await press_on(page, 'switch-axis', ' ');
        assert.strictEqual(await axis(), 'story false');
        await press_on(page, 'help-button', 'Enter');
        assert.ok(await page.locator('#help').isVisible());
        await press(page, 'Escape');
        assert.ok(await page.locator('#help').isHidden());
    });

const tip_of = (page) => page.evaluate(() => {
    const tip = document.getElementById('tip');
    const {left, right, top, bottom} = tip.getBoundingClientRect();
    return {shown: !tip.hidden, text: tip.textContent, inside: left >= 0
        && top >= 0 && right <= innerWidth && bottom <= innerHeight};
});

// Where the view draws an event on a lane, in the window.
const place_of = (page, at) => page.evaluate((at) => {
    const {frame, state} = window.glassraft;
    const box = document.getElementById('view').getBoundingClientRect();
    const {node} = state.run.events[at];
    return {x: box.left + frame.x(node), y: box.top + frame.y(at)};
}, at);

// The number of the event that lies at a place of the window.
const event_at = (page, {x, y}) => page.evaluate(([x, y]) => {
    const box = document.getElementById('view').getBoundingClientRect();
    const at = hit_at(window.glassraft.frame, x - box.left, y - box.top);
    return at < 0 ? -1 : window.glassraft.state.run.events[at].n;
}, [x, y]);

on('the tip tells what lies under the pointer, and nothing else', tour_page,
    {}, async (page) => {
        assert.ok(!(await tip_of(page)).shown);
        for (let i = 0; i < 12; i++) {
            await press(page, ...(i % 3 === 0 ? ['t'] : ['j']));
            const {at, n} = await look(page);
            const place = await place_of(page, at);
            if (Number.isNaN(place.x) || place.x === null)
                continue;
            await page.mouse.move(place.x, place.y);
            const tip = await tip_of(page), under = await event_at(page, place);
            assert.ok(tip.shown && tip.inside, JSON.stringify(tip));
            assert.ok(tip.text.startsWith(`${under} · `), `${n}: ${tip.text}`);
            // The words are those that the panel and the reader aloud have.
            await page.mouse.click(place.x, place.y);
            await settled(page);
            assert.strictEqual((await look(page)).n, under);
            assert.ok(!(await tip_of(page)).shown, 'a press closes it');
        }
        const box = await page.locator('#view').boundingBox();
        await page.mouse.move(box.x + box.width - 12, box.y + box.height - 20);
        assert.ok(!(await tip_of(page)).shown, 'nothing is there');
    });

on('the tip goes on with the picture, and closes by Escape', tour_page, {},
    async (page) => {
        await press(page, 't', 't');
        const place = await place_of(page, (await look(page)).at);
        await page.mouse.move(place.x, place.y);
        const before = await tip_of(page);
        assert.ok(before.shown);
        // By key, wheel and button the picture moves below a pointer at rest.
        const moves = [() => press(page, 'm'), () => press(page, 'PageDown'),
            () => page.mouse.wheel(0, 90), () => press(page, '+')];
        for (const move of moves) {
            await move();
            await settled(page);
            const tip = await tip_of(page), under = await event_at(page, place);
            assert.strictEqual(tip.shown, under >= 0);
            if (tip.shown)
                assert.ok(tip.text.startsWith(`${under} · `), tip.text);
        }
        await press(page, 'T', 't');
        const there = await place_of(page, (await look(page)).at);
        await page.mouse.move(there.x, there.y);
        assert.ok((await tip_of(page)).shown);
        await press(page, 'Escape');
        assert.ok(!(await tip_of(page)).shown);
        await press(page, 'j');
        assert.ok(!(await tip_of(page)).shown, 'it stays closed');
        await page.mouse.move(there.x + 1, there.y);
        assert.strictEqual((await tip_of(page)).shown,
            await event_at(page, {x: there.x + 1, y: there.y}) >= 0);
        await page.mouse.move(4, 4);
        assert.ok(!(await tip_of(page)).shown, 'outside there is none');
    });

on('the tip stays in the window', tour_page,
    {viewport: {width: 360, height: 640}}, async (page) => {
        const box = await page.locator('#view').boundingBox();
        let n_shown = 0;
        for (let y = 10; y < box.height; y += 16)
            for (const x of [40, box.width / 2, box.width - 6]) {
                await page.mouse.move(box.x + x, box.y + y);
                const tip = await tip_of(page);
                n_shown += tip.shown;
                assert.ok(!tip.shown || tip.inside, `${x} ${y} ${tip.text}`);
            }
        assert.ok(n_shown > 5, `${n_shown}`);
    });

on('the divider and the tabs go by arrows', tour_page, {}, async (page) => {
    const divider = page.locator('#divider');
    const width = async () => [Number(await divider
        .getAttribute('aria-valuenow')), await page.evaluate(() =>
        document.getElementById('panel').offsetWidth)];
    const [said, before] = await width();
    assert.ok(Math.abs(said - before) <= 1, `${said} ${before}`);
    await press_on(page, 'divider', 'ArrowRight');
    const [less, after] = await width();
    assert.ok(Math.abs(after - before + 30) <= 1, `${before} to ${after}`);
    assert.ok(Math.abs(less - after) <= 1);
    for (const [key, name] of [['ArrowRight', 'legend'],
        ['ArrowRight', 'events'], ['ArrowLeft', 'legend']]) {
        if (key === 'ArrowRight' && name === 'legend')
            await page.locator('#tab-story').focus();
        await press(page, key);
        assert.ok(await page.locator(`#${name}`).isVisible(), name);
        assert.ok(await page.locator('#story').isHidden());
        assert.strictEqual(await page.getAttribute(`#tab-${name}`,
            'aria-selected'), 'true');
    }
});

on('the logs go to earlier entries and back by their buttons', tour_page, {},
    async (page) => {
        await press(page, 'End');
        const columns = () => page.locator('#logs thead').textContent();
        const before = await columns();
        await press_on(page, 'logs-left', 'Enter');
        const earlier = await columns();
        assert.notStrictEqual(earlier, before);
        await press_on(page, 'logs-right', 'Enter');
        assert.strictEqual(await columns(), before);
    });

on('the view is saved by its button', tour_page, {}, async (page) => {
    await page.locator('#save-svg').focus();
    const [file] = await Promise.all([page.waitForEvent('download'),
        page.keyboard.press('Enter')]);
    assert.strictEqual(file.suggestedFilename(), 'tour.svg');
    assert.match(fs.readFileSync(await file.path(), 'utf8'), /^<svg /);
});

// Runs that begin with terms and indexes of about 2^32, and a finding with a
// stack behind it.
const large_page = () => {
    const lines = fs.readFileSync(trace_of('basic-agree', 2), 'utf8').trim()
        .split('\n').map((line) => JSON.parse(line));
    const last = lines[lines.length - 2];
    lines.splice(lines.length - 1, 0, {n: last.n + 1, us: last.us,
        ev: 'finding', property: 'crash', tag: '', text: 'S1 apply broke it\n' +
            '  virtual time 0.7 s, step 9\n      slot at log.c:12\n'});
    return page_of(write_trace('large', lines));
};

on('large numbers keep to their columns, stacks to the panel', large_page(),
    {}, async (page) => {
        await settled(page);
        const seen = await page.evaluate(() => ({
            cut: [...document.querySelectorAll('#logs th, #logs td, ' +
                '#logs small')].filter((cell) =>
                cell.scrollWidth > cell.clientWidth + 1).length,
            digits: document.querySelector('#logs thead th:last-child')
                .textContent.length,
            finding: document.querySelector('#findings li > *')
                .textContent,
            stack: document.querySelector('#event pre').textContent}));
        assert.strictEqual(seen.cut, 0);
        assert.strictEqual(seen.digits, 10);
        assert.strictEqual(seen.finding, 'crash: S1 apply broke it');
        assert.match(seen.stack, /slot at log.c:12/);
    });
