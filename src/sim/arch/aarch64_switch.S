// aarch64_switch.S -- switching stacks on AArch64 (AAPCS64).
//
// void sim_switch(void **save, void *to): saves the callee-saved registers (x19
// to x30, the low halves of v8 to v15) on the stack, its pointer in *save, and
// goes on where `to` was saved.
    .text
    .globl sim_switch
    .type sim_switch, %function
sim_switch:
    .cfi_startproc
    sub sp, sp, #160
    stp x19, x20, [sp, #0]
    stp x21, x22, [sp, #16]
    stp x23, x24, [sp, #32]
    stp x25, x26, [sp, #48]
    stp x27, x28, [sp, #64]
    stp x29, x30, [sp, #80]
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
    mov x9, sp
    str x9, [x0]
    mov sp, x1
    ldp x19, x20, [sp, #0]
    ldp x21, x22, [sp, #16]
    ldp x23, x24, [sp, #32]
    ldp x25, x26, [sp, #48]
    ldp x27, x28, [sp, #64]
    ldp x29, x30, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    add sp, sp, #160
    ret
    .cfi_endproc
    .size sim_switch, .-sim_switch

// Where a new fiber starts: debuggers stop walking here.
    .globl sim_entry
    .type sim_entry, %function
sim_entry:
    .cfi_startproc
    .cfi_undefined x30
    bl sim_fiber_main
    brk #1
    .cfi_endproc
    .size sim_entry, .-sim_entry
    .section .note.GNU-stack,"",%progbits
