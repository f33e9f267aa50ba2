// search.js -- the events whose line holds every word that is asked for.
//
// A word S3 means events at, from or to that server; anything else is sought
// in the line of the trace and in what describe() says, whatever its case.

function server_test(word) {
    const match = /^s(\d+)$/.exec(word);
    if (match === null)
        return null;
    const server = Number(match[1]) - 1;
    return (event) => event.node === server ||
        (between_servers.has(event.ev) &&
         (event.to === server || event.from === server));
}

function text_test(run, word) {
    return (event, at) => run.lower[at].includes(word);
}

// What stands for the events in a search, made when first asked for.
function search_texts(run) {
    if (run.lower === undefined)
        run.lower = run.lines.map((line, at) =>
            `${line} ${describe(run.events[at])}`.toLowerCase());
    return run.lower;
}

// Positions of the events that a query finds, in order; none for no query.
function find_all(run, query) {
    const words = query.toLowerCase().split(/\s+/).filter((w) => w !== '');
    if (words.length === 0)
        return [];
    search_texts(run);
    const tests = words.map((word) => server_test(word) ||
        text_test(run, word));
    const found = [];
    run.events.forEach((event, at) => {
        if (tests.every((test) => test(event, at)))
            found.push(at);
    });
    return found;
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
