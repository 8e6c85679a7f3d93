// What the benchmarks' load generator needs of Linux: batches over connected sockets, trains that the kernel cuts
// (UDP_SEGMENT) and joins (UDP_GRO).
#ifndef RA_CLINUXNET_LOAD_H
#define RA_CLINUXNET_LOAD_H

#include "shim.h"

extern int ra_load_sendmmsg(int fd, struct ra_mmsghdr *messages, unsigned int count, int flags) __asm__("sendmmsg");

// Segments of one message at most: the kernel's own bound (UDP_MAX_SEGMENTS) was 64 for long.
#define RA_LOAD_MAXIMUM_SEGMENTS 64
#define RA_LOAD_MAXIMUM_BATCH 64

static inline int ra_load_receive_joined(int fd) {
    int on = 1;
    return setsockopt(fd, IPPROTO_UDP, RA_UDP_GRO, &on, sizeof on);
}

// The address becomes bindable and connectable by several sockets of ours.
static inline int ra_load_reuse_address(int fd) {
    int on = 1;
    return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
}

static inline int ra_load_connect(int fd, struct ra_address address) {
    union ra_name name;
    socklen_t length = ra_write_name(&name, address);
    return connect(fd, (struct sockaddr *)&name, length);
}

// Sends one datagram; -1 with errno when it was not taken.
static inline ssize_t ra_load_send(int fd, const uint8_t *data, size_t length, struct ra_address remote) {
    union ra_name name;
    socklen_t size = ra_write_name(&name, remote);
    return sendto(fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&name, size);
}

static inline int ra_load_tcp_socket(void) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    if (fd >= 0) setsockopt(fd, IPPROTO_TCP, RA_TCP_NODELAY, &on, sizeof on);
    return fd;
}

// `count` bytes-and-length pairs that lie `stride` apart, as datagrams of their own over a connected socket.
// Returns how many were taken, or -1.
static inline int ra_load_send_singles(
    int fd, const uint8_t *data, size_t stride, const uint16_t *lengths, int count) {
    struct ra_mmsghdr messages[RA_LOAD_MAXIMUM_BATCH];
    struct iovec vectors[RA_LOAD_MAXIMUM_BATCH];
    if (count == 1) return send(fd, data, lengths[0], MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -1 : 1;
    if (count > RA_LOAD_MAXIMUM_BATCH) count = RA_LOAD_MAXIMUM_BATCH;
    memset(messages, 0, sizeof messages[0] * (size_t)count);
    for (int i = 0; i < count; i++) {
        vectors[i].iov_base = (void *)(data + stride * (size_t)i);
        vectors[i].iov_len = lengths[i];
        messages[i].msg_hdr.msg_iov = &vectors[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    return ra_load_sendmmsg(fd, messages, (unsigned)count, MSG_DONTWAIT | MSG_NOSIGNAL);
}

// One run of vectors for one destination; `segment` cuts it into datagrams, 0 leaves it one.
struct ra_load_train {
    struct iovec *vectors;
    uint32_t vector_count;
    uint16_t segment;
    struct ra_address remote;  // family 0: the socket is connected
};

// Sends up to RA_LOAD_MAXIMUM_BATCH trains; how many were taken, or -1.
static inline int ra_load_send_trains(int fd, const struct ra_load_train *trains, int count) {
    struct ra_mmsghdr messages[RA_LOAD_MAXIMUM_BATCH];
    union ra_name names[RA_LOAD_MAXIMUM_BATCH];
    union {
        struct cmsghdr align;
        uint8_t bytes[CMSG_SPACE(sizeof(uint16_t))];
    } controls[RA_LOAD_MAXIMUM_BATCH];
    if (count > RA_LOAD_MAXIMUM_BATCH) count = RA_LOAD_MAXIMUM_BATCH;
    for (int i = 0; i < count; i++) {
        struct msghdr *header = &messages[i].msg_hdr;
        memset(header, 0, sizeof *header);
        header->msg_iov = trains[i].vectors;
        header->msg_iovlen = trains[i].vector_count;
        if (trains[i].remote.family != 0) {
            header->msg_namelen = ra_write_name(&names[i], trains[i].remote);
            header->msg_name = &names[i];
        }
        if (trains[i].segment != 0) {
            header->msg_control = &controls[i];
            header->msg_controllen = sizeof controls[i];
            struct cmsghdr *control = CMSG_FIRSTHDR(header);
            control->cmsg_level = IPPROTO_UDP;
            control->cmsg_type = RA_UDP_SEGMENT;
            control->cmsg_len = CMSG_LEN(sizeof(uint16_t));
            memcpy(CMSG_DATA(control), &trains[i].segment, sizeof(uint16_t));
        }
    }
    return ra_load_sendmmsg(fd, messages, (unsigned)count, MSG_DONTWAIT | MSG_NOSIGNAL);
}

// What one message of a batch held: `segment` is the length of all its datagrams but the last.
struct ra_load_received {
    uint8_t *data;
    uint32_t capacity;
    uint32_t length;
    uint32_t segment;
    uint32_t remote_ip;    // host order; IPv4 alone
    uint16_t remote_port;  // host order
};

// Receives up to `count` (RA_LOAD_MAXIMUM_BATCH at most) messages; -1 with errno when there is none.
static inline int ra_load_receive(int fd, struct ra_load_received *received, int count) {
    struct ra_mmsghdr messages[RA_LOAD_MAXIMUM_BATCH];
    struct iovec vectors[RA_LOAD_MAXIMUM_BATCH];
    struct sockaddr_in names[RA_LOAD_MAXIMUM_BATCH];
    union {
        struct cmsghdr align;
        uint8_t bytes[CMSG_SPACE(sizeof(int))];
    } controls[RA_LOAD_MAXIMUM_BATCH];
    if (count > RA_LOAD_MAXIMUM_BATCH) count = RA_LOAD_MAXIMUM_BATCH;
    for (int i = 0; i < count; i++) {
        struct msghdr *header = &messages[i].msg_hdr;
        vectors[i].iov_base = received[i].data;
        vectors[i].iov_len = received[i].capacity;
        header->msg_name = &names[i];
        header->msg_namelen = sizeof names[i];
        header->msg_iov = &vectors[i];
        header->msg_iovlen = 1;
        header->msg_control = &controls[i];
        header->msg_controllen = sizeof controls[i];
        header->msg_flags = 0;
    }
    int taken = ra_recvmmsg(fd, messages, (unsigned)count, MSG_DONTWAIT, NULL);
    for (int i = 0; i < taken; i++) {
        struct msghdr *header = &messages[i].msg_hdr;
        received[i].length = messages[i].msg_len;
        received[i].segment = messages[i].msg_len;
        received[i].remote_ip = ntohl(names[i].sin_addr.s_addr);
        received[i].remote_port = ntohs(names[i].sin_port);
        for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control; control = CMSG_NXTHDR(header, control)) {
            if (control->cmsg_level == IPPROTO_UDP && control->cmsg_type == RA_UDP_GRO) {
                int segment;
                memcpy(&segment, CMSG_DATA(control), sizeof segment);
                if (segment > 0) received[i].segment = (uint32_t)segment;
            }
        }
    }
    return taken;
}

#endif
