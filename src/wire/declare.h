// declare.h -- a message's C struct and its table of fields from one list.
//
//     #define PING(F, m) F(NUMBER, m, token) F(BOOL, m, urgent)
//     MESSAGE_DECLARE(ping, PING);   // in a header: struct ping, ping_type
//     MESSAGE_DEFINE(ping, PING);    // in one .c file: the table
#ifndef GLASSRAFT_DECLARE_H
#define GLASSRAFT_DECLARE_H

#include "message.h"

#define MESSAGE_C_NUMBER  uint64_t
#define MESSAGE_C_BOOL    bool
#define MESSAGE_C_BYTES   struct message_bytes
#define MESSAGE_C_ENTRIES struct message_entries
#define MESSAGE_C_LIST    struct message_entries

#define MESSAGE_MEMBER(kind, message, field) MESSAGE_C_##kind field;
#define MESSAGE_ROW(kind, message, field)                                      \
    {#field, MESSAGE_##kind, offsetof(struct message, field)},

#define MESSAGE_DECLARE(message, LIST)                                         \
    struct message {                                                           \
        LIST(MESSAGE_MEMBER, message)                                          \
    };                                                                         \
    extern const struct message_type message##_type

#define MESSAGE_DEFINE(message, LIST)                                          \
    static const struct message_field message##_fields[] = {                   \
        LIST(MESSAGE_ROW, message){NULL, MESSAGE_NUMBER, 0}};                  \
    const struct message_type message##_type = {                               \
        #message, sizeof(struct message), message##_fields}

#endif
