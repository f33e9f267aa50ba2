// kv.h -- the servers of a scenario's key/value service: one on each Raft.
//
// For the files of the harness. What a scenario does with clients is in
// clients.h.
#ifndef GLASSRAFT_HARNESS_KV_H
#define GLASSRAFT_HARNESS_KV_H

#include "internal.h"

// A server of the service for a life that begins; none where the scenario has
// no service. The instance has its space and its snapshot already.
void lab_kv_boot(struct instance *instance);
// Is it a client's call of a service? Then what comes of it; as net_handler.
bool lab_kv_answers(const struct instance *instance, const char *method);
bool lab_kv_handle(struct instance *instance, const char *method,
                   const uint8_t *args, size_t n_args, uint8_t **reply,
                   size_t *n_reply);
// Has some service answered what it had not been given? Then does not return.
// At the end of a scenario's body, behind what clients saw.
void lab_kv_judge(struct lab *lab);
// What was found to be in order, for the service.
void lab_kv_apply(struct instance *instance,
                  const struct raft_message *message);
// Is this a snapshot that some service has taken?
bool lab_kv_is_snapshot(struct lab *lab, const uint8_t *bytes, size_t n,
                        raft_index *index);
void lab_kv_kill(struct instance *instance);
// Does a service that was killed keep calls waiting? Says so, for a report of
// threads that wait for ever.
bool lab_kv_left_waiting(struct lab *lab, char *text, size_t n);
// When the Raft is gone.
void lab_kv_free(struct instance *instance);
// The methods of the Raft under test and those of the service, for the
// network; borrowed.
const struct message_rpc *lab_kv_rpcs(const struct lab *lab);

#endif
