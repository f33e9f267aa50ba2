// message.h -- RPC messages declared once, as tables of fields.
//
// A message is a plain C struct plus a table that names its fields. Encoding,
// bounds-checked decoding, size and the trace's JSON all follow from the
// table, so they cannot drift apart. Numbers travel as LEB128 varints (7 bits
// a byte, least significant first); byte strings and entries are a count and
// then their elements; a list has no count, so that it grows at its end alone;
// fields stand in table order, nothing else is sent.
//
//     struct ping { uint64_t token; bool urgent; };
//     static const struct message_field ping_fields[] = {
//         {"token", MESSAGE_NUMBER, offsetof(struct ping, token)},
//         {"urgent", MESSAGE_BOOL, offsetof(struct ping, urgent)},
//         {NULL, 0, 0}};
//     const struct message_type ping_type = {
//         "Ping", sizeof(struct ping), ping_fields};
#ifndef GLASSRAFT_MESSAGE_H
#define GLASSRAFT_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Names as C has them, also in a C++ program.
#ifdef __cplusplus
#define C_NAMES_BEGIN extern "C" {
#define C_NAMES_END   }
#else
#define C_NAMES_BEGIN
#define C_NAMES_END
#endif

C_NAMES_BEGIN

// The C type behind each kind of field.
enum message_field_type {
    MESSAGE_NUMBER,  // uint64_t
    MESSAGE_BOOL,    // bool
    MESSAGE_BYTES,   // struct message_bytes
    MESSAGE_ENTRIES, // struct message_entries
    MESSAGE_LIST,    // the same, with 1 added to each term, and 0 at its end
};

// A borrowed run of bytes; at may be NULL when n is 0.
struct message_bytes {
    const uint8_t *at;
    size_t n;
};

// One log entry as it travels.
struct message_entry {
    uint64_t term;
    struct message_bytes command;
};

struct message_entries {
    struct message_entry *entry;
    size_t n;
};

struct message_field {
    const char *name; // as in Figure 2, snake case; NULL ends the table
    enum message_field_type type;
    size_t offset; // offsetof the field in the C struct
};

struct message_type {
    const char *name;
    size_t size; // sizeof the C struct
    const struct message_field *fields;
};

// A method of a server: what goes in, what comes back. Tables of these end
// with method NULL.
struct message_rpc {
    const char *method;
    const struct message_type *args, *reply;
};

// The bytes that message_encode() writes for value. Never fails.
size_t message_size(const struct message_type *type, const void *value);

// Encodes value into fresh memory and gives it to the caller (free() it);
// *n gets its size, at least 1 byte is allocated.
uint8_t *message_encode(const struct message_type *type, const void *value,
                        size_t *n);

// The same into memory of the caller's, which has room for message_size();
// returns where the bytes end.
uint8_t *message_put(const struct message_type *type, const void *value,
                     uint8_t *out);

// Decodes n bytes into *value. Byte strings in it borrow `bytes`; the entry
// array is allocated, message_clear() frees it. False on bytes that are cut,
// too many, or no encoding of this type; *value is then all zero and owns
// nothing.
bool message_decode(const struct message_type *type, const uint8_t *bytes,
                    size_t n, void *value);

// Frees what message_decode() allocated and zeroes the struct.
void message_clear(const struct message_type *type, void *value);

// Decodes field by field and shows each to visit: number (also of a bool),
// bytes or entries, by field->type; borrowed for the call. False on bad bytes,
// after the good fields were shown.
bool message_each(const struct message_type *type, const uint8_t *bytes,
                  size_t n,
                  void (*visit)(void *context,
                                const struct message_field *field,
                                uint64_t number, struct message_bytes bytes,
                                const struct message_entries *entries),
                  void *context);

// The rpc of that name in a table, NULL when there is none.
const struct message_rpc *message_find(const struct message_rpc *table,
                                       const char *method);

// Size of the digest text with its closing zero byte.
enum { MESSAGE_DIGEST = 24 };

// A printable digest of command bytes: the text itself when it is at most 20
// printable ASCII characters without '~'; otherwise up to 10 printable first
// characters, '~', and 8 hexadecimal digits of a hash of all bytes ("." stands
// for a byte that cannot be printed).
void message_digest(const void *bytes, size_t n, char out[MESSAGE_DIGEST]);

// FNV-1a, 64 bit, over n bytes, continued from `hash`.
uint64_t message_hash(uint64_t hash, const void *bytes, size_t n);

C_NAMES_END
#endif
