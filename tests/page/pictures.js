// pictures.js -- what a browser makes of a picture: where its texts stand.
'use strict';
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const {chromium} = require('playwright-core');

// The folder below /usr/share/fonts that has this font; each system has others.
// Without its font a text has no size.
function folder_of(font) {
    const file = fs.readdirSync('/usr/share/fonts', {recursive: true})
        .find((name) => path.basename(name) === font);
    if (file === undefined)
        throw new Error(`no ${font}: .ci/deps page installs it`);
    return path.join('/usr/share/fonts', path.dirname(file));
}

// A browser that has the fonts of one folder and no others.
async function browser_with(font) {
    const folder = folder_of(font);
    const home = fs.mkdtempSync(path.join(os.tmpdir(), 'glassraft-fonts-'));
    const config = path.join(home, 'fonts.conf');
    fs.writeFileSync(config, '<?xml version="1.0"?>'
        + '<!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        + `<dir>${folder}</dir>`
        + `<cachedir>${home}</cachedir>`
        + '<include ignore_missing="yes">/etc/fonts/conf.d</include>'
        + '</fontconfig>');
    const browser = await chromium.launch({
        executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
        args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
        env: {...process.env, FONTCONFIG_FILE: config, HOME: home},
    });
    return {
        page: await browser.newPage(),
        close: async () => {
            await browser.close();
            fs.rmSync(home, {recursive: true, force: true});
        },
    };
}

// In the browser: texts that lie on each other, and texts that leave the box
// they stand in or the picture. Of a text counts what has ink: from the top of
// its capitals to the foot of its tails.
function look_at_texts() {
    const svg = document.querySelector('svg');
    const whole = svg.getBoundingClientRect();
    const box_of = (element) => {
        const b = element.getBoundingClientRect();
        return {left: b.left, right: b.right, top: b.top, bottom: b.bottom};
    };
    const scale = whole.width / svg.viewBox.baseVal.width;
    const texts = [...svg.querySelectorAll('text')]
        .filter((element) => element.textContent.trim() !== '')
        .map((element) => {
            const box = box_of(element), middle = (box.top + box.bottom) / 2;
            const size = parseFloat(element.getAttribute('font-size')) * scale;
            return {
                element, text: element.textContent, size: size / scale,
                left: box.left, right: box.right,
                top: middle - 0.42 * size, bottom: middle + 0.42 * size,
            };
        });
    const found = [];
    const SLACK = 0.6 * scale;
    for (let i = 0; i < texts.length; i++)
        for (let j = i + 1; j < texts.length; j++) {
            const a = texts[i], b = texts[j];
            const x = Math.min(a.right, b.right) - Math.max(a.left, b.left);
            const y = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
            if (x > SLACK && y > SLACK)
                found.push(`"${a.text}" lies on "${b.text}" by `
                    + `${(x / scale).toFixed(1)} x ${(y / scale).toFixed(1)}`);
        }
    for (const t of texts) {
        const x = (t.left + t.right) / 2, y = (t.top + t.bottom) / 2;
        const home = t.element.closest('g.node, g.cluster') || svg;
        let best = null, least = Infinity;
        for (const shape of home.querySelectorAll('polygon, path, rect')) {
            if (shape.getAttribute('fill') === 'none')
                continue;
            const b = box_of(shape), area = (b.right - b.left)
                * (b.bottom - b.top);
            if (home !== svg && b.left <= x && x <= b.right && b.top <= y
                && y <= b.bottom && area < least) {
                best = b;
                least = area;
            }
        }
        best = best || {left: whole.left, right: whole.right, top: whole.top,
            bottom: whole.bottom};
        const out = Math.max(best.left - t.left, t.right - best.right,
            best.top - t.top, t.bottom - best.bottom);
        if (out > SLACK)
            found.push(`"${t.text}" leaves its box by `
                + `${(out / scale).toFixed(1)}`);
    }
    // From where to where something is drawn, as shares of width and height.
    const drawn = [...svg.querySelectorAll('text, polygon, path, ellipse')]
        .filter((e) => e.getAttribute('stroke') !== 'transparent'
            && !(e.getAttribute('fill') === 'none'
                && e.getAttribute('stroke-width') === '0')).map(box_of);
    const across = (x) => (x - whole.left) / whole.width;
    const down = (y) => (y - whole.top) / whole.height;
    const ink = [across(Math.min(...drawn.map((b) => b.left))),
        across(Math.max(...drawn.map((b) => b.right))),
        down(Math.min(...drawn.map((b) => b.top))),
        down(Math.max(...drawn.map((b) => b.bottom)))];
    const n_inked = texts.filter((t) => t.right > t.left).length;
    return {found, n_texts: texts.length, n_inked, ink, smallest:
        Math.min(...texts.map((t) => t.size)),
    width: svg.viewBox.baseVal.width, height: svg.viewBox.baseVal.height};
}

// What is wrong with the texts of an SVG in this page of a browser.
async function texts_of(page, svg, shot) {
    await page.setContent('<!doctype html><body style="margin:0">'
        + svg.slice(svg.indexOf('<svg')));
    const seen = await page.evaluate(look_at_texts);
    if (shot !== undefined)
        await page.locator('svg').screenshot({path: shot});
    return seen;
}

module.exports = {browser_with, texts_of};
