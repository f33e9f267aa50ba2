// play_data.S -- the assembled page of glassraft play as bytes, ended by a zero.
    .section .rodata
    .global play_data
    .type play_data, %object
play_data:
    .incbin "play.html"
    .byte 0
    .size play_data, . - play_data

    .section .note.GNU-stack, "", %progbits
