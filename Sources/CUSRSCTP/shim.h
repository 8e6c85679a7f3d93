// usrsctp as Swift can import it: constants that hide in enums, and the process's errno after a call.
#ifndef RA_CUSRSCTP_SHIM_H
#define RA_CUSRSCTP_SHIM_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <usrsctp.h>

/// A socket over packets that the caller carries: no callbacks, so that nothing of ours is known inside.
static inline struct socket *ra_sctp_socket(void) {
    return usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
}

static inline int ra_sctp_set(struct socket *socket, int option, const void *value, socklen_t length) {
    return usrsctp_setsockopt(socket, IPPROTO_SCTP, option, value, length);
}

static inline int ra_sctp_get(struct socket *socket, int option, void *value, socklen_t *length) {
    return usrsctp_getsockopt(socket, IPPROTO_SCTP, option, value, length);
}

static inline int ra_sctp_set_socket(struct socket *socket, int option, const void *value, socklen_t length) {
    return usrsctp_setsockopt(socket, SOL_SOCKET, option, value, length);
}

static inline struct sockaddr_conn ra_sctp_address(uintptr_t identifier, uint16_t port) {
    struct sockaddr_conn address;
    memset(&address, 0, sizeof address);
    address.sconn_family = AF_CONN;
    address.sconn_port = (uint16_t)(port >> 8 | port << 8);
    address.sconn_addr = (void *)identifier;
    return address;
}

static inline int ra_sctp_bind(struct socket *socket, struct sockaddr_conn address) {
    return usrsctp_bind(socket, (struct sockaddr *)&address, sizeof address);
}

static inline int ra_sctp_connect(struct socket *socket, struct sockaddr_conn address) {
    return usrsctp_connect(socket, (struct sockaddr *)&address, sizeof address);
}

static inline ssize_t ra_sctp_send(struct socket *socket, const void *bytes, size_t length, struct sctp_sendv_spa *how) {
    return usrsctp_sendv(socket, bytes, length, NULL, 0, how, sizeof *how, SCTP_SENDV_SPA, 0);
}

static inline ssize_t ra_sctp_receive(struct socket *socket, void *bytes, size_t length, struct sctp_rcvinfo *info, int *flags) {
    struct sockaddr_storage from;
    socklen_t from_length = sizeof from, info_length = sizeof *info;
    unsigned int info_type = 0;
    return usrsctp_recvv(socket, bytes, length, (struct sockaddr *)&from, &from_length, info, &info_length, &info_type, flags);
}

/// Asks for a reset of our outgoing half of one stream (RFC 6525 section 5.1.2).
static inline int ra_sctp_reset_outgoing(struct socket *socket, uint16_t stream) {
    struct { sctp_assoc_t association; uint16_t flags, count, streams[1]; } request = {
        SCTP_ALL_ASSOC, SCTP_STREAM_RESET_OUTGOING, 1, {stream}};
    return usrsctp_setsockopt(socket, IPPROTO_SCTP, SCTP_RESET_STREAMS, &request, sizeof request);
}

static inline int ra_sctp_errno(void) { return errno; }

#endif
