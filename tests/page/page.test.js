// page.test.js -- the page in a real browser, from file://, without a network.
'use strict';
const assert = require('node:assert');
const {execFileSync} = require('node:child_process');
const fs = require('node:fs');
const test = require('node:test');
const {glassraft, make_random, page_of, page_programs, states_in_c,
    texts_in_page, trace_of, work, write_trace} = require('./common.js');
const {close_browser, look, on, open_page, press, settled} =
    require('./browser.js');

const {make_run} = page_programs('make_run', 'reducer', 'words', 'run');
const tour = trace_of('tour', 7), tour_page = page_of(tour);

test.after(close_browser);

// A trace that ends with findings, as a failing run leaves it.
function failing_trace() {
    const lines = fs.readFileSync(trace_of('figure-7', 1), 'utf8')
        .trimEnd().split('\n');
    lines.pop(); // the verdict
    const last = JSON.parse(lines[lines.length - 1]);
    const shown = lines.map((line) => JSON.parse(line))
        .filter((event) => event.ev === 'commit').map((event) => event.n);
    return write_trace('failing', [...lines,
        {n: last.n + 1, us: last.us, ev: 'finding', property: 'Log Matching',
            tag: 'P.3', text: 'two logs differ', events: shown.slice(0, 2)},
        {n: last.n + 2, us: last.us, ev: 'finding', property: 'second',
            text: 'and another'},
        {ev: 'verdict', result: 'fail', text: 'two logs differ',
            events: last.n + 2, us: last.us}]);
}

on('opens, offline, with the run in it', tour_page, {}, async (page) => {
    assert.match(await page.title(), /tour seed 0x7/);
    assert.match(await page.textContent('#summary'), /5 servers.*pass/);
    assert.ok(await page.isHidden('#findings'));
    const policy = await page.getAttribute(
        'meta[http-equiv=Content-Security-Policy]', 'content');
    assert.match(policy, /^default-src 'none'; script-src 'sha256-[^']+'; /);
    const painted = await page.evaluate(() => {
        const {canvas} = window.glassraft;
        const {data} = canvas.getContext('2d').getImageData(0, 0,
            canvas.width, canvas.height);
        return new Set(new Uint32Array(data.buffer)).size;
    });
    assert.ok(painted > 50, `${painted} colours on the canvas`);
});

const failing = failing_trace();

on('findings come first', page_of(failing), {}, async (page) => {
    const {events} = make_run(texts_in_page(page_of(failing)));
    const found = events.filter((event) => event.ev === 'finding');
    assert.strictEqual((await look(page)).n, found[0].n);
    const list = page.locator('#findings li button');
    assert.strictEqual(await list.count(), 2);
    assert.match(await list.first().textContent(), /Log Matching \[P\.3\]/);
    await press(page, 'e');
    assert.strictEqual((await look(page)).n, found[1].n);
    await list.first().click();
    assert.strictEqual((await look(page)).n, found[0].n);
    const shown = page.locator('#event h3:has-text("shown by") + ol button');
    await shown.first().click();
    assert.strictEqual((await look(page)).n, found[0].events[0]);
});

on('steps by event, term, act and cause', tour_page, {}, async (page) => {
    const {events} = make_run(texts_in_page(tour_page));
    const opened = await look(page);
    assert.strictEqual(events[opened.at].to, 'leader');
    await press(page, 'Home');
    const start = await look(page);
    await press(page, 'j', 'j', 'k');
    const one = await look(page);
    assert.ok(one.at > start.at);
    await press(page, 'k');
    assert.strictEqual((await look(page)).at, start.at);
    await press(page, 't');
    const term = await look(page);
    assert.strictEqual(events[term.at].ev, 'term');
    assert.strictEqual(events[term.at].to, 1);
    await press(page, 'b');
    assert.strictEqual((await look(page)).n, events[term.at].cause);
    await press(page, 'm');
    assert.strictEqual(events[(await look(page)).at].ev, 'act');
    await press(page, 'End', 'J');
    const end = await look(page);
    assert.strictEqual(end.at, events.length - 1);
    await press(page, 'Home');
    assert.strictEqual((await look(page)).at, start.at);
});

on('scrubs on the strip and on the times', tour_page, {}, async (page) => {
    const strip = await page.locator('#minimap').boundingBox();
    const before = await look(page);
    await page.mouse.move(strip.x + 30, strip.y + 20);
    await page.mouse.down();
    const seen = [];
    for (let i = 1; i <= 10; i++) {
        await page.mouse.move(strip.x + 30, strip.y + strip.height * i / 11);
        await settled(page);
        seen.push(await look(page));
    }
    await page.mouse.up();
    assert.ok(seen[9].top > before.top + 1000);
    for (let i = 1; i < 10; i++)
        assert.ok(seen[i].at > seen[i - 1].at, 'the cursor comes along');
    const view = await page.locator('#view').boundingBox();
    await page.mouse.move(view.x + 30, view.y + 100);
    await page.mouse.down();
    const first = await look(page);
    await page.mouse.move(view.x + 30, view.y + 400);
    await page.mouse.up();
    await settled(page);
    const last = await look(page);
    assert.ok(last.at > first.at);
    assert.strictEqual(last.top, first.top);
});

on('zooms and scrolls', tour_page, {}, async (page) => {
    const {zoom} = await look(page);
    await press(page, '+');
    assert.ok((await look(page)).zoom > zoom);
    await press(page, '-', '-');
    assert.ok((await look(page)).zoom < zoom);
    await press(page, '0');
    const whole = await look(page);
    const {messages} = make_run(texts_in_page(tour_page));
    assert.match(whole.status, new RegExp(
        `${messages.length} messages|of ${messages.length}`));
    await press(page, '1', 'PageDown');
    assert.ok((await look(page)).top > 0);
    const view = await page.locator('#view').boundingBox();
    await page.mouse.move(view.x + 300, view.y + 300);
    const {top} = await look(page);
    await page.mouse.wheel(0, 200);
    await page.waitForFunction((was) =>
        window.glassraft.state.view.top > was, top);
});

on('searches', tour_page, {}, async (page) => {
    const run = make_run(texts_in_page(tour_page));
    const expected = run.events.filter((event) =>
        event.node === 1 && event.ev === 'commit').length;
    await press(page, '/');
    await page.keyboard.type('S2 "commit"');
    assert.strictEqual(await page.textContent('#found'), `${expected} hits`);
    await press(page, 'Enter', 'Escape');
    const first = run.events[(await look(page)).at];
    assert.deepStrictEqual([first.node, first.ev], [1, 'commit']);
    await press(page, 'n');
    const second = run.events[(await look(page)).at];
    assert.ok(second.n > first.n && second.ev === 'commit');
    await press(page, 'N');
    assert.strictEqual((await look(page)).n, first.n);
});

on('hides groups and servers', tour_page, {}, async (page) => {
    await page.click('#tab-legend');
    const run = make_run(texts_in_page(tour_page));
    const between = run.messages.filter((message) => message.to !== null);
    const quiet = between.filter((message) => message.heartbeat).length;
    await press(page, '0');
    assert.strictEqual((await look(page)).messages, between.length - quiet);
    await press(page, 'h', '0');
    assert.strictEqual((await look(page)).messages, between.length);
    await press(page, 'h', '0');
    assert.strictEqual((await look(page)).messages, between.length - quiet);
    await page.locator('input[data-switch=votes]').uncheck();
    await settled(page);
    const votes = between.filter((m) => m.rpc === 'RequestVote').length;
    assert.strictEqual((await look(page)).messages,
        between.length - quiet - votes);
    await page.locator('input[data-switch=votes]').check();
    await page.locator('input[data-switch=S1]').uncheck();
    await settled(page);
    const without = between.filter((m) => !m.heartbeat && m.from !== 0 &&
        m.to !== 0).length;
    assert.strictEqual((await look(page)).messages, without);
});

// What the table of logs says, as a list for each server.
function read_logs(page) {
    return page.evaluate(() => {
        const table = document.querySelector('#logs table');
        const columns = [...table.querySelectorAll('thead th')]
            .map((cell) => Number(cell.textContent));
        const rows = [...table.querySelectorAll('tbody tr')];
        const read = (row) => {
            const cells = [];
            for (const cell of row.querySelectorAll('td'))
                for (let i = 0; i < cell.colSpan; i++)
                    cells.push(cell);
            return cells;
        };
        return rows.filter((row, i) => i % 2 === 0).map((row, i) => ({
            name: row.querySelector('th').innerText,
            entries: Object.fromEntries(read(row).map((cell, k) => [
                columns[k], {
                    kind: cell.classList[0],
                    term: cell.querySelector('b')?.textContent,
                    command: cell.querySelector('small')?.textContent,
                }])),
            marks: Object.fromEntries(read(rows[2 * i + 1]).map((cell, k) =>
                [columns[k], cell.textContent])),
        }));
    });
}

// Does a server that is up know that this entry is committed?
function is_known(state, entry, index) {
    return state.servers.some((server) => {
        const own = server.entries[index - server.last_included_index - 1];
        return server.up && index <= server.commit_index &&
            (index <= server.last_included_index || own.term === entry.term);
    });
}

function check_logs(shown, state) {
    const leaders = state.servers.filter((s) => s.up && s.role === 'leader');
    const leader = leaders.sort((a, b) => b.current_term - a.current_term)[0];
    state.servers.forEach((server, i) => {
        const {name, entries, marks} = shown[i];
        assert.ok(name.startsWith(`S${i + 1}`));
        assert.ok(name.includes(server.up
            ? `${server.role} T${server.current_term}` : 'down'), name);
        for (const [index, cell] of Object.entries(entries)) {
            const entry =
                server.entries[index - server.last_included_index - 1];
            if (index <= server.last_included_index)
                assert.strictEqual(cell.kind, 'snapshot');
            else if (entry === undefined)
                assert.strictEqual(cell.kind, 'missing');
            else
                assert.deepStrictEqual(cell, {
                    kind: is_known(state, entry, Number(index))
                        ? 'committed' : 'pending',
                    term: String(entry.term), command: entry.command,
                });
        }
        const has = (index, mark) =>
            marks[index] === undefined || marks[index].includes(mark);
        assert.ok(!server.up || has(server.commit_index, '▲'));
        assert.ok(!server.up || has(server.last_applied, '△'));
        if (leader !== undefined && leader !== server) {
            assert.ok(has(leader.match_index[i], '●'));
            assert.ok(has(leader.next_index[i], '▷'));
        }
    });
}

on('shows the logs that C has, at ten random events', tour_page, {},
    async (page) => {
        const random = make_random(11);
        const {events} = make_run(texts_in_page(tour_page));
        const numbers = Array.from({length: 10},
            () => events[20 + random(events.length - 20)].n)
            .sort((a, b) => a - b);
        const states = states_in_c(tour, numbers);
        for (let i = 0; i < numbers.length; i++) {
            await page.evaluate((n) => {
                location.hash = `#n=${n}`;
            }, numbers[i]);
            await page.waitForFunction((n) => document.getElementById(
                'logs-title').textContent.includes(`event ${n}`), numbers[i]);
            assert.strictEqual((await look(page)).n, numbers[i]);
            check_logs(await read_logs(page), states[i]);
        }
    });

on('copies a command that works', tour_page, {
    permissions: ['clipboard-read', 'clipboard-write'],
}, async (page) => {
    await press(page, 't', 't');
    await page.click('#copy-command');
    await page.waitForFunction(() => document.getElementById('said')
        .textContent.startsWith('copied: '));
    const command = await page.evaluate(() =>
        navigator.clipboard.readText());
    assert.match(command,
        /^glassraft timeline \S+tour-7.jsonl --from [\d.]+ --to [\d.]+/);
    const dot = execFileSync('sh', ['-c',
        command.replace(/^glassraft/, glassraft)], {encoding: 'utf8'});
    assert.match(dot, /^digraph timeline/m);
});

on('saves the view as SVG', tour_page, {}, async (page) => {
    await press(page, 't', 't');
    const [download] = await Promise.all([page.waitForEvent('download'),
        page.keyboard.press('s')]);
    assert.strictEqual(download.suggestedFilename(), 'tour.svg');
    const text = fs.readFileSync(await download.path(), 'utf8');
    const {messages, dense} = await look(page);
    assert.ok(!dense && messages > 5);
    const seen = await page.evaluate((svg) => {
        const tree = new DOMParser().parseFromString(svg, 'image/svg+xml');
        return {
            errors: tree.getElementsByTagName('parsererror').length,
            name: tree.documentElement.localName,
            lines: tree.getElementsByTagName('line').length,
            words: tree.documentElement.textContent,
            messages: tree.querySelectorAll('g[class^=m]').length,
        };
    }, text);
    assert.strictEqual(seen.errors, 0);
    assert.strictEqual(seen.name, 'svg');
    assert.ok(seen.messages > 5 && seen.messages <= messages);
    assert.ok(seen.words.includes('S5') && seen.words.includes('RequestVote'));
});

on('is dark where the system is, and on demand', tour_page,
    {colorScheme: 'dark'}, async (page) => {
        const ground = () => page.evaluate(() =>
            getComputedStyle(document.body).backgroundColor);
        assert.strictEqual(await ground(), 'rgb(21, 24, 28)');
        await press(page, 'd');
        assert.strictEqual(await ground(), 'rgb(255, 255, 255)');
        await page.click('#switch-theme');
        await settled(page);
        assert.strictEqual(await ground(), 'rgb(21, 24, 28)');
    });

on('everything is reached by the keyboard', tour_page, {}, async (page) => {
    const wanted = await page.evaluate(() =>
        [...document.querySelectorAll('button, input, canvas, summary')]
            .filter((one) => one.offsetParent !== null && one.tabIndex >= 0)
            .length);
    const reached = new Set();
    for (let i = 0; i < wanted + 5; i++) {
        await page.keyboard.press('Tab');
        const one = await page.evaluate(() => {
            const {activeElement} = document;
            const all = [...document.querySelectorAll('*')];
            const {outlineStyle, outlineWidth} =
                getComputedStyle(activeElement);
            return {
                place: all.indexOf(activeElement), tag: activeElement.tagName,
                outline: `${outlineStyle} ${outlineWidth}`,
            };
        });
        if (one.tag === 'BODY')
            break;
        reached.add(one.place);
        assert.strictEqual(one.outline, 'solid 2px', `${one.tag} is seen`);
    }
    assert.ok(reached.size >= wanted, `${reached.size} of ${wanted}`);
    await page.locator('#view').focus();
    await press(page, '?');
    assert.ok(await page.locator('#help').isVisible());
    assert.match(await page.textContent('#help'), /next finding/);
    await press(page, 'Escape');
    assert.ok(await page.locator('#help').isHidden());
});

on('the events in view are a table', tour_page, {}, async (page) => {
    await press(page, 'Home', 't');
    await page.locator('#tab-events').click();
    await page.waitForFunction(() =>
        document.querySelector('#events [aria-current]') !== null);
    const rows = await page.locator('#events tbody tr').count();
    const expected = await page.evaluate(() => {
        const {frame, state} = window.glassraft;
        return [...state.layout.rows].filter((at) =>
            at >= frame.from && at <= frame.to).length;
    });
    assert.strictEqual(rows, Math.min(200, expected));
    await page.locator('#events tbody button').nth(2).click();
    const {n} = await look(page);
    assert.strictEqual(String(n),
        await page.locator('#events tbody button').nth(2).textContent());
});

on('many messages become densities', page_of(trace_of('figure-8', 7)), {},
    async (page) => {
        assert.ok(!(await look(page)).dense);
        await press(page, 'h', '0');
        const {dense, messages, status} = await look(page);
        assert.ok(messages > 1200 && dense, `${messages} messages`);
        assert.match(status, /densities/);
    });

// A cluster in a few lines.
function small_trace(n_servers) {
    const lines = [{ev: 'trace', v: 1, scenario: `of-${n_servers}`,
        seed: '0x1', servers: n_servers, mode: 'sim', glassraft: '0.1.0'}];
    for (let node = 0; node < n_servers; node++)
        lines.push({n: node + 1, us: node, node, ev: 'boot', term: 0,
            voted_for: null, last_included_index: 0, last_included_term: 0,
            entries: []});
    lines.push({n: n_servers + 1, us: 5000, node: 0, ev: 'telepathy'},
        {n: n_servers + 2, us: 9000, node: 0, ev: 'send', msg: 1,
            to: n_servers - 1, rpc: '<b>&"\u0001</b>'});
    return write_trace(`of-${n_servers}`, lines);
}

for (const n of [1, 2, 9])
    on(`draws ${n} servers, and kinds that it does not know`,
        page_of(small_trace(n)), {}, async (page) => {
            await press(page, 'End', 'k', 'j', '0', 's');
            const svg = await page.evaluate(() => window.glassraft.svg());
            assert.ok(svg.includes('&lt;b&gt;&amp;&quot;\uFFFD&lt;/b&gt;'));
            assert.ok(svg.includes(`>S${n}<`));
        });

test('a hostile trace stays text', async () => {
    const evil = '</script><script>window.evil = 1</script><img src=x ' +
        'onerror="window.evil = 2"><!--';
    const lines = fs.readFileSync(tour, 'utf8').trimEnd().split('\n');
    lines.splice(1, 0);
    lines.pop();
    const last = JSON.parse(lines[lines.length - 1]);
    lines.push(JSON.stringify({n: last.n + 1, us: last.us, ev: 'finding',
        property: evil, tag: evil, text: evil}));
    lines[0] = lines[0].replace('"tour"', JSON.stringify(evil.slice(0, 60)));
    const {page, close} = await open_page(
        page_of(write_trace('evil', lines)));
    await press(page, 'k', 'j', 'e');
    assert.strictEqual(await page.evaluate(() => window.evil), undefined);
    assert.ok((await page.textContent('#findings')).includes(evil));
    assert.ok((await page.textContent('#event')).includes(evil));
    await close();
});

test('a part of a trace carries in what lies before it', async () => {
    const {page, close} = await open_page(
        page_of(tour, '--from', '4000', '--to', '4100'));
    const seen = await page.evaluate(() => {
        const {state} = window.glassraft;
        return {
            roles: state.run.lanes.map((lane) => lane[0].role),
            n: state.run.events[state.at].n, us: state.run.events.map(
                (event) => event.us),
        };
    });
    const [before] = states_in_c(tour, [seen.n - 1]);
    assert.deepStrictEqual(seen.roles, before.servers.map((s) => s.role));
    assert.ok(Math.max(...seen.us) <= 4100000);
    await close();
});

test('a cut trace shows what is left of it', async () => {
    const text = fs.readFileSync(tour, 'utf8');
    const file = `${work}/cut.jsonl`;
    fs.writeFileSync(file, text.slice(0, text.length / 2));
    assert.throws(() => page_of(file), (error) => error.status === 2 &&
        error.stderr.includes('the events before it are shown'));
    const {page, close} = await open_page(`${file}.html`);
    assert.ok((await look(page)).n >= 1);
    await press(page, 'End', 'Home', '0');
    await close();
});

test('colours can be told from their ground', () => {
    const {make_paint, contrast} = page_programs('make_paint, contrast',
        'paint');
    const html = fs.readFileSync(tour_page, 'utf8');
    const data = JSON.parse(
        /id="paint">(.*?)<\/script>/s.exec(html)[1]);
    for (const dark of [false, true]) {
        const paint = make_paint(data, dark);
        for (let term = 1; term <= 6; term++) {
            assert.ok(contrast(paint.line(term), paint.ground) >= 4.1);
            assert.ok(contrast(paint.text(term), paint.fill(term)) >= 4.5);
            assert.ok(contrast(paint.ink, paint.paler(term)) >= 4.5);
        }
        for (const name of ['ink', 'quiet', 'fault'])
            assert.ok(contrast(paint[name], paint.ground) >= 4.5, name);
    }
});
