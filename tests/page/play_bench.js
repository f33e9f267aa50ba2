// play_bench.js -- play_click_ms: from a click in glassraft play to the drawn
// picture of what it did; the median of 60 clicks.
'use strict';
const {spawn} = require('node:child_process');
const {glassraft, work} = require('./common.js');
const {close_browser, open_browser, settled} = require('./browser.js');

async function main() {
    const child = spawn(glassraft, ['play'],
        {cwd: work, stdio: ['ignore', 'pipe', 'inherit']});
    const address = await new Promise((done) => child.stdout.once('data',
        (text) => done(String(text).trim())));
    const page = await (await open_browser()).newPage();
    await page.goto(address);
    await page.evaluate(() => window.playing);
    await settled(page);
    const times = [];
    for (let i = 0; i < 60; i++)
        times.push(await page.evaluate(async () => {
            const began = performance.now();
            await window.hands.act(window.hands.next_by_itself());
            await new Promise((done) => requestAnimationFrame(done));
            return performance.now() - began;
        }));
    times.sort((a, b) => a - b);
    console.log(`play_click_ms ${times[30].toFixed(0)} (median), ` +
        `${times[57].toFixed(0)} (95 of 100)`);
    child.kill('SIGINT');
    await close_browser();
}

main();
