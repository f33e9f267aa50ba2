// bench.js -- a page of 120,000 events: time to build it, to open it, and to
// draw a frame while the strip is dragged from end to end. EVENTS=200000 makes
// it as large as pages may be.
'use strict';
const fs = require('node:fs');
const {page_of, trace_of, write_trace} = require('./common.js');
const {close_browser, open_page, settled} = require('./browser.js');

const N_EVENTS = Number(process.env.EVENTS || 120000);

// Churns one behind the other until there are that many events: numbers and
// times go on, the servers start again.
function long_trace() {
    const lines = [];
    let n = 0, us = 0, msg = 0, inc = 0;
    for (let seed = 1; lines.length < N_EVENTS; seed++) {
        const text = fs.readFileSync(trace_of('reliable-churn', seed), 'utf8');
        const events = text.trimEnd().split('\n').map((line) =>
            JSON.parse(line));
        const base = {n, us, msg, inc};
        if (lines.length === 0)
            lines.push(events[0]);
        for (const event of events) {
            if (event.n === undefined || event.ev === 'state' ||
                lines.length >= N_EVENTS)
                continue;
            n = event.n += base.n;
            us = event.us += base.us;
            if (event.cause !== undefined)
                event.cause += base.n;
            if (event.msg !== undefined)
                msg = Math.max(msg, event.msg += base.msg);
            if (event.node !== undefined)
                inc = Math.max(inc, event.inc = (event.inc || 0) + base.inc);
            lines.push(event);
        }
        inc++;
    }
    return write_trace('long', lines);
}

function figure(values) {
    const sorted = [...values].sort((a, b) => a - b);
    const at = (share) =>
        sorted[Math.floor(share * (sorted.length - 1))].toFixed(1);
    return `median ${at(0.5)} ms, 95 % ${at(0.95)} ms, ` +
        `longest ${at(1)} ms (${sorted.length} frames)`;
}

// Frames drawn while a thing is dragged downwards over a share of its height.
async function drag_over(page, id, x, share) {
    const box = await page.locator(id).boundingBox();
    await page.evaluate(() => {
        window.glassraft.times.length = 0;
    });
    await page.mouse.move(box.x + x, box.y + 60);
    await page.mouse.down();
    for (let i = 0; i <= 100; i++) {
        await page.mouse.move(box.x + x,
            box.y + 60 + (box.height * share - 70) * i / 100);
        await settled(page);
    }
    await page.mouse.up();
    return figure(await page.evaluate(() => window.glassraft.times));
}

// Time that the page's own thread takes to load it once more: other than the
// clock's, it does not depend on what else the machine is doing.
async function busy_ms(page, file) {
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable', {timeDomain: 'threadTicks'});
    const busy = async () => {
        const {metrics} = await session.send('Performance.getMetrics');
        return metrics.find((one) => one.name === 'TaskDuration').value;
    };
    const before = await busy();
    await page.goto('about:blank');
    await page.goto(`file://${file}`);
    await settled(page);
    return 1000 * (await busy() - before);
}

// Until a keystroke in the search field is answered, whatever is still sought.
async function type_into_search(page) {
    return figure(await page.evaluate(() => {
        const box = document.getElementById('query'), times = [];
        for (const query of ['S3 commit', 'term=4 role=leader', 'lost', 'x=7'])
            for (let n = 1; n <= query.length; n++) {
                box.value = query.slice(0, n);
                const began = performance.now();
                box.dispatchEvent(new Event('input'));
                times.push(performance.now() - began);
            }
        return times;
    })).replace('frames', 'keystrokes');
}

async function main() {
    const trace = long_trace();
    let began = performance.now();
    const file = page_of(trace);
    const built = performance.now() - began;
    began = performance.now();
    const {page, close} = await open_page(file);
    const opened = performance.now() - began;
    const busy = await busy_ms(page, file);
    const [events, messages, loaded] = await page.evaluate(() => [
        window.glassraft.state.run.events.length,
        window.glassraft.state.run.messages.length,
        performance.getEntriesByType('navigation')[0].loadEventEnd,
    ]);
    const megabytes = fs.statSync(file).size / 1e6;
    console.log(`page of ${events} events, ${messages} messages, ` +
        `${megabytes.toFixed(1)} MB`);
    console.log(`build    ${built.toFixed(0)} ms (glassraft page)`);
    console.log(`load     ${loaded.toFixed(0)} ms to the load event, ` +
        `${opened.toFixed(0)} ms with a new tab and the first frame; ` +
        `${busy.toFixed(0)} ms of the processor`);
    const session = await page.context().newCDPSession(page);
    await session.send('HeapProfiler.collectGarbage');
    const {usedSize} = await session.send('Runtime.getHeapUsage');
    console.log(`memory   ${(usedSize / 1e6).toFixed(0)} MB of JavaScript`);
    console.log(`scrub    ${await drag_over(page, '#minimap', 30, 1)}`);
    await page.keyboard.press('1');
    console.log(`cursor   ${await drag_over(page, '#view', 30, 0.98)}`);
    await page.keyboard.press('0');
    await settled(page);
    console.log(`whole    ${await drag_over(page, '#view', 30, 0.98)}`);
    console.log(`search   ${await type_into_search(page)}`);
    await close();
    await close_browser();
}

main();
