// words.js -- an event in a sentence, and its place among the groups.

// Findings in words, by their stable names in traces.
const headlines = new Map();

// Of a report of the simulator what comes before its stacks.
function what_happened(text) {
    return text.split('\n  virtual time ')[0].replace(/\s+/g, ' ').trim();
}

function headline(finding) {
    return headlines.get(finding.property) || finding.property;
}

function server_name(node) {
    return node === null || node === undefined ? 'the harness'
        : `S${node + 1}`;
}

// Cut, not rounded, so that later is never less; exact to the microsecond.
function milliseconds(us, exact) {
    const seconds = us >= 10000000;
    if (exact)
        return seconds ? `${(us / 1e6).toFixed(6)}s`
            : `${(us / 1000).toFixed(3)}ms`;
    return seconds ? `${(Math.floor(us / 1000) / 1000).toFixed(3)} s`
        : `${(Math.floor(us / 100) / 10).toFixed(1)} ms`;
}

function because(event) {
    return event.why ? ` (${event.why})` : '';
}

function span(first, last) {
    return last > first ? `${first}..${last}` : `${first}`;
}

function entries_words(event) {
    const n = event.entries.length;
    if (n === 0)
        return 'no entry';
    const word = n === 1 ? 'entry' : 'entries';
    return `${word} ${span(event.index, event.index + n - 1)}`;
}

function args_words(args) {
    if (args === undefined)
        return '';
    const words = [];
    for (const [name, value] of Object.entries(args))
        if (name === 'entries')
            words.push(value.length === 1 ? '1 entry'
                : `${value.length} entries`);
        else if (value === null || typeof value !== 'object')
            words.push(`${name} ${name === 'candidate_id' ||
                name === 'leader_id' ? server_name(value) : value}`);
    return words.length > 0 ? `: ${words.join(', ')}` : '';
}

const sentences = {
    boot: (e) => `starts in term ${e.term} with ` + (e.entries.length > 0
        ? `entries up to ${e.last_included_index + e.entries.length}`
        : e.last_included_index > 0
            ? `a snapshot up to ${e.last_included_index}` : 'an empty log'),
    timeout: (e) => 'hears from no leader: election timeout after ' +
        milliseconds(e.waited_us),
    role: (e) => (e.to === 'leader' ? `wins term ${e.term}, is its leader`
        : `becomes ${e.to} in term ${e.term}`) + because(e),
    term: (e) => `goes from term ${e.from} to ${e.to}${because(e)}`,
    vote: (e) => `votes for ${server_name(e.voted_for)} in term ${e.term}`,
    start: (e) => e.accepted
        ? `takes the command ${e.command || ''} as entry ${e.index} ` +
          `of term ${e.term}`
        : `refuses the command ${e.command || ''}: it does not lead`,
    append: (e) => `appends ${entries_words(e)}`,
    truncate: (e) => `drops entries from ${e.index} on`,
    next: (e) => `sets next_index of ${server_name(e.peer)} to ${e.to}`,
    match: (e) => `sets match_index of ${server_name(e.peer)} to ${e.to}`,
    commit: (e) => `commits up to ${e.to} (was ${e.from})`,
    apply: (e) => `applies ${e.snapshot ? 'a snapshot up to' : 'entry'} ` +
        `${e.index}${e.command ? ` ${e.command}` : ''}`,
    persist: (e) => `saves term ${e.term}, vote ` +
        `${e.voted_for === null ? 'none' : server_name(e.voted_for)}, ` +
        `log up to ${e.last_index}`,
    saved: (e) => e.known ? `saved term ${e.term}, vote ` +
        `${e.voted_for === null ? 'none' : server_name(e.voted_for)}, ` +
        `log up to ${e.last_index}` : `saved ${e.bytes} bytes`,
    compact: (e) => `takes a snapshot up to ${e.last_included_index}`,
    install: (e) => `installs a snapshot up to ${e.last_included_index}`,
    kill: () => 'is told to stop',
    refuse: (e) => `refuses${because(e)}`,
    send: (e) => `sends ${e.rpc} to ${server_name(e.to)}` +
        `${e.duplicate ? ' (a second copy)' : ''}${args_words(e.args)}`,
    recv: (e) => `receives ${e.rpc} from ${server_name(e.from)}`,
    reply: (e) => `replies to ${e.rpc} from ${server_name(e.to)}` +
        args_words(e.args),
    reply_recv: (e) => `receives the reply from ${server_name(e.from)} ` +
        `to ${e.rpc}`,
    crash: () => 'crashes',
    restart: () => 'restarts',
    pause: (e) => e.paused ? 'is paused' : 'is resumed',
    connect: () => 'is connected',
    disconnect: () => 'is disconnected',
};

function groups_words(groups) {
    const sides = [];
    groups.forEach((group, server) => {
        (sides[group] = sides[group] || []).push(server_name(server));
    });
    return sides.filter((side) => side).map((side) => side.join(' '))
        .join(' | ');
}

function operation_words(e) {
    const value = e.value || 'nothing';
    if (e.ev === 'return')
        return `${e.call || 'an operation'} ${e.key || ''} ` +
            (e.call === 'get' && e.result === 'ok'
                ? `returned ${value}` : `ended: ${e.result}`);
    return {
        get: `get ${e.key}`, put: `put ${e.key}=${value}`,
        append: `append ${value} to ${e.key}`,
        cas: `cas ${e.key} from ${e.expected || 'nothing'} to ${value}`,
    }[e.call] || `${e.call} ${e.key}`;
}

// What happens to no one server.
const reports = {
    invoke: (e) => `client ${e.client} asks: ${operation_words(e)}`,
    return: (e) => `client ${e.client}: ${operation_words(e)}`,
    drop: (e) => `${e.rpc}${e.leg === 'reply' ? ' reply' : ''} from ` +
        `${server_name(e.from)} to ${server_name(e.to)} is lost` + because(e),
    link: (e) => `link ${server_name(e.from)} to ${server_name(e.to)} ` +
        (e.up ? 'restored' : 'cut'),
    partition: (e) => `partition: ${groups_words(e.groups)}`,
    heal: () => 'the partition heals',
    network: (e) => `network: ${e.text}`,
    check: (e) => `check ${e.what}: ${e.answer || ''} ` +
        (e.ok ? '✓' : '✗'),
    act: (e) => `— ${e.text} —`,
    note: (e) => `${e.topic ? `${e.topic}: ` : ''}${e.text}`,
    finding: (e) => `${headline(e)}${e.tag ? ` [${e.tag}]` : ''}: ` +
        what_happened(e.text),
    verdict: (e) => `verdict: ${e.result}` +
        (e.text ? `, ${what_happened(e.text)}` : ''),
};

// A trace may leave out what a sentence wants to say.
function describe(event) {
    try {
        if (sentences[event.ev] !== undefined)
            return `${server_name(event.node)} ${sentences[event.ev](event)}`;
        if (reports[event.ev] !== undefined)
            return (event.node !== undefined && event.ev === 'note'
                ? `${server_name(event.node)} ` : '') +
                reports[event.ev](event);
    } catch (error) {
        // Falls through to the bare kind.
    }
    return event.ev;
}

// The groups of the legend, in its order: name, what it says, shown at first.
const groups = [
    ['votes', 'RequestVote', true],
    ['appends', 'AppendEntries', true],
    ['snapshots', 'InstallSnapshot', true],
    ['others', 'other messages', true],
    ['replies', 'answers', true],
    ['heartbeats', 'heartbeats', false],
    ['clients', 'client commands', true],
    ['entries', 'entries and commits', true],
    ['refused', 'refused commands', false],
    ['bookkeeping', 'apply, persist, next, match', false],
    ['timers', 'election timers', false],
    ['notes', 'checks and notes', true],
];

const group_of_rpc = {
    RequestVote: 'votes', AppendEntries: 'appends',
    InstallSnapshot: 'snapshots',
};

const group_of_kind = {
    append: 'entries', truncate: 'entries', commit: 'entries',
    compact: 'entries', install: 'entries',
    apply: 'bookkeeping', persist: 'bookkeeping', next: 'bookkeeping',
    match: 'bookkeeping', check: 'notes', note: 'notes',
    invoke: 'clients', return: 'clients',
};

// Rules of Figure 2 by their tag's letters.
const rule_books = {
    AE: 'AppendEntries receiver', RV: 'RequestVote receiver',
    IS: 'InstallSnapshot receiver', ALL: 'all servers', F: 'followers',
    C: 'candidates', L: 'leaders', P: 'properties of Figure 3',
};

function rule_words(tag) {
    const [book, number] = tag.split('.');
    return rule_books[book] === undefined ? tag
        : `[${tag}] rule ${number} of ${rule_books[book]}`;
}
