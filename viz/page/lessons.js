// lessons.js -- six goals to reach by hand. Each looks at the run's events and
// at the state after them, never at how one got there.

function up_servers(model) {
    return model.servers.filter((server) => server.up);
}

function has_leader(model) {
    return model.servers.some((s) => s.up && s.role === 'leader');
}

function same_logs(servers) {
    const text = (server) => JSON.stringify([server.last_included_index,
        server.entries.map((entry) => [entry.term, entry.command])]);
    return servers.every((server) => text(server) === text(servers[0]));
}

// A server was down while another appended an entry, came back, and has by now
// what the others have.
function was_repaired(run, model) {
    const missed = new Set(), down = new Set();
    let came_back = false;
    for (const event of run.events) {
        if (event.ev === 'crash')
            down.add(event.node);
        else if (event.ev === 'append')
            down.forEach((server) => missed.add(server));
        else if (event.ev === 'boot' && down.delete(event.node))
            came_back ||= missed.has(event.node);
    }
    const [first] = model.servers;
    return came_back && up_servers(model).length === model.servers.length &&
        same_logs(model.servers) && last_index(first) > 0 &&
        model.servers.every((s) => s.commit_index === last_index(s));
}

// Two candidates of one term, all votes of the term given, and no leader.
function is_split(run, model) {
    const term = Math.max(...model.servers.map((s) => s.current_term));
    const servers = up_servers(model).filter((s) => s.current_term === term);
    const led = run.events.some((event) => event.ev === 'role' &&
        event.to === 'leader' && whole(event.term) === term);
    return !led && servers.length === model.servers.length &&
        servers.filter((s) => s.role === 'candidate').length >= 2 &&
        servers.every((s) => s.voted_for !== null);
}

// What a leader took from a client, and nobody acknowledged, is cut off there.
function lost_its_entry(run) {
    const taken = new Map(); // server -> index -> term, as leader
    const model = model_make(run.header.servers);
    let lost = false;
    for (const event of run.events) {
        const {node} = event;
        if (event.ev === 'truncate' && taken.has(node)) {
            const server = model.servers[node];
            for (const [index, term] of taken.get(node))
                lost ||= index >= whole(event.index) &&
                    term_at(server, index) === term &&
                    holders(model, index, term) === 1;
        }
        if (event.ev === 'start' && event.accepted) {
            if (!taken.has(node))
                taken.set(node, new Map());
            taken.get(node).set(whole(event.index), whole(event.term));
        }
        model_step(model, event);
    }
    return lost;
}

function holders(model, index, term) {
    return model.servers.filter((s) => term_at(s, index) === term).length;
}

// Figure 8: an entry that a majority holds is overwritten all the same.
function majority_was_overwritten(run) {
    const model = model_make(run.header.servers);
    const most = new Set(); // index:term that a majority has held
    let overwritten = false;
    for (const event of run.events) {
        const server = model.servers[event.node];
        if (event.ev === 'truncate' && server !== undefined)
            for (let i = whole(event.index); i <= last_index(server); i++)
                overwritten ||= most.has(`${i}:${term_at(server, i)}`);
        model_step(model, event);
        if (event.ev === 'append')
            note_majorities(model, server, most);
    }
    return overwritten;
}

function note_majorities(model, server, most) {
    for (let i = server.last_included_index + 1; i <= last_index(server); i++)
        if (2 * holders(model, i, term_at(server, i)) > model.servers.length)
            most.add(`${i}:${term_at(server, i)}`);
}

const lessons = [
    {name: '1 First election', servers: 3,
        goal: 'Make one of the servers the leader.',
        hints: ['A follower that hears from no leader for long enough stands ' +
            'for election: let a timer run out (§5.2).',
        'The candidate needs votes from a majority: deliver its RequestVote ' +
            'to another server, and then the reply.'],
        done: (run, model) => has_leader(model)},
    {name: '2 Replication', servers: 3,
        goal: 'Get a command committed on all three servers.',
        hints: ['Only a leader takes commands (§5.3).',
            'Once a majority holds the entry, the leader commits it. The ' +
            'others learn of that by the next message of the leader: let it ' +
            'send a heartbeat.'],
        done: (run, model) => model.servers.every((s) => s.up &&
            s.commit_index > 0)},
    {name: '3 A crash and a repair', servers: 3,
        goal: 'Let a server miss an entry while it is down, and bring it ' +
            'back: at the end all logs are the same, and committed.',
        hints: ['Crash a follower, give the leader a command, restart the ' +
            'follower.',
        'Heartbeats show the leader what the follower lacks (§5.3): deliver ' +
            'them, and what follows. A restarted server knows nothing of ' +
            'commit_index; a later heartbeat tells it.'],
        done: was_repaired},
    {name: '4 A split vote', servers: 4,
        goal: 'Make an election that nobody can win: all four servers have ' +
            'voted in one term, two of them are candidates, and there is no ' +
            'leader.',
        hints: ['Two timers run out before any message arrives: each ' +
            'candidate votes for itself (§5.2).',
        'Each of the others votes for whoever asks first. Deliver one ' +
            'request of each candidate, to different servers.'],
        done: is_split},
    {name: '5 Overwritten in a partition', servers: 3,
        goal: 'Make a server lose an entry that it took as leader and that ' +
            'no other server has.',
        hints: ['Cut the leader off from the other two, and give it a ' +
            'command: it cannot replicate it.',
        'The other two elect a leader and commit something else at that ' +
            'index. Then heal, and let the new leader send (§5.3).'],
        done: lost_its_entry},
    {name: '6 Figure 8', servers: 5,
        goal: 'Get an entry of an earlier term onto a majority of the five ' +
            'servers, and see it overwritten all the same.',
        hints: ['S1 leads and replicates an entry to S2 alone, then crashes; ' +
            'S5 is elected by S3 and S4, takes another entry at that index, ' +
            'and crashes.',
        'S1 comes back, is elected again, and replicates its old entry to ' +
            'S3: a majority holds it, but it is of an old term, so the ' +
            'leader must not commit it (§5.4.2).',
        'S1 crashes again. S5 can still win: its last entry has a later ' +
            'term. What does its first AppendEntries do?'],
        done: majority_was_overwritten},
];
