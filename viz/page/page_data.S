// page_data.S -- the assembled page as bytes, ended by a zero.
    .section .rodata
    .global page_data
    .type page_data, %object
page_data:
    .incbin "page.html"
    .byte 0
    .size page_data, . - page_data

    .section .note.GNU-stack, "", %progbits
