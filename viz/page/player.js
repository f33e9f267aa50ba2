// player.js -- guided playback: from step to step with captions, by itself or
// by hand; a failing run plays the way to its finding and stops there.

class Player {
    constructor(page) {
        this.page = page;
        const {run} = page.state;
        this.bug = run.findings.length > 0;
        this.acts = make_steps(run);
        this.steps = this.bug ? finding_steps(run) : this.acts;
        this.now = -1;
        this.timer = null;
        this.speed = 1;
        element('play-bar').max = String(run.events.length - 1);
        element('player').hidden = this.steps.length === 0;
        this.label();
    }

    get playing() {
        return this.timer !== null;
    }

    // Milliseconds that a step is shown.
    get pause() {
        const seconds = this.bug
            ? Math.min(STEP_SECONDS * 2, FINDING_SECONDS / this.steps.length)
            : STEP_SECONDS;
        return seconds * 1000 / this.speed;
    }

    label() {
        const button = element('play');
        button.textContent = this.playing ? '❚❚ pause'
            : this.bug ? '▶ your bug in twenty seconds' : '▶ play';
        button.setAttribute('aria-pressed', String(this.playing));
    }

    show(step) {
        this.now = step;
        const {at, text} = this.steps[step];
        this.page.go_to(at);
        element('play-caption').textContent =
            `${step + 1}/${this.steps.length}  ${text}`;
        mark_step(this);
    }

    // By hand: from where the cursor is.
    step(direction) {
        const {at} = this.page.state;
        this.stop();
        let next = this.now >= 0 && this.steps[this.now].at === at
            ? this.now + direction
            : direction > 0 ? this.steps.findIndex((step) => step.at > at)
                : this.steps.findLastIndex((step) => step.at < at);
        if (next < 0 && direction > 0)
            next = this.steps.length - 1;
        this.show(Math.max(0, Math.min(this.steps.length - 1, next)));
    }

    tick() {
        if (this.now + 1 >= this.steps.length) {
            this.stop(); // at the finding, or at the end
            return;
        }
        this.show(this.now + 1);
        this.timer = setTimeout(() => this.tick(), this.pause);
    }

    play() {
        if (this.playing || this.steps.length === 0)
            return;
        const {at} = this.page.state, last = this.steps.length - 1;
        // From the cursor on; from the beginning when it is at the end.
        this.now = this.bug || at >= this.steps[last].at ? -1
            : this.steps.findIndex((step) => step.at > at) - 1;
        this.timer = 0;
        this.tick();
        this.label();
    }

    stop() {
        clearTimeout(this.timer);
        this.timer = null;
        this.label();
    }

    toggle() {
        if (this.playing)
            this.stop();
        else
            this.play();
    }

    // The bar follows the cursor, wherever it came from.
    follow(at) {
        element('play-bar').value = String(at);
    }
}

function mark_step(player) {
    const at = player.steps[player.now].at;
    for (const item of document.querySelectorAll('#acts li'))
        item.toggleAttribute('aria-current', Number(item.dataset.at) === at);
}

// The list that the page opens on.
function show_acts(player) {
    const {state} = player.page, list = make_element('ol',
        {className: 'links', id: 'acts'});
    for (const step of player.acts) {
        const link = link_to(state, step.at, step.text);
        if (step.act && state.run.acts.length > 0)
            link.classList.add('strong');
        const item = make_element('li', {},
            make_element('time', {textContent:
                milliseconds(state.run.events[step.at].us)}), link);
        item.dataset.at = String(step.at);
        list.append(item);
    }
    const box = element('story');
    const title = state.run.acts.length > 0 ? 'The acts of this run'
        : 'What happened in this run';
    box.prepend(make_element('h3', {textContent: title}), list);
}

function listen_to_player(player) {
    element('play').addEventListener('click', () => player.toggle());
    element('play-back').addEventListener('click', () => player.step(-1));
    element('play-on').addEventListener('click', () => player.step(1));
    element('play-speed').addEventListener('change', (event) => {
        player.speed = Number(event.target.value);
    });
    element('play-bar').addEventListener('input', (event) => {
        player.stop();
        const {state} = player.page, at = Number(event.target.value);
        const shown = next_shown(state, at - 1, 1);
        player.page.go_to(shown >= 0 ? shown : at);
        element('play-bar').value = String(at);
        element('play-caption').textContent = sentence_of(state.run, state.at);
    });
}
