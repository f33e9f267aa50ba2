// clients.test.js -- the page's clients: operations, and their way through the
// Raft, against what the run itself says.
'use strict';
const assert = require('node:assert');
const fs = require('node:fs');
const test = require('node:test');
const {page_programs, trace_of} = require('./common.js');

const {make_run, find_operations} = page_programs(
    'make_run, find_operations', 'reducer', 'words', 'clients', 'run');

function run_of(scenario, seed) {
    const run = make_run([fs.readFileSync(trace_of(scenario, seed), 'utf8')]);
    find_operations(run);
    return run;
}

// A return tells the index at which its operation was applied; the page finds
// it by following causes.
test('an operation leads to its entry and back', () => {
    const run = run_of('kv-one-client', 1);
    assert.ok(run.operations.length > 20);
    assert.deepStrictEqual(run.clients, [1]);
    for (const operation of run.operations.filter((o) => o.end >= 0)) {
        const {index} = run.events[operation.end];
        const entry = operation.entries.find((e) => e.index === index);
        assert.ok(entry !== undefined, `index ${index} was not found`);
        assert.ok(entry.at < entry.committed);
        assert.ok(entry.applied.length > 0);
        assert.ok(entry.committed < entry.applied[0]);
        const answer = run.events[operation.answer];
        assert.strictEqual(answer.ev, 'reply');
        assert.ok(entry.applied.some((at) =>
            run.events[at].node === answer.node && at < operation.answer));
        assert.strictEqual(run.operation_at(operation.answer), operation);
    }
});

// The first request of a clerk opens a session: it is no entry of an operation.
test('what does not carry the operation is no entry of it', () => {
    const run = run_of('kv-one-client', 1);
    assert.strictEqual(run.operations[0].entries.length, 1);
});

test('where calls are lost an operation may have several entries', () => {
    const run = run_of('kv-unreliable', 1);
    assert.strictEqual(run.clients.length, 5);
    assert.ok(run.operations.some((o) => o.entries.length > 1));
});

test('a run without clients has none', () => {
    const run = run_of('basic-agree', 1);
    assert.deepStrictEqual(run.operations, []);
    assert.deepStrictEqual(run.clients, []);
    assert.strictEqual(run.operation_at(3), undefined);
});
