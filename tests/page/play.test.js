// play.test.js -- glassraft play in a real browser: each control, each lesson
// by clicks, and what its server refuses.
'use strict';
const assert = require('node:assert');
const {execFileSync, spawn, spawnSync} = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const path = require('node:path');
const test = require('node:test');
const {glassraft, root, work} = require('./common.js');
const {close_browser, open_browser} = require('./browser.js');

test.after(close_browser);

// A server in a folder of its own, until the test ends.
async function playing(t, ...options) {
    const folder = fs.mkdtempSync(path.join(work, 'play-'));
    const child = spawn(glassraft, ['play', ...options],
        {cwd: folder, stdio: ['ignore', 'pipe', 'inherit']});
    t.after(() => child.kill('SIGINT'));
    const address = await new Promise((done, fail) => {
        child.stdout.once('data', (text) => done(String(text).trim()));
        child.once('exit', (code) => fail(new Error(`exit code ${code}`)));
    });
    return {address, folder, child};
}

// A page of it, which must not complain.
async function hands_on(t, address) {
    const context = await (await open_browser()).newContext({
        viewport: {width: 1440, height: 900}});
    const page = await context.newPage(), complaints = [];
    page.setDefaultTimeout(120000);
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.stack));
    await page.goto(address);
    await rest(page);
    t.after(async () => {
        await context.close();
        assert.deepStrictEqual(complaints, []);
    });
    return page;
}

// Until all that was asked for is done.
async function rest(page) {
    // Before it is set, the name is that of the element with this id.
    await page.waitForFunction(() =>
        typeof window.hands.list_scripts === 'function');
    await page.evaluate(async () => {
        let queue = null;
        while (queue !== window.hands.queue) {
            queue = window.hands.queue;
            await queue;
        }
    });
}

function script_of(page) {
    return page.evaluate(() => window.hands.script());
}

function servers_of(page) {
    return page.evaluate(() => window.hands.model.servers.map((s) => ({
        up: s.up, role: s.role, term: s.current_term, paused: s.paused,
        log: s.entries.map((entry) => entry.command), commit: s.commit_index,
        snapshot: s.last_included_index})));
}

// By clicks alone: "timeout S1", "command S1 x", "deliver S1>S2 ... reply".
async function click(page, ...lines) {
    for (const line of lines) {
        const [verb, name, ...rest_of] = line.split(' ');
        if (/^(deliver|lose|double|hold)$/.test(verb)) {
            const message = line.slice(verb.length + 1);
            const sign = page.locator(`#net [data-message="${message}"]`);
            if (!(await sign.getAttribute('class')).includes('chosen'))
                await sign.dispatchEvent('click');
            await page.locator('#choice')
                .getByText(verb, {exact: true}).click();
        } else if (verb === 'cut' || verb === 'heal') {
            await drag(page, name, rest_of[0]);
        } else {
            const row = page.locator('#servers > div')
                .nth(Number(name.slice(1)) - 1);
            if (verb === 'command')
                await row.locator('input').fill(rest_of.join(' '));
            await row.getByText(verb, {exact: true}).click();
        }
        await rest(page);
    }
}

async function drag(page, from, to) {
    const middle = async (name) => {
        const box = await page.locator(
            `#net [data-server="${name.slice(1)}"] circle`).boundingBox();
        return [box.x + box.width / 2, box.y + box.height / 2];
    };
    await page.locator('#net').scrollIntoViewIfNeeded();
    const start = await middle(from), end = await middle(to);
    await page.mouse.move(...start);
    await page.mouse.down();
    await page.mouse.move(...end, {steps: 4});
    await page.mouse.up();
}

async function press(page, id) {
    await page.locator(`#${id}`).click();
    await rest(page);
}

test('each control does what it says, and undo goes to the beginning',
    async (t) => {
        const {address} = await playing(t);
        const page = await hands_on(t, address);
        await click(page, 'timeout S1', 'hold S1>S3 RequestVote 1',
            'deliver S1>S2 RequestVote 1', 'deliver S1>S2 RequestVote 1 reply');
        assert.strictEqual((await servers_of(page))[0].role, 'leader');
        await press(page, 'all-messages');
        const held = page.locator('#net .message.held');
        assert.strictEqual(await held.count(), 1);
        await click(page, 'command S1 one', 'lose S1>S2 AppendEntries 2',
            'double S1>S3 AppendEntries 2', 'deliver S1>S3 AppendEntries 2',
            'deliver S1>S3 AppendEntries 2 reply');
        let servers = await servers_of(page);
        assert.deepStrictEqual(servers.map((s) => s.log.length), [1, 0, 1]);
        assert.strictEqual(servers[0].commit, 1);
        await click(page, 'snapshot S1', 'pause S2', 'cut S1 S3');
        servers = await servers_of(page);
        assert.strictEqual(servers[0].snapshot, 1);
        assert.ok(servers[1].paused);
        assert.strictEqual(await page.locator('#net .link.cut').count(), 1);
        await press(page, 'heal');
        await click(page, 'resume S2', 'cut S2 S3', 'heal S2 S3',
            'heartbeat S1', 'crash S3');
        servers = await servers_of(page);
        assert.ok(!servers[2].up && !servers[1].paused);
        assert.strictEqual(await page.locator('#net .link.cut').count(), 0);
        await click(page, 'restart S3');
        await press(page, 'next-message');
        const script = await script_of(page);
        const n = script.trim().split('\n').length - 1;
        for (let i = 0; i < n; i++)
            await press(page, 'undo');
        assert.strictEqual(await script_of(page), 'servers 3\n');
        assert.ok(await page.locator('#undo').isDisabled());
        for (let i = 0; i < n; i++)
            await press(page, 'redo');
        assert.strictEqual(await script_of(page), script);
        await page.keyboard.press('Control+z');
        await rest(page);
        assert.notStrictEqual(await script_of(page), script);
    });

test('what is not possible is said, and leaves nothing behind', async (t) => {
    const {address} = await playing(t);
    const page = await hands_on(t, address);
    await click(page, 'command S1 x');
    assert.match(await page.textContent('#hands-said'), /does not lead/);
    assert.ok(await page.isVisible('#hands-said'));
    assert.strictEqual(await script_of(page), 'servers 3\n');
});

test('it runs by itself until it is paused', async (t) => {
    const {address} = await playing(t, '--servers', '5');
    const page = await hands_on(t, address);
    await page.locator('#speed').fill('5');
    await page.locator('#run').click();
    await page.waitForFunction(() => window.hands.model.servers
        .some((server) => server.role === 'leader'));
    await page.locator('#run').click();
    await rest(page);
    const script = await script_of(page);
    await new Promise((done) => setTimeout(done, 500));
    assert.strictEqual(await script_of(page), script);
});

// Vote and reply, of the first requests between these.
function votes(candidate, term, ...others) {
    return others.flatMap((other) => [
        `deliver ${candidate}>${other} RequestVote ${term}`,
        `deliver ${candidate}>${other} RequestVote ${term} reply`]);
}

const solutions = [
    ['timeout S1', ...votes('S1', 1, 'S2')],
    ['timeout S1', ...votes('S1', 1, 'S2'), 'command S1 x', 'all',
        'heartbeat S1', 'all'],
    ['timeout S1', ...votes('S1', 1, 'S2'), 'all', 'crash S3', 'command S1 x',
        'all', 'restart S3', 'heartbeat S1', 'all'],
    ['timeout S1', 'timeout S2', 'deliver S1>S3 RequestVote 1',
        'deliver S2>S4 RequestVote 1'],
    ['timeout S1', ...votes('S1', 1, 'S2'), 'all', 'cut S1 S2', 'cut S1 S3',
        'command S1 mine', 'timeout S2', 'deliver S2>S3 RequestVote 1',
        'deliver S2>S3 RequestVote 1 reply', 'command S2 theirs', 'all',
        'heal S1 S2', 'heartbeat S2', 'all'],
];

async function solve(page, lines) {
    for (const line of lines)
        if (line === 'all')
            await press(page, 'all-messages');
        else
            await click(page, line);
}

// Figure 8, whose list of actions is also one of the scripts.
solutions.push([...fs.readFileSync(
    path.join(root, 'labs/scripts/figure-8.script'), 'utf8').split('\n')
    .filter((line) => /^[a-z]/.test(line) && line !== 'servers 5'), 'all']);

for (const [i, lines] of solutions.entries())
    test(`lesson ${i + 1} is solved by clicks, and not before`, async (t) => {
        const {address} = await playing(t);
        const page = await hands_on(t, address);
        await page.selectOption('#lessons', String(i));
        await rest(page);
        const before = [...lines], last = before.pop();
        await solve(page, before);
        assert.match(await page.textContent('#lesson'), /Not reached yet/);
        await solve(page, [last]);
        assert.match(await page.textContent('#lesson'), /Reached\./);
    });

test('lesson 6, Figure 8, is reached by its script', async (t) => {
    const {address, folder} = await playing(t);
    const page = await hands_on(t, address);
    fs.copyFileSync(path.join(root, 'labs/scripts/figure-8.script'),
        path.join(folder, 'figure-8.script'));
    await page.selectOption('#lessons', '5');
    await rest(page);
    await page.evaluate(() => window.hands.list_scripts());
    await page.selectOption('#scripts', 'figure-8.script');
    await press(page, 'load-script');
    assert.match(await page.textContent('#lesson'), /Not reached yet/);
    await press(page, 'all-messages');
    assert.match(await page.textContent('#lesson'), /Reached\./);
});

test('scripts are kept in the folder, and nowhere else', async (t) => {
    const {address, folder} = await playing(t);
    const page = await hands_on(t, address);
    await click(page, 'timeout S2');
    await page.fill('#script-name', 'mine.script');
    await press(page, 'save-script');
    await page.waitForFunction(() => document.getElementById('hands-said')
        .textContent.startsWith('Saved'));
    const saved = fs.readFileSync(path.join(folder, 'mine.script'), 'utf8');
    assert.strictEqual(saved, 'servers 3\ntimeout S2\n');
    const trace = path.join(folder, 'trace.jsonl');
    execFileSync(glassraft, ['run', '--script', 'mine.script', '--trace',
        trace], {cwd: folder});
    for (const name of ['../out.script', '.hidden.script', 'mine.txt',
        'a/b.script', '']) {
        const answer = await ask(address, {method: 'POST',
            path: `save?name=${encodeURIComponent(name)}`, body: 'heal\n'});
        assert.strictEqual(answer.status, 400, name);
    }
    fs.symlinkSync('/etc/hostname', path.join(folder, 'link.script'));
    const linked = await ask(address, {path: 'script?name=link.script'});
    assert.strictEqual(linked.status, 404);
    const twice = await ask(address, {method: 'POST',
        path: 'save?name=mine.script', body: 'heal\n'});
    assert.strictEqual(twice.status, 409);
    assert.strictEqual(fs.readFileSync(path.join(folder, 'mine.script'),
        'utf8'), saved);
});

test('what if: a trace of a script is gone on with from an event',
    async (t) => {
        const script = path.join(work, 'what-if.script');
        const trace = path.join(work, 'what-if.jsonl');
        fs.writeFileSync(script, 'servers 5\ntimeout S1\ntimeout S2\nheal\n');
        execFileSync(glassraft, ['run', '--script', script, '--trace', trace]);
        const lines = fs.readFileSync(trace, 'utf8').trim().split('\n')
            .map((line) => JSON.parse(line));
        const second = lines.find((e) => e.text === 'timeout S2').n;
        const {address} = await playing(t, '--trace', trace, '--event',
            String(second));
        const page = await hands_on(t, address);
        assert.strictEqual(await script_of(page),
            'servers 5\ntimeout S1\ntimeout S2\n');
    });

test('what if: a failing run of a scenario is opened before its finding',
    async (t) => {
        const raft = broken_raft('votes', (text) => text.replace(
            'rf->voted_for != NOBODY && rf->voted_for != candidate', 'false'));
        const trace = path.join(work, 'failing.jsonl');
        spawnSync(glassraft, ['run', 'repeated-votes', '--raft', raft,
            '--trace', trace], {cwd: work});
        const found = fs.readFileSync(trace, 'utf8').trim().split('\n')
            .map((line) => JSON.parse(line)).find((e) => e.ev === 'finding');
        assert.match(found.tag, /RV\.2/);
        const {address} = await playing(t, '--raft', raft, '--trace', trace,
            '--event', String(Math.min(...found.events) - 1));
        const page = await hands_on(t, address);
        assert.ok(await page.isHidden('#broken'));
        assert.match(await script_of(page), /timeout S/);
    });

// ----------------------------------------------------- a Raft with mistakes

function broken_raft(name, change) {
    const folder = path.join(work, name);
    fs.cpSync(path.join(root, 'src/raft'), folder, {recursive: true});
    const file = path.join(folder, 'election.c');
    const text = fs.readFileSync(file, 'utf8'), changed = change(text);
    assert.notStrictEqual(changed, text);
    fs.writeFileSync(file, changed);
    return folder;
}

test('a crash of a Raft is the finding, and undo works', async (t) => {
    const {address} = await playing(t, '--raft', broken_raft('crash',
        (text) => text.replace('    int candidate = (int)args->candidate_id;\n',
            (line) => `${line}    *(volatile int *)0 = 1;\n`)));
    const page = await hands_on(t, address);
    await click(page, 'timeout S1', 'deliver S1>S2 RequestVote 1');
    assert.match(await page.textContent('#broken'), /crash/);
    await press(page, 'undo');
    assert.ok(await page.isHidden('#broken'));
    assert.strictEqual((await servers_of(page))[0].role, 'candidate');
});

test('a Raft that never rests is ended, and undo works', async (t) => {
    const {address} = await playing(t, '--raft', broken_raft('hang',
        (text) => text.replace('    int candidate = (int)args->candidate_id;\n',
            (line) => `${line}    for (volatile int i = 0; i >= 0; i = 1)\n` +
                '        continue;\n')));
    const page = await hands_on(t, address);
    await click(page, 'timeout S1', 'deliver S1>S2 RequestVote 1');
    assert.ok(await page.isVisible('#broken'));
    await press(page, 'undo');
    assert.ok(await page.isHidden('#broken'));
    assert.strictEqual(await script_of(page), 'servers 3\ntimeout S1\n');
});

test('an exit of a Raft is the finding, and undo works', async (t) => {
    const {address} = await playing(t, '--raft', broken_raft('exit',
        (text) => text.replace('    int candidate = (int)args->candidate_id;\n',
            (line) => `${line}    exit(3);\n`)));
    const page = await hands_on(t, address);
    await click(page, 'timeout S1', 'deliver S1>S2 RequestVote 1');
    assert.match(await page.textContent('#broken'),
        /exit status 3.*"deliver S1>S2 RequestVote 1"/s);
    await press(page, 'undo');
    assert.ok(await page.isHidden('#broken'));
    assert.strictEqual((await servers_of(page))[0].role, 'candidate');
});

test('a Raft gets a gigabyte of memory and no more', async (t) => {
    const {address} = await playing(t, '--raft', broken_raft('memory',
        (text) => text.replace('    int candidate = (int)args->candidate_id;\n',
            (line) => `${line}    char *at[64];\n    int n = 0;\n` +
                '    while (n < 64 && (at[n] = malloc(1 << 24)) != NULL)\n' +
                '        memset(at[n++], 1, 1 << 24);\n' +
                '    if (n == 64)\n        exit(9);\n' +
                '    while (n > 0)\n        free(at[--n]);\n')));
    const page = await hands_on(t, address);
    await click(page, 'timeout S1', ...votes('S1', 1, 'S2'));
    assert.ok(await page.isHidden('#broken'));
    assert.strictEqual((await servers_of(page))[0].role, 'leader');
});

test('a double click delivers; a click asks first', async (t) => {
    const {address} = await playing(t);
    const page = await hands_on(t, address);
    await click(page, 'timeout S1');
    const sign = page.locator('#net [data-message="S1>S2 RequestVote 1"]');
    await sign.dispatchEvent('click');
    assert.strictEqual(await script_of(page), 'servers 3\ntimeout S1\n');
    await sign.dispatchEvent('dblclick');
    await rest(page);
    assert.strictEqual(await script_of(page),
        'servers 3\ntimeout S1\ndeliver S1>S2 RequestVote 1\n');
});

test('a broken rule appears at the action that breaks it', async (t) => {
    const {address} = await playing(t, '--raft', broken_raft('twice',
        (text) => text.replace('rf->voted_for != NOBODY && rf->voted_for' +
            ' != candidate', 'false')));
    const page = await hands_on(t, address);
    await click(page, 'timeout S1', 'timeout S2', 'deliver S1>S3 RequestVote 1');
    assert.ok(await page.isHidden('#broken'));
    await click(page, 'deliver S2>S3 RequestVote 1');
    assert.match(await page.textContent('#broken'),
        /RV\.2.*"deliver S2>S3 RequestVote 1"/s);
    await click(page, 'timeout S1');
    assert.match(await page.textContent('#hands-said'), /undo/);
});

test('two browsers play side by side', async (t) => {
    const {address} = await playing(t);
    const [one, other] = [await hands_on(t, address),
        await hands_on(t, address)];
    await Promise.all([click(one, 'timeout S1', ...votes('S1', 1, 'S2')),
        click(other, 'timeout S3', ...votes('S3', 1, 'S2'))]);
    assert.strictEqual((await servers_of(one))[0].role, 'leader');
    assert.strictEqual((await servers_of(other))[2].role, 'leader');
    await Promise.all([press(one, 'undo'), click(other, 'crash S1')]);
    assert.deepStrictEqual((await servers_of(one)).map((s) => s.up),
        [true, true, true]);
    assert.strictEqual((await servers_of(one))[0].role, 'candidate');
    assert.deepStrictEqual((await servers_of(other)).map((s) => s.up),
        [false, true, true]);
});

// ------------------------------------------------------------- what is refused

function ask(address, {method = 'GET', path: what = '', headers = {}, body}) {
    const {hostname, port, pathname} = new URL(address);
    return new Promise((done, fail) => {
        const request = http.request({hostname, port, method,
            path: what.startsWith('/') ? what : pathname + what, headers},
        (answer) => {
            let text = '';
            answer.on('data', (piece) => { text += piece; });
            answer.on('end', () => done({status: answer.statusCode, text}));
        });
        request.on('error', fail);
        request.end(body);
    });
}

test('strangers are refused', async (t) => {
    const {address} = await playing(t);
    const {host, port} = new URL(address);
    const status = async (options) => (await ask(address, options)).status;
    assert.strictEqual(await status({}), 200);
    assert.strictEqual(await status({headers: {Host: `localhost:${port}`}}),
        200);
    for (const bad of ['evil.example', `evil.example:${port}`, '127.0.0.1',
        `${host}.evil.example`])
        assert.strictEqual(await status({headers: {Host: bad}}), 403, bad);
    assert.strictEqual(await status({method: 'POST', path: 'run',
        headers: {Origin: 'http://evil.example'}, body: ''}), 403);
    for (const bad of ['/', '/00000000000000000000000000000000/',
        new URL(address).pathname.slice(0, -2), '/../../etc/passwd'])
        assert.strictEqual(await status({path: bad}), 404, bad);
    assert.strictEqual(await status({method: 'PUT', body: ''}), 405);
    assert.strictEqual(await status({method: 'POST', path: 'run',
        body: 'x'.repeat(300000)}), 413);
    const wrong = await ask(address, {method: 'POST', path: 'run',
        body: 'fly S1\n'});
    assert.match(JSON.parse(wrong.text).error, /script:1: 'fly' is no action/);
    const outside = new net.Socket();
    await assert.rejects(new Promise((done, fail) => {
        outside.once('error', fail).connect(Number(port), '127.0.0.2', done);
    }));
});

test('a port in use, a wrong option, a trace of no script', (t) => {
    const run = (...options) => {
        const {status, stderr} = spawnSync(glassraft, ['play', ...options],
            {encoding: 'utf8', timeout: 60000});
        return {status, stderr};
    };
    return playing(t).then(({address}) => {
        const {port} = new URL(address);
        assert.deepStrictEqual(run('--port', port), {status: 2,
            stderr: `glassraft play: port ${port}: Address already in use\n`});
        assert.strictEqual(run('--servers', '10').status, 2);
        assert.strictEqual(run('--port', '70000').status, 2);
        assert.strictEqual(run('election').status, 2);
        assert.match(run('--trace', path.join(root, 'README.md')).stderr,
            /README\.md/);
    });
});
