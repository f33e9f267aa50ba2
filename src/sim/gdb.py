# gdb.py -- simulated threads in gdb: sim-threads, sim-backtrace [ID].
#
#     glassraft gdb SCENARIO --seed N
import gdb

STATES = ["free", "ready", "runs", "blocked", "parked", "dead"]


def fibers():
    sim = gdb.parse_and_eval("sim")
    for i in range(int(sim["n_all"])):
        fiber = sim["all"][i]
        if int(fiber["state"]) not in (0, 5):
            yield fiber


def name(fiber):
    own = fiber["name"].string() or "thread"
    server = int(fiber["server"])
    return "S%d %s" % (server + 1, own) if server >= 0 else own


class Threads(gdb.Command):
    """List the simulated threads."""

    def __init__(self):
        super().__init__("sim-threads", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        for fiber in fibers():
            state = STATES[int(fiber["state"])]
            wait = fiber["wait"]
            if state == "blocked" and int(wait) != 0:
                state = "waits: " + wait.string()
            print("%5d  %-24s %s" % (int(fiber["id"]), name(fiber), state))


# What sim_switch() left on a thread's stack, in this order (src/sim/arch): the
# registers, the stack pointer's name, and how many words were left there.
SAVED = {
    "i386:x86-64": (["r15", "r14", "r13", "r12", "rbx", "rbp", "rip"],
                    "rsp", 7),
    "aarch64": (["x%d" % i for i in range(19, 30)] + ["pc"], "sp", 20),
}


def backtrace(fiber):
    """gdb's own backtrace, with the registers lent to the thread."""
    if int(fiber["state"]) == 2:
        gdb.execute("backtrace")
        return
    word = gdb.lookup_type("unsigned long").pointer()
    sp = fiber["sp"].cast(word)
    frame = gdb.newest_frame()
    frame.select()
    saved, stack, n_words = SAVED[frame.architecture().name()]
    names = saved + [stack]
    before = {r: int(frame.read_register(r)) for r in names}
    there = {r: int(sp[i]) for i, r in enumerate(saved)}
    there[stack] = int(sp) + 8 * n_words
    try:
        for r in names:
            gdb.execute("set $%s = %d" % (r, there[r] & (2**64 - 1)))
        gdb.execute("backtrace")
    finally:
        for r in names:
            gdb.execute("set $%s = %d" % (r, before[r] & (2**64 - 1)))
        gdb.newest_frame().select()


class Backtrace(gdb.Command):
    """Print the backtrace of the simulated thread with this ID, or of all."""

    def __init__(self):
        super().__init__("sim-backtrace", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        wanted = int(argument) if argument else None
        found = False
        for fiber in list(fibers()):
            if wanted is not None and int(fiber["id"]) != wanted:
                continue
            found = True
            print("thread %d, %s:" % (int(fiber["id"]), name(fiber)))
            backtrace(fiber)
        if not found:
            raise gdb.GdbError("no simulated thread %s" % argument)


Threads()
Backtrace()


class Child(gdb.Breakpoint):
    """Where a run begins: what it starts itself (addr2line) is not followed."""

    def stop(self):
        gdb.execute("set follow-fork-mode parent")
        return False


def follow_run(_event=None):
    gdb.execute("set follow-fork-mode child")


# Each run is a process of its own.
follow_run()
gdb.events.exited.connect(follow_run)
Child("lab_child", internal=True)
