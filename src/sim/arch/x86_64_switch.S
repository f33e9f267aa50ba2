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

// void sim_forget(void): no register that a call may change says what was in it,
// nor do flags and selectors that nobody needs. A state whose header is empty
// puts all that it has into their first state; keys of memory (9) stay.
    .globl sim_forget
    .type sim_forget, @function
sim_forget:
    .cfi_startproc
    movl $0x600ff, %eax
    xorl %edx, %edx
    cmpb $0, sim_has_xsave(%rip)
    je 1f
    xrstor64 first_state(%rip)
    jmp 2f
1:  fxrstor64 first_state(%rip)
2:  xorl %eax, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %gs
    pushq $0x202
    .cfi_adjust_cfa_offset 8
    popfq
    .cfi_adjust_cfa_offset -8
    xorl %ecx, %ecx
    xorl %edx, %edx
    xorl %esi, %esi
    xorl %edi, %edi
    xorl %r8d, %r8d
    xorl %r9d, %r9d
    xorl %r10d, %r10d
    xorl %r11d, %r11d
    ret
    .cfi_endproc
    .size sim_forget, .-sim_forget

    .section .rodata
    .balign 64
first_state: // the modes of arithmetic as a process finds them
    .word 0x37f
    .zero 22
    .long 0x1f80
    .zero 548
    .text

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
