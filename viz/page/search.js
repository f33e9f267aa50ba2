// search.js -- the events that a query finds: by structure, or by words.
//
// S3 means events at, from or to that server; commit and the other kinds of
// events mean that kind; term=4, role=leader, index=7 and the other operators
// ask for what an event says. Any other word is sought in the line of the trace
// and in what describe() says, whatever its case. All words must hold.

const covers = (first, n, index) => index >= first && index < first + n;

// Does an event concern the entry of an index?
function concerns(event, index) {
    const n = Array.isArray(event.entries) ? event.entries.length : 0;
    switch (event.ev) {
    case 'append':
        return covers(event.index, n, index);
    case 'start':
    case 'apply':
        return event.index === index;
    case 'truncate':
        return event.index <= index;
    case 'commit':
        return event.from < index && index <= event.to;
    case 'compact':
    case 'install':
        return index <= event.last_included_index;
    case 'send': {
        const {entries, prev_log_index} = event.args || {};
        return Array.isArray(entries) &&
            covers(prev_log_index + 1, entries.length, index);
    }
    default:
        return false;
    }
}

// Operators: what they say of themselves, and their test.
const operators = {
    term: ['events of term 4', (event, value) => {
        const term = Number(value);
        return event.term === term || (event.args || {}).term === term ||
            (event.ev === 'term' && event.to === term);
    }],
    role: ['a server becomes leader, candidate or follower',
        (event, value) => event.ev === 'role' && event.to === value],
    index: ['what concerns entry 7',
        (event, value) => concerns(event, Number(value))],
    rule: ['events that obey [L.4]', (event, value) =>
        (event.rule || event.tag || '').toLowerCase() === value],
    msg: ['a message and its answer',
        (event, value) => event.msg === Number(value)],
    rpc: ['messages of a call',
        (event, value) => (event.rpc || '').toLowerCase() === value],
    why: ['lost, unplugged, dead ...',
        (event, value) => (event.why || '').toLowerCase() === value],
    n: ['the event of a number', (event, value) => event.n === Number(value)],
};

function server_test(word) {
    const match = /^s(\d+)$/.exec(word);
    if (match === null)
        return null;
    const server = Number(match[1]) - 1;
    return (event) => event.node === server ||
        (between_servers.has(event.ev) &&
         (event.to === server || event.from === server));
}

function structure_test(word) {
    const at = word.indexOf('=');
    const operator = at > 0 ? operators[word.slice(0, at)] : undefined;
    if (operator !== undefined && at < word.length - 1) {
        const value = word.slice(at + 1);
        return (event) => operator[1](event, value);
    }
    if (sentences[word] !== undefined || reports[word] !== undefined)
        return (event) => event.ev === word;
    return null;
}

function text_test(run, word) {
    return (event, at) => run.lines[at].toLowerCase().includes(word) ||
        describe(event).toLowerCase().includes(word);
}

// The test of a query; null for none. What is cheap is asked first.
function test_of(run, query) {
    const words = query.toLowerCase().split(/\s+/).filter((w) => w !== '');
    if (words.length === 0)
        return null;
    const cheap = [], dear = [];
    for (const word of words) {
        const test = server_test(word) || structure_test(word);
        if (test !== null)
            cheap.push(test);
        else
            dear.push(text_test(run, word));
    }
    const tests = [...cheap, ...dear];
    return (event, at) => tests.every((test) => test(event, at));
}

// Positions of the events that a query finds, in order; none for no query.
function find_all(run, query) {
    const test = test_of(run, query), found = [];
    if (test !== null)
        run.events.forEach((event, at) => {
            if (test(event, at))
                found.push(at);
        });
    return found;
}

// The same in slices, so that a keystroke is never waited for: calls
// tell(found, done) after each. Gives a function that ends it.
function find_slowly(run, query, tell) {
    const SLICE_MS = 12, test = test_of(run, query), found = [];
    let at = 0, timer = null;
    const slice = () => {
        const end = performance.now() + SLICE_MS;
        while (test !== null && at < run.events.length) {
            const stop = Math.min(run.events.length, at + 200);
            for (; at < stop; at++)
                if (test(run.events[at], at))
                    found.push(at);
            if (performance.now() > end)
                break;
        }
        const done = test === null || at >= run.events.length;
        if (!done)
            timer = setTimeout(slice, 0);
        tell(found, done);
    };
    slice();
    return () => clearTimeout(timer);
}

// The next of a growing list of positions in a direction, round the end.
function next_of(list, at, direction) {
    if (list.length === 0)
        return -1;
    const i = first_from(list.length, (k) => list[k], at);
    if (direction > 0)
        return list[list[i] === at ? i + 1 : i] !== undefined
            ? list[list[i] === at ? i + 1 : i] : list[0];
    return i > 0 ? list[i - 1] : list[list.length - 1];
}
