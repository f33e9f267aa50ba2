// stories.js -- what `why` says of events, and the steps of a guided tour.
//
// The sentences come with the page, in the words of viz/why/why_words.c; the
// page only chooses which to show. A step is {at, text, act}: an event, its
// caption, and whether a new act begins with it.

const MOST_STEPS = 400;
const FINDING_SECONDS = 20, STEP_SECONDS = 2.2;

function read_stories(run, text) {
    let read = {};
    try {
        read = JSON.parse(text || '{}');
    } catch (error) {
        run.notice = run.notice || 'the sentences of this page are damaged';
    }
    run.stories = {events: read.events || {}, rules: read.rules || {},
        finding: read.finding || null};
}

// {text, rule, causes: positions} of an event, or null.
function story_of(run, at) {
    const event = run.events[at];
    if (run.stories === undefined || event === undefined)
        return null;
    if (event.ev === 'finding' && run.stories.finding !== null)
        return {text: describe(event), rule: event.tag || '',
            causes: finding_facts(run).map((fact) => fact.at)};
    const story = run.stories.events[event.n];
    return story === undefined ? null : {text: story[0], rule: story[1],
        causes: story[2].map((n) => find_event(run, n)).filter((i) => i >= 0)};
}

// A sentence for an event: of `why` where it has one.
function sentence_of(run, at) {
    const story = story_of(run, at);
    return story === null ? describe(run.events[at]) : story.text;
}

function rule_sentence(run, tag) {
    const says = run.stories === undefined ? undefined
        : run.stories.rules[tag];
    return says === undefined ? rule_words(tag) : `[${tag}] ${says}`;
}

// The facts that the first finding rests on, in order.
function finding_facts(run) {
    const story = run.stories === undefined ? null : run.stories.finding;
    if (story === null || !Array.isArray(story.facts))
        return [];
    return story.facts.filter((fact) => fact.needed || fact.asked)
        .map((fact) => ({at: find_event(run, fact.n), text: fact.text}))
        .filter((fact) => fact.at >= 0).sort((a, b) => a.at - b.at);
}

// All that an event rests on, as far as sentences tell: the ring around a
// quorum and what its members rest on.
function rests_on(run, at) {
    const all = new Set(), ahead = [[at, 0]];
    while (ahead.length > 0 && all.size < 200) {
        const [now, depth] = ahead.pop();
        const story = story_of(run, now);
        if (story === null || depth > 3)
            continue;
        for (const cause of story.causes)
            if (!all.has(cause)) {
                all.add(cause);
                ahead.push([cause, depth + 1]);
            }
    }
    return all;
}

// ------------------------------------------------------------------ the acts

// What happens to the cluster, named by what happened; for runs without acts
// these are the acts.
function headline_of(run, event, at) {
    switch (event.ev) {
    case 'role':
        return event.to === 'leader' ? sentence_of(run, at) : null;
    case 'crash':
    case 'restart':
    case 'disconnect':
    case 'partition':
    case 'heal':
        return describe(event);
    case 'pause':
        return event.paused ? describe(event) : null;
    case 'truncate':
    case 'install':
        return sentence_of(run, at);
    case 'finding':
        return describe(event);
    default:
        return null;
    }
}

function make_steps(run) {
    const steps = [], has_acts = run.acts.length > 0;
    let highest = 0, fresh = false; // has a new leader committed nothing yet?
    run.events.forEach((event, at) => {
        if (steps.length >= MOST_STEPS)
            return;
        if (event.ev === 'act') {
            steps.push({at, text: event.text || 'an act', act: true});
            return;
        }
        let text = headline_of(run, event, at);
        if (event.ev === 'commit' && event.to > highest) {
            highest = event.to;
            text = fresh ? sentence_of(run, at) : null;
            fresh = false;
        }
        fresh = fresh || (event.ev === 'role' && event.to === 'leader');
        if (text !== null)
            steps.push({at, text, act: !has_acts});
    });
    return steps;
}

// "Your bug in twenty seconds": the facts that the finding rests on, and it.
function finding_steps(run) {
    const at = run.findings[0];
    const steps = finding_facts(run).filter((fact) => fact.at < at)
        .map((fact) => ({...fact, act: false}));
    steps.push({at, text: describe(run.events[at]), act: true});
    return steps;
}
