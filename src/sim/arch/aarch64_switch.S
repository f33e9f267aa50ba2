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

// void sim_forget(void): no register that a call may change says what was in it.
// A low half that is written anew loses its high half.
    .globl sim_forget
    .type sim_forget, %function
sim_forget:
    .cfi_startproc
    movi v0.2d, #0
    movi v1.2d, #0
    movi v2.2d, #0
    movi v3.2d, #0
    movi v4.2d, #0
    movi v5.2d, #0
    movi v6.2d, #0
    movi v7.2d, #0
    movi v16.2d, #0
    movi v17.2d, #0
    movi v18.2d, #0
    movi v19.2d, #0
    movi v20.2d, #0
    movi v21.2d, #0
    movi v22.2d, #0
    movi v23.2d, #0
    movi v24.2d, #0
    movi v25.2d, #0
    movi v26.2d, #0
    movi v27.2d, #0
    movi v28.2d, #0
    movi v29.2d, #0
    movi v30.2d, #0
    movi v31.2d, #0
    fmov d8, d8
    fmov d9, d9
    fmov d10, d10
    fmov d11, d11
    fmov d12, d12
    fmov d13, d13
    fmov d14, d14
    fmov d15, d15
    msr fpcr, xzr
    msr fpsr, xzr
    msr nzcv, xzr
    mov x0, #0
    mov x1, #0
    mov x2, #0
    mov x3, #0
    mov x4, #0
    mov x5, #0
    mov x6, #0
    mov x7, #0
    mov x8, #0
    mov x9, #0
    mov x10, #0
    mov x11, #0
    mov x12, #0
    mov x13, #0
    mov x14, #0
    mov x15, #0
    mov x16, #0
    mov x17, #0
    ret
    .cfi_endproc
    .size sim_forget, .-sim_forget

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
