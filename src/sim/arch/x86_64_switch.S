// x86_64_switch.S -- switching stacks on x86-64 (System V).
//
// void sim_switch(void **save, void *to): saves the callee-saved registers on
// the stack, its pointer in *save, and goes on where `to` was saved.
    .text
    .globl sim_switch
    .type sim_switch, @function
sim_switch:
    .cfi_startproc
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .cfi_endproc
    .size sim_switch, .-sim_switch

// Where a new fiber starts: debuggers stop walking here.
    .globl sim_entry
    .type sim_entry, @function
sim_entry:
    .cfi_startproc
    .cfi_undefined rip
    call sim_fiber_main
    ud2
    .cfi_endproc
    .size sim_entry, .-sim_entry

// What a signal handler returns to: rt_sigreturn. The nop keeps unwinders,
// which look one byte before a return address, out of the code above.
    nop
    .globl sim_restore
    .type sim_restore, @function
sim_restore:
    movq $15, %rax
    syscall
    .size sim_restore, .-sim_restore
    .section .note.GNU-stack,"",@progbits
