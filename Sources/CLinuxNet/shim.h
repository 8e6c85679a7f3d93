// What Swift cannot import of Linux's sockets: control messages, and the batches that carry them.
#ifndef RA_CLINUXNET_SHIM_H
#define RA_CLINUXNET_SHIM_H

#include <sys/time.h>
#include <sys/resource.h>
#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

// What the system's headers show to _GNU_SOURCE alone. Defining that here would give this module another
// view of fd_set than Swift's Glibc module has, which the importer refuses.
struct ra_mmsghdr {
    struct msghdr msg_hdr;
    unsigned int msg_len;
};
extern int ra_recvmmsg(int fd, struct ra_mmsghdr *messages, unsigned int count, int flags, void *timeout) __asm__("recvmmsg");
extern int ra_sendmmsg(int fd, struct ra_mmsghdr *messages, unsigned int count, int flags) __asm__("sendmmsg");
struct ra_in6_pktinfo {
    struct in6_addr ipi6_addr;
    unsigned int ipi6_ifindex;
};

// What udp.h and tcp.h say. They are not included: SwiftNIO's module includes the kernel's udp.h, this one would get
// the C library's, and where the importer loads both, their two `struct udphdr` end a build, or not, by their order.
#define RA_UDP_SEGMENT 103
#define RA_UDP_GRO 104
#define RA_TCP_NODELAY 1

// Asks for consecutive datagrams of one sender as one message with the size of each; best effort.
static inline void ra_want_aggregates(int fd) {
    int on = 1;
    setsockopt(fd, IPPROTO_UDP, RA_UDP_GRO, &on, sizeof on);
}

// A socket address as a message of a batch points at it.
// It is bytes, as a member of one of the system's types would make Swift take that type for ours.
union ra_name {
    uint64_t align;
    uint8_t bytes[sizeof(struct sockaddr_in6)];
};

// Room for what comes with a datagram: an address, the size of its segments, and what another option may add.
union ra_control {
    struct cmsghdr align;
    uint8_t bytes[128];
};

static inline uint64_t ra_load64(const void *from) {
    uint64_t bits;
    memcpy(&bits, from, sizeof bits);
    return __builtin_bswap64(bits);
}

static inline void ra_store64(void *to, uint64_t bits) {
    bits = __builtin_bswap64(bits);
    memcpy(to, &bits, sizeof bits);
}

// An address as numbers: IPv4 in `low`; the family is 4, 6 or 0 for none.
struct ra_address {
    uint64_t high;
    uint64_t low;
    uint16_t port;
    uint8_t family;
};

static inline struct ra_address ra_read_name(const union ra_name *name) {
    struct ra_address words = {0, 0, 0, 0};
    sa_family_t family;
    memcpy(&family, name->bytes, sizeof family);
    if (family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, name->bytes, sizeof in);
        words.family = 4;
        words.low = ntohl(in.sin_addr.s_addr);
        words.port = ntohs(in.sin_port);
    } else if (family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, name->bytes, sizeof in6);
        words.family = 6;
        words.high = ra_load64(&in6.sin6_addr);
        words.low = ra_load64((const uint8_t *)&in6.sin6_addr + 8);
        words.port = ntohs(in6.sin6_port);
    }
    return words;
}

// Returns the name's length.
static inline socklen_t ra_write_name(union ra_name *name, struct ra_address words) {
    if (words.family == 6) {
        struct sockaddr_in6 in6;
        memset(&in6, 0, sizeof in6);
        in6.sin6_family = AF_INET6;
        in6.sin6_port = htons(words.port);
        ra_store64(&in6.sin6_addr, words.high);
        ra_store64((uint8_t *)&in6.sin6_addr + 8, words.low);
        memcpy(name->bytes, &in6, sizeof in6);
        return sizeof in6;
    }
    struct sockaddr_in in;
    memset(&in, 0, sizeof in);
    in.sin_family = AF_INET;
    in.sin_port = htons(words.port);
    in.sin_addr.s_addr = htonl((uint32_t)words.low);
    memcpy(name->bytes, &in, sizeof in);
    return sizeof in;
}

// Sends one piece as one datagram: the kernel has less to copy than for a message, and a message less than for a list.
static inline ssize_t ra_send_to(
    int fd, const void *data, size_t length, const union ra_name *name, socklen_t name_length, int flags) {
    return sendto(fd, data, length, flags, (const struct sockaddr *)name, name_length);
}

// What came with a message: the address it was sent to (without port), and its segments' size, 0 for one datagram.
struct ra_arrival {
    struct ra_address local;
    uint32_t segment;
};

static inline struct ra_arrival ra_read_control(struct msghdr *header) {
    struct ra_arrival arrival = {{0, 0, 0, 0}, 0};
    for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control; control = CMSG_NXTHDR(header, control)) {
        if (control->cmsg_level == IPPROTO_UDP && control->cmsg_type == RA_UDP_GRO) {
            int size;
            memcpy(&size, CMSG_DATA(control), sizeof size);
            if (size > 0) arrival.segment = (uint32_t)size;
        } else if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(control), sizeof info);
            arrival.local.family = 4;
            arrival.local.low = ntohl(info.ipi_spec_dst.s_addr);
        } else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
            struct ra_in6_pktinfo info;
            memcpy(&info, CMSG_DATA(control), sizeof info);
            arrival.local.family = 6;
            arrival.local.high = ra_load64(&info.ipi6_addr);
            arrival.local.low = ra_load64((const uint8_t *)&info.ipi6_addr + 8);
        }
    }
    return arrival;
}

// Writes one piece of control data; returns where the next one goes.
static inline uint8_t *ra_put_control(uint8_t *at, int level, int type, const void *data, size_t size) {
    struct cmsghdr *header = (struct cmsghdr *)at;
    header->cmsg_level = level;
    header->cmsg_type = type;
    header->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(header), data, size);
    return at + CMSG_SPACE(size);
}

// Writes what goes with a message: the address to send from when it has a family, the segments' size when it is not 0.
// Returns the length; 0 when there is nothing.
static inline size_t ra_write_control(union ra_control *room, struct ra_address source, uint16_t segment) {
    uint8_t *at = room->bytes;
    if (source.family == 4) {
        struct in_pktinfo info;
        memset(&info, 0, sizeof info);
        info.ipi_spec_dst.s_addr = htonl((uint32_t)source.low);
        at = ra_put_control(at, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
    } else if (source.family == 6) {
        struct ra_in6_pktinfo info;
        memset(&info, 0, sizeof info);
        ra_store64(&info.ipi6_addr, source.high);
        ra_store64((uint8_t *)&info.ipi6_addr + 8, source.low);
        at = ra_put_control(at, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
    }
    if (segment != 0) at = ra_put_control(at, IPPROTO_UDP, RA_UDP_SEGMENT, &segment, sizeof segment);
    return (size_t)(at - room->bytes);
}

static inline int ra_bind(int fd, struct ra_address address) {
    union ra_name name;
    socklen_t length = ra_write_name(&name, address);
    return bind(fd, (struct sockaddr *)&name, length);
}

static inline struct ra_address ra_local_address(int fd) {
    union ra_name name;
    socklen_t length = sizeof name;
    memset(&name, 0, sizeof name);
    getsockname(fd, (struct sockaddr *)&name, &length);
    return ra_read_name(&name);
}

// A non-blocking UDP socket of a family (4 or 6, the latter without IPv4-mapped traffic); -1 with errno.
static inline int ra_udp_socket(int family) {
    int domain = family == 6 ? AF_INET6 : AF_INET;
    int fd = socket(domain, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    if (fd >= 0 && family == 6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    return fd;
}

// Asks for the address that each datagram was sent to.
static inline int ra_want_packet_info(int fd, int family) {
    int on = 1;
    return family == 6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on)
                       : setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
}

// Collects what becomes of sent datagrams in the socket's error queue, and sends without the DF bit. OMIT sends
// fragments of the interface's MTU over IPv4, believes no ICMP about smaller ones, and yet reports it; over IPv6 only
// the sender can fragment, so there the path's MTU counts.
static inline int ra_report_errors(int fd, int family) {
    int on = 1, omit = IP_PMTUDISC_OMIT, want = IPV6_PMTUDISC_WANT;
    if (family == 6)
        return setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on) |
               setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &want, sizeof want);
    return setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on) |
           setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &omit, sizeof omit);
}

// Sends one datagram whole or not at all, from a socket that `ra_report_errors` was called for.
static inline ssize_t ra_send_unfragmented(int fd, const uint8_t *data, size_t length, struct ra_address remote) {
    int level = remote.family == 6 ? IPPROTO_IPV6 : IPPROTO_IP;
    int option = remote.family == 6 ? IPV6_DONTFRAG : IP_MTU_DISCOVER;
    int whole = remote.family == 6 ? 1 : IP_PMTUDISC_PROBE;
    int usual = remote.family == 6 ? 0 : IP_PMTUDISC_OMIT;
    union ra_name name;
    socklen_t size = ra_write_name(&name, remote);
    if (setsockopt(fd, level, option, &whole, sizeof whole) != 0) return -1;
    ssize_t sent = sendto(fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&name, size);
    // Any error but these may be an earlier datagram's, which this one shall not suffer for.
    if (sent < 0 && errno != EMSGSIZE && errno != EAGAIN)
        sent = sendto(fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&name, size);
    setsockopt(fd, level, option, &usual, sizeof usual);
    return sent;
}

// What became of an earlier datagram: an ICMP message, or this host's own refusal to send what is too long.
struct ra_error {
    struct ra_address remote;  // where it was sent to
    uint32_t mtu;
    uint8_t type;
    uint8_t code;
};

// Room for one IP_RECVERR or IPV6_RECVERR: the error, and who told it.
union ra_error_control {
    struct cmsghdr align;
    uint8_t bytes[CMSG_SPACE(sizeof(struct sock_extended_err) + sizeof(struct sockaddr_in6))];
};

// Takes one entry from a socket's error queue: 1 with the error, 0 for an entry that is not ICMP's, -1 for none.
static inline int ra_receive_error(int fd, struct ra_error *error) {
    union ra_name name;
    union ra_error_control control;
    uint8_t nothing;
    struct iovec vector = {.iov_base = &nothing, .iov_len = 0};
    struct msghdr message;
    memset(&message, 0, sizeof message);
    memset(&name, 0, sizeof name);
    message.msg_name = &name;
    message.msg_namelen = sizeof name;
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return -1;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        int is4 = header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_RECVERR;
        int is6 = header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_RECVERR;
        if (!is4 && !is6) continue;
        struct sock_extended_err cause;
        memcpy(&cause, CMSG_DATA(header), sizeof cause);
        error->remote = ra_read_name(&name);
        error->mtu = cause.ee_info;
        error->type = cause.ee_type;
        error->code = cause.ee_code;
        if (cause.ee_origin == SO_EE_ORIGIN_LOCAL && cause.ee_errno == EMSGSIZE) {
            // The first link is too narrow: what a router would say of a later one.
            error->type = is6 ? 2 : 3;
            error->code = is6 ? 0 : 4;
            return 1;
        }
        return cause.ee_origin == (is6 ? SO_EE_ORIGIN_ICMP6 : SO_EE_ORIGIN_ICMP);
    }
    return 0;
}

static inline int ra_reuse_port(int fd) {
    int on = 1;
    return setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
}

// Best effort: beyond the system's limit where we may, else up to it.
static inline void ra_buffer_sizes(int fd, int bytes) {
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) != 0)
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

// A non-blocking TCP socket that listens at an address which nobody else has; -1 with errno.
//
// SO_REUSEPORT comes after the bind: our own connections may then leave from the same port, and yet the bind failed
// if anybody was there.
static inline int ra_tcp_listener(struct ra_address address, int backlog) {
    int on = 1;
    int fd = socket(address.family == 6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (address.family == 6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (ra_bind(fd, address) != 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0 ||
        listen(fd, backlog) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

// A stream socket for names in the file system; -1 with errno.
static inline int ra_unix_socket(void) { return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); }

static inline int ra_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static inline int ra_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }
static inline void ra_eventfd_signal(int fd) { eventfd_write(fd, 1); }
static inline void ra_eventfd_clear(int fd) {
    eventfd_t count;
    eventfd_read(fd, &count);
}

// Watches a descriptor for input; `tag` comes back with the event.
static inline int ra_epoll_add(int epoll, int fd, uint64_t tag) {
    struct epoll_event event;
    memset(&event, 0, sizeof event);
    event.events = EPOLLIN;
    event.data.u64 = tag;
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static inline int ra_epoll_remove(int epoll, int fd) { return epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL); }

// Set in a tag when the descriptor has an error.
#define RA_EVENT_ERROR_BIT 63

#define RA_MAXIMUM_EVENTS 128

// Waits up to `milliseconds` (-1: for ever) and writes the tags of what is ready.
static inline int ra_epoll_wait(int epoll, uint64_t *tags, int milliseconds) {
    struct epoll_event events[RA_MAXIMUM_EVENTS];
    int count = epoll_wait(epoll, events, RA_MAXIMUM_EVENTS, milliseconds);
    for (int i = 0; i < count; i++)
        tags[i] = events[i].data.u64 | (uint64_t)((events[i].events & EPOLLERR) != 0) << RA_EVENT_ERROR_BIT;
    return count;
}

// What Swift cannot name reliably: which module the importer finds these structures in depends on what was built first.

// Seconds of CPU time, user and system, of this process and of the calling thread.
static inline double ra_clock_seconds(clockid_t clock) {
    struct timespec time = {0, 0};
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static inline double ra_process_cpu_seconds(void) { return ra_clock_seconds(CLOCK_PROCESS_CPUTIME_ID); }
static inline double ra_thread_cpu_seconds(void) { return ra_clock_seconds(CLOCK_THREAD_CPUTIME_ID); }

// Files that this process may have open; 0 when the system does not say.
static inline uint64_t ra_file_limit(void) {
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? (uint64_t)limit.rlim_cur : 0;
}

// Lets this process have as many files open as it is allowed to ask for; the bound then, 0 when the system does not say.
static inline uint64_t ra_raise_file_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return ra_file_limit();
}

// Gives this process another user's rights for good; -1 when this is not root or there is no such user.
static inline int ra_become(const char *name) {
    const struct passwd *user = geteuid() == 0 ? getpwnam(name) : NULL;
    if (user == NULL || user->pw_uid == 0)
        return -1;
    // Of root's, setgid and setuid change the real and the saved number too: there is no way back. The last step takes the
    // right to the others. `user` is in a buffer that initgroups may use again.
    const struct passwd account = *user;
    return initgroups(name, account.pw_gid) == 0 && setgid(account.pw_gid) == 0 && setuid(account.pw_uid) == 0 ? 0 : -1;
}

// A blocking read fails with EAGAIN after so many seconds.
static inline int ra_receive_timeout(int fd, int seconds) {
    struct timeval patience = {.tv_sec = seconds, .tv_usec = 0};
    return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

#endif
