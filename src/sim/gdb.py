# gdb.py -- simulated threads in gdb: sim-threads, sim-backtrace ID.
#
#     gdb -x src/sim/gdb.py build/glassraft
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


class Backtrace(gdb.Command):
    """Print the backtrace of the simulated thread with this ID."""

    def __init__(self):
        super().__init__("sim-backtrace", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        wanted = int(argument)
        for fiber in fibers():
            if int(fiber["id"]) != wanted:
                continue
            if int(fiber["state"]) == 2:
                gdb.execute("backtrace")
                return
            # What sim_switch() saved: six registers, then the return address.
            word = gdb.lookup_type("unsigned long").pointer()
            sp = fiber["sp"].cast(word)
            saved = [int(sp[i]) for i in range(7)]
            print("at ", gdb.execute("info symbol %d" % saved[6], False, True),
                  end="")
            frame = saved[5] if saved[5] else 0
            for _ in range(40):
                if frame == 0:
                    break
                link = gdb.Value(frame).cast(word)
                frame, pc = int(link[0]), int(link[1])
                if pc == 0:
                    break
                where = gdb.execute("info line *%d" % (pc - 1), False, True)
                print("   ", where.split(" starts")[0].strip())
            return
        print("no simulated thread %d" % wanted)


Threads()
Backtrace()
