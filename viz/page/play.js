// play.js -- glassraft play: the page with hands.
//
// The truth is the script, a list of actions. After each change the server runs
// the whole of it on a new cluster, and the page shows the trace of that: to
// undo is to run the script without its last action.

const SPEEDS = [0.25, 0.5, 1, 2, 4, 8]; // actions a second, on its own

// "S1>S2 AppendEntries 3 reply held", as a script's `show` notes it.
function message_of_note(text) {
    const [, from, to, method] = /^S(\d)>S(\d) (\S+)/.exec(text);
    const held = text.endsWith(' held');
    const name = held ? text.slice(0, -5) : text;
    return {name, held, from: from - 1, to: to - 1, method,
        reply: name.endsWith(' reply')};
}

// The lines of a script without comments; the first says how many servers.
function actions_of(script) {
    const lines = script.split('\n')
        .map((line) => line.replace(/(^| )#.*/, '').trim())
        .filter((line) => line !== '');
    const sized = /^servers\s+(\d)$/.exec(lines[0] || '');
    return {servers: sized ? Number(sized[1]) : 3,
        actions: sized ? lines.slice(1) : lines};
}

// What the trace says until `show`: the rest is the end of the run, which is
// not played. A finding comes before that.
function split_trace(text) {
    const lines = text.split('\n').filter((line) => line !== '');
    const notes = lines.map((line) => {
        const event = JSON.parse(line);
        return event.ev === 'note' ? event : null;
    });
    const end = notes.findLastIndex((note) => note !== null &&
        note.topic === 'script' && note.text === 'show');
    const of = (topic) => notes.filter((note) => note !== null &&
        note.topic === topic).map((note) => note.text);
    return {lines: end < 0 ? lines : lines.slice(0, end),
        ended: end < 0, flight: of('in flight').map(message_of_note),
        said: of('script')};
}

class Hands {
    constructor(data, start) {
        this.data = data;
        this.raft = start.raft;
        this.page = null;
        this.undone = [];
        this.chosen = null;
        this.broken = null;
        this.lesson = -1;
        this.timer = null;
        this.queue = Promise.resolve();
        this.net = new Net(this, element('net'));
        const {servers, actions} = actions_of(start.script);
        this.size = servers;
        this.actions = actions;
    }

    script() {
        return [`servers ${this.size}`, ...this.actions, ''].join('\n');
    }

    // One after the other, in the order in which they were asked for.
    later(work) {
        this.queue = this.queue.then(work).catch((error) =>
            this.say(`The server does not answer: ${error.message}`));
        return this.queue;
    }

    async ask(what, body) {
        const options = body === undefined ? {} : {method: 'POST', body};
        const answer = await fetch(what, options);
        return {good: answer.ok, status: answer.status,
            text: await answer.text()};
    }

    // Runs the script as it is, and shows what came of it.
    async refresh() {
        const answer = await this.ask('run', this.script());
        const result = answer.good ? JSON.parse(answer.text)
            : {error: answer.text};
        if (result.error !== undefined)
            return result.error;
        if (result.trace === '')
            return this.ended_without_trace(result);
        const {lines, ended, flight, said} = split_trace(result.trace);
        const last = said[said.length - (ended ? 1 : 2)] || '';
        this.flight = flight;
        this.broken = result.passed ? null : {...result, action: last};
        this.show(make_run([lines.join('\n')]));
        return last.startsWith('skipped: ') ? last.slice(9) : '';
    }

    // Of a process that ended itself: the picture is what was before.
    ended_without_trace(result) {
        this.broken = {...result, action: this.actions.at(-1) || ''};
        if (this.page === null)
            this.draw_broken();
        else
            this.draw();
        return '';
    }

    show(run) {
        if (this.page === null)
            this.page = open_run(run, this.data);
        else
            this.page.replace(run);
        element('summary').textContent = `${this.raft}, ` +
            `${run.events.length} events`;
        this.run = run;
        this.model = model_at(run, run.events.length - 1);
        this.page.go_to(run.failures.length > 0 ? run.failures[0]
            : run.events.length - 1);
        this.draw();
    }

    // ---------------------------------------------------- what can be done

    act(line) {
        return this.later(async () => {
            if (this.broken !== null)
                return this.say('A rule is broken: undo, and go another way.');
            this.actions.push(line);
            const why = await this.refresh();
            if (why === '') {
                this.undone = [];
                return this.say('');
            }
            this.actions.pop();
            await this.refresh();
            return this.say(`${line}: not possible: ${why}`);
        });
    }

    undo() {
        return this.later(async () => {
            if (this.actions.length === 0)
                return this.say('This is the beginning.');
            this.undone.push(this.actions.pop());
            this.say('');
            return this.refresh();
        });
    }

    redo() {
        return this.later(async () => {
            if (this.undone.length === 0)
                return this.say('There is nothing to do again.');
            this.actions.push(this.undone.pop());
            this.say('');
            return this.refresh();
        });
    }

    begin(servers, actions) {
        return this.later(async () => {
            this.size = servers;
            this.actions = actions;
            this.undone = [];
            this.say(await this.refresh());
        });
    }

    is_cut(a, b) {
        let cut = false;
        for (const line of this.actions) {
            const [verb, one, other] = line.split(/\s+/);
            const here = [`S${a + 1}`, `S${b + 1}`];
            if (verb === 'heal' && one === undefined)
                cut = false;
            else if ((verb === 'cut' || verb === 'heal') &&
                     here.includes(one) && here.includes(other))
                cut = verb === 'cut';
        }
        return cut;
    }

    toggle_link(a, b) {
        const verb = this.is_cut(a, b) ? 'heal' : 'cut';
        return this.act(`${verb} S${a + 1} S${b + 1}`);
    }

    // What would come next by itself: the message that waits for longest, else
    // a leader's heartbeat, else somebody's election timer.
    next_by_itself() {
        const waiting = this.flight.find((message) => !message.held);
        if (waiting !== undefined)
            return `deliver ${waiting.name}`;
        const leader = model_leader(this.model);
        if (leader >= 0 && !this.model.servers[leader].paused)
            return `heartbeat S${leader + 1}`;
        const up = this.model.servers.map((s, i) => [s, i])
            .filter(([s]) => s.up && !s.paused);
        return up.length === 0 ? null
            : `timeout S${up[this.actions.length % up.length][1] + 1}`;
    }

    async step() {
        await this.queue;
        const line = this.next_by_itself();
        if (line === null || this.broken !== null)
            this.go(false);
        else
            await this.act(line);
    }

    go(on) {
        clearTimeout(this.timer);
        this.timer = null;
        element('run').setAttribute('aria-pressed', on);
        element('run').textContent = on ? 'pause' : 'run';
        if (!on)
            return;
        const wait = 1000 / SPEEDS[element('speed').value];
        this.timer = setTimeout(async () => {
            await this.step();
            if (this.timer !== null)
                this.go(true);
        }, wait);
    }

    choose(name) {
        this.chosen = this.chosen === name ? null : name;
        this.draw();
    }

    say(text) {
        element('hands-said').textContent = text;
    }

    // ------------------------------------------------------------- drawing

    draw() {
        if (!this.flight.some((message) => message.name === this.chosen))
            this.chosen = null;
        this.net.draw();
        this.draw_choice();
        this.draw_broken();
        element('servers').replaceChildren(...this.model.servers
            .map((server, i) => this.server_row(server, i)));
        element('flight').replaceChildren(...this.flight.map((message) =>
            make_element('li', {}, `${message.name}${message.held
                ? ' (held) ' : ' '}`, ...this.verbs(message))));
        element('actions').replaceChildren(...this.actions.map((line) =>
            make_element('li', {textContent: line})));
        const list = element('actions');
        list.scrollTop = list.scrollHeight;
        element('undo').disabled = this.actions.length === 0;
        element('redo').disabled = this.undone.length === 0;
        this.draw_lesson();
    }

    button(text, line, title) {
        const button = make_element('button', {textContent: text,
            title: title || line});
        button.addEventListener('click', () => this.act(line));
        return button;
    }

    verbs(message) {
        const verbs = message.reply ? ['deliver', 'lose', 'hold']
            : ['deliver', 'lose', 'double', 'hold'];
        return verbs.filter((verb) => verb !== 'hold' || !message.held)
            .map((verb) => this.button(verb, `${verb} ${message.name}`));
    }

    draw_choice() {
        const box = element('choice');
        const message = this.flight.find(({name}) => name === this.chosen);
        box.hidden = message === undefined;
        if (message !== undefined)
            box.replaceChildren(`${message.name}: `, ...this.verbs(message));
    }

    draw_broken() {
        const box = element('broken'), {broken} = this;
        box.hidden = broken === null;
        if (broken === null)
            return;
        const tag = broken.tag === '' ? '' : ` [${broken.tag}]`;
        const at = broken.action === '' ? ''
            : `It came with the action "${broken.action}". `;
        box.replaceChildren(
            make_element('b', {textContent: `${broken.property}${tag}`}),
            make_element('p', {textContent: broken.text}),
            make_element('p', {className: 'quiet',
                textContent: `${at}Undo goes back.`}));
    }

    server_row(server, i) {
        const name = `S${i + 1}`;
        const box = make_element('div', {className: 'buttons'},
            make_element('b', {textContent: name}));
        if (!server.up) {
            box.append(this.button('restart', `restart ${name}`));
            return box;
        }
        const command = make_element('input', {
            value: `x=${this.actions.length + 1}`, maxLength: 40});
        command.setAttribute('aria-label', `command for ${name}`);
        const give = make_element('button', {textContent: 'command',
            title: `give ${name} this command`});
        give.addEventListener('click', () =>
            this.act(`command ${name} ${command.value.trim() || 'x'}`));
        const snapshot = this.button('snapshot',
            `snapshot ${name} ${server.last_applied}`);
        snapshot.disabled = server.last_applied <= server.last_included_index;
        box.append(this.button('timeout', `timeout ${name}`),
            this.button('heartbeat', `heartbeat ${name}`), command, give,
            this.button('crash', `crash ${name}`),
            server.paused ? this.button('resume', `resume ${name}`)
                : this.button('pause', `pause ${name}`), snapshot);
        return box;
    }

    draw_lesson() {
        const lesson = lessons[this.lesson], box = element('lesson');
        if (lesson === undefined) {
            box.replaceChildren();
            return;
        }
        const done = this.broken === null && lesson.done(this.run, this.model);
        const open = new Set([...box.querySelectorAll('details')]
            .filter((one) => one.open).map((one) => one.dataset.hint));
        box.replaceChildren(make_element('p', {textContent: lesson.goal}),
            ...lesson.hints.map((hint, i) => {
                const details = make_element('details', {
                    open: open.has(String(i))},
                make_element('summary', {textContent: `hint ${i + 1}`}), hint);
                details.dataset.hint = i;
                return details;
            }),
            make_element('p', {className: done ? 'done' : 'quiet',
                textContent: done ? 'Reached.' : 'Not reached yet.'}));
    }

    // ------------------------------------------------------------- scripts

    async save() {
        const name = element('script-name').value.trim();
        const where = `save?name=${encodeURIComponent(name)}`;
        let answer = await this.ask(where, this.script());
        if (answer.status === 409 &&
            confirm(`${name} is there already. Replace it?`))
            answer = await this.ask(`${where}&over=1`, this.script());
        this.say(answer.good ? `Saved as ${name}. Run it again with: ` +
            `glassraft run --script ${name}` : `Not saved: ${answer.text}.`);
        await this.list_scripts();
    }

    async load() {
        const name = element('scripts').value;
        const answer = await this.ask(
            `script?name=${encodeURIComponent(name)}`);
        if (!answer.good)
            return this.say(`${name}: ${answer.text}.`);
        const {servers, actions} = actions_of(answer.text);
        element('script-name').value = name;
        return this.begin(servers, actions);
    }

    async list_scripts() {
        const answer = await this.ask('scripts');
        const names = answer.good ? JSON.parse(answer.text) : [];
        element('scripts').replaceChildren(...names.map((name) =>
            make_element('option', {textContent: name, value: name})));
        element('load-script').disabled = names.length === 0;
    }

    take_lesson(i) {
        this.lesson = i;
        return lessons[i] === undefined ? this.draw_lesson()
            : this.begin(lessons[i].servers, []);
    }

    listen() {
        const on = (id, what) => element(id).addEventListener('click', what);
        on('undo', () => this.undo());
        on('redo', () => this.redo());
        on('next-message', () => {
            const message = this.flight.find((one) => !one.held);
            if (message === undefined)
                this.say('Nothing is in flight.');
            else
                this.act(`deliver ${message.name}`);
        });
        on('all-messages', () => this.act('deliver all'));
        on('heal', () => this.act('heal'));
        on('run', () => this.go(this.timer === null));
        addEventListener('keydown', (event) => {
            const key = event.ctrlKey ? event.key.toLowerCase() : '';
            if ((key !== 'z' && key !== 'y') ||
                event.target.tagName === 'INPUT')
                return;
            event.preventDefault();
            if (key === 'y' || event.shiftKey)
                this.redo();
            else
                this.undo();
        });
        on('save-script', () => this.save());
        on('load-script', () => this.load());
        on('new-script', () => this.begin(Number(element('size').value), []));
        const names = ['no lesson', ...lessons.map((lesson) => lesson.name)];
        element('lessons').append(...names.map((name, i) =>
            make_element('option', {textContent: name, value: i - 1})));
        element('lessons').addEventListener('change', (event) =>
            this.take_lesson(Number(event.target.value)));
    }
}

async function start_to_play() {
    const start = JSON.parse(unescape_trace(element('start').textContent));
    const data = JSON.parse(element('paint').textContent);
    const hands = new Hands(data, start);
    hands.listen();
    await hands.list_scripts();
    await hands.later(async () => hands.say(await hands.refresh()));
    return hands;
}

window.playing = start_to_play();
window.playing.then((hands) => { window.hands = hands; });
