// browser.js -- a headless Chromium without a network, and pages in it.
'use strict';
const assert = require('node:assert');
const test = require('node:test');
const {chromium} = require('playwright-core');

let browser = null;

async function open_browser() {
    browser = browser || await chromium.launch({
        executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
        args: ['--no-sandbox', '--disable-gpu', '--disable-quic',
            '--no-first-run', '--disable-background-networking',
            '--disable-component-update', '--disable-sync'],
    });
    return browser;
}

async function close_browser() {
    if (browser !== null)
        await browser.close();
    browser = null;
}

// Opens a page from file://; whatever it says on the console or asks of a
// network fails its test in close().
async function open_page(file, options = {}) {
    const context = await (await open_browser()).newContext({
        viewport: {width: 1440, height: 900}, acceptDownloads: true,
        ...options,
    });
    await context.setOffline(true);
    const page = await context.newPage(), complaints = [];
    page.setDefaultTimeout(120000); // for machines that do much else
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.stack));
    page.on('request', (request) => {
        if (!/^(file|blob):/.test(request.url()))
            complaints.push(`asks for ${request.url()}`);
    });
    await page.goto(`file://${file}${options.hash || ''}`);
    await page.waitForFunction(() => window.glassraft !== undefined);
    await settled(page);
    return {
        page,
        close: async () => {
            await context.close();
            assert.deepStrictEqual(complaints, []);
        },
    };
}

// Until what was asked for is drawn.
function settled(page) {
    return page.evaluate(() => new Promise((done) => {
        requestAnimationFrame(() => requestAnimationFrame(done));
    }));
}

async function press(page, ...keys) {
    for (const key of keys) {
        await page.keyboard.press(key);
        await settled(page);
    }
}

// The number of the selected event, and what is in view.
function look(page) {
    return page.evaluate(() => {
        const {state, frame} = window.glassraft;
        return {
            n: state.run.events[state.at].n, at: state.at,
            top: state.view.top, zoom: state.view.zoom,
            messages: frame.n_messages, dense: frame.dense,
            dark: state.dark, hidden: [...state.hidden],
            shown: {...state.shown}, status: document
                .getElementById('status').textContent,
        };
    });
}

// A test on a page: on(page) gets it open, and fails on any complaint.
function on(name, file, options, body) {
    test(name, async () => {
        const {page, close} = await open_page(file, options);
        await body(page);
        await close();
    });
}

module.exports = {close_browser, look, on, open_browser, open_page, press,
    settled};
