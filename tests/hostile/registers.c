// registers.c -- leaves a number in the processor's registers, and looks for
// one expect: passed points: full
#include "hostile.h"

enum { ANSWERS_CPUID = 1 << 21, PRECISION = 0x27f, USUAL = 0x37f };

static unsigned long mark = 0x4711;

static void find(const char *what, unsigned long value, unsigned long strange)
{
    if (value != strange)
        return;
    fprintf(stderr, "another server's number is in %s\n", what);
    abort();
}

static void look(void)
{
    unsigned long r10, r11, mm0, mm7, xmm6, xmm15, flags, gs;
    unsigned short modes;
    __asm__ volatile("movq %%r10, %0\n\tmovq %%r11, %1" : "=m"(r10), "=m"(r11));
    __asm__ volatile("movq %%mm0, %0\n\tmovq %%mm7, %1\n\temms"
                     : "=m"(mm0), "=m"(mm7));
    __asm__ volatile("movq %%xmm6, %0\n\tmovq %%xmm15, %1"
                     : "=m"(xmm6), "=m"(xmm15));
    __asm__ volatile("pushfq\n\tpopq %0" : "=r"(flags));
    __asm__ volatile("movq %%gs, %0" : "=r"(gs));
    __asm__ volatile("fnstcw %0" : "=m"(modes));
    find("r10", r10, mark);
    find("r11", r11, mark);
    find("mm0", mm0, mark);
    find("mm7", mm7, mark);
    find("xmm6", xmm6, mark);
    find("xmm15", xmm15, mark);
    find("the flags", flags & ANSWERS_CPUID, ANSWERS_CPUID);
    find("gs", gs & 0xffff, 3);
    find("the modes", modes, PRECISION);
    if (!__builtin_cpu_supports("avx512f"))
        return;
    unsigned long xmm31;
    __asm__ volatile("vmovq %%xmm31, %0" : "=m"(xmm31));
    find("xmm31", xmm31, mark);
}

static void leave(void)
{
    unsigned short modes = PRECISION;
    if (__builtin_cpu_supports("avx512f"))
        __asm__ volatile("vmovq %0, %%xmm31" : : "m"(mark));
    __asm__ volatile("pushfq\n\torq %0, (%%rsp)\n\tpopfq"
                     :
                     : "i"(ANSWERS_CPUID)
                     : "memory", "cc");
    __asm__ volatile("movl %0, %%gs" : : "r"(3));
    __asm__ volatile("fldcw %1\n\tmovq %0, %%mm0\n\tmovq %0, %%mm7\n\t"
                     "movq %0, %%xmm6\n\tmovq %0, %%xmm15\n\t"
                     "movq %0, %%r10\n\tmovq %0, %%r11"
                     :
                     : "m"(mark), "m"(modes)
                     : "r10", "r11", "xmm6", "xmm15");
}

struct raft *raft_make(const struct raft_config *config)
{
    look();
    struct raft *raft = honest_make(config);
    leave();
    return raft;
}
