/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "relay.h"

/* Not in the PATH, and the same folder wherever systemd is installed. */
#define SOCKET_PROXYD "/usr/lib/systemd/systemd-socket-proxyd"

void listeners_done(Listeners *listeners) {
        for (size_t i = 0; i < listeners->n; i++)
                close(listeners->fds[i]);
        listeners->n = 0;
}

static int resolve(const char *address, struct addrinfo **ret) {
        const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
        const char *colon = strrchr(address, ':');
        _cleanup_free_ char *host = NULL;
        int error;

        if (!colon || colon == address)
                return log_error_errno(EINVAL, "\"%s\" is not of the form HOST:PORT", address);
        host = strndup(address, (size_t)(colon - address));
        if (!host)
                return log_oom();
        error = getaddrinfo(host, colon + 1, &hints, ret);
        if (error != 0)
                return log_error_errno(EINVAL, "Cannot find the address %s: %s", address,
                                       gai_strerror(error));
        return 0;
}

static int listen_on(const struct addrinfo *address, int *ret_fd) {
        _cleanup_close_ int fd = -EBADF;
        const int yes = 1;

        fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return -errno;
        if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0 ||
            (address->ai_family == AF_INET6 &&
             setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes)) < 0) ||
            bind(fd, address->ai_addr, address->ai_addrlen) < 0 || listen(fd, SOMAXCONN) < 0)
                return -errno;
        *ret_fd = TAKE_FD(fd);
        return 0;
}

DEFINE_CLEANUP(struct addrinfo *, freeaddrinfo);

static int listen_on_all(const char *address, Listeners *listeners) {
        _cleanup_(freeaddrinfop) struct addrinfo *addresses = NULL;
        int r;

        r = resolve(address, &addresses);
        if (r < 0)
                return r;
        for (const struct addrinfo *a = addresses; a && listeners->n < MAX_LISTENERS; a = a->ai_next) {
                r = listen_on(a, &listeners->fds[listeners->n]);
                if (r == -EAFNOSUPPORT || r == -EADDRNOTAVAIL)
                        continue; /* a name may have an IPv6 address on a host without IPv6 */
                if (r < 0)
                        return log_error_errno(r, "Cannot listen on %s: %m", address);
                listeners->n++;
        }
        if (listeners->n == 0)
                return log_error_errno(EADDRNOTAVAIL, "Cannot listen on %s: no address of this host",
                                       address);
        return 0;
}

int listeners_open(const char *address, Listeners *ret) {
        _cleanup_(listeners_done) Listeners listeners = {};
        int r;

        r = sd_listen_fds(true);
        if (r < 0)
                return log_error_errno(r, "Cannot take the sockets systemd passed: %m");
        if (r > MAX_LISTENERS)
                return log_error_errno(E2BIG, "Got %d sockets, %d are the most", r, MAX_LISTENERS);
        for (int i = 0; i < r; i++)
                listeners.fds[listeners.n++] = SD_LISTEN_FDS_START + i;
        if (listeners.n == 0) {
                r = listen_on_all(address, &listeners);
                if (r < 0)
                        return r;
        }
        *ret = listeners;
        listeners.n = 0;
        return 0;
}

/* Puts the sockets where the protocol of sd_listen_fds(3) wants them. First out of the way, since one may
 * sit on another's place; a duplicate has no close-on-exec flag. */
static int place_sockets(const Listeners *listeners) {
        int moved[MAX_LISTENERS];

        for (size_t i = 0; i < listeners->n; i++) {
                moved[i] = fcntl(listeners->fds[i], F_DUPFD_CLOEXEC, SD_LISTEN_FDS_START + MAX_LISTENERS);
                if (moved[i] < 0)
                        return -errno;
        }
        for (size_t i = 0; i < listeners->n; i++)
                if (dup2(moved[i], SD_LISTEN_FDS_START + (int)i) < 0)
                        return -errno;
        return 0;
}

/* In the child; other threads of the parent may have held locks, so nothing here allocates. */
static void exec_relay(const Listeners *listeners, const char *target, pid_t parent) {
        char listen_pid[sizeof("LISTEN_PID=") + 20], listen_fds[sizeof("LISTEN_FDS=") + 20];
        char *const argv[] = {(char *)"systemd-socket-proxyd", (char *)target, NULL};
        char *const environment[] = {listen_pid, listen_fds, NULL};
        sigset_t none;

        (void)sigemptyset(&none);
        (void)sigprocmask(SIG_SETMASK, &none, NULL);
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent)
                _exit(EXIT_FAILURE); /* it died before the line above */
        if (place_sockets(listeners) < 0)
                _exit(EXIT_FAILURE);
        snprintf(listen_pid, sizeof(listen_pid), "LISTEN_PID=%d", getpid());
        snprintf(listen_fds, sizeof(listen_fds), "LISTEN_FDS=%zu", listeners->n);
        execve(SOCKET_PROXYD, argv, environment);
        _exit(127);
}

int relay_start(const Listeners *listeners, const char *target, pid_t *ret_pid) {
        pid_t parent = getpid(), pid;

        /* A child that cannot start it would only say so by its exit status. */
        if (access(SOCKET_PROXYD, X_OK) < 0)
                return log_error_errno(errno, "Cannot run " SOCKET_PROXYD ": %m");
        pid = fork();
        if (pid < 0)
                return log_error_errno(errno, "Cannot fork: %m");
        if (pid == 0)
                exec_relay(listeners, target, parent);
        *ret_pid = pid;
        return 0;
}
