#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "error.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

double myo_now(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void myo_pause(double seconds) {
  (void)poll(NULL, 0, (int)(seconds * 1e3));
}

/* Wait until a socket can be read from or written to: 1, 0 after the deadline, -1. */
static int wait_for(int handle, short events, double deadline) {
  for (;;) {
    double left = deadline - myo_now();
    struct pollfd entry = {.fd = handle, .events = events, .revents = 0};
    int milliseconds = left <= 0.0 ? 0 : left > 1e6 ? 1000000000 : (int)(left * 1e3) + 1;
    int ready = poll(&entry, 1, milliseconds);
    if (ready > 0) return 1;
    if (ready == 0 && myo_now() >= deadline) return 0;
    if (ready < 0 && errno != EINTR) return -1;
  }
}

void myo_prepare(int handle) {
  int on = 1;
  (void)fcntl(handle, F_SETFL, fcntl(handle, F_GETFL) | O_NONBLOCK);
  (void)fcntl(handle, F_SETFD, FD_CLOEXEC);
  (void)setsockopt(handle, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* fails on Unix sockets: they need none */
#ifdef SO_NOSIGPIPE
  (void)setsockopt(handle, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
}

/* Connect a new socket; -1 with errno set. */
static int connect_to(int family, const struct sockaddr *to, socklen_t size, double deadline) {
  int handle = socket(family, SOCK_STREAM, 0);
  if (handle < 0) return -1;
  myo_prepare(handle);
  int fault = connect(handle, to, size) == 0 ? 0 : errno;
  if (fault == EINPROGRESS || fault == EINTR) {
    socklen_t length = sizeof fault;
    int ready = wait_for(handle, POLLOUT, deadline);
    if (ready == 0) fault = ETIMEDOUT;
    else if (ready < 0 || getsockopt(handle, SOL_SOCKET, SO_ERROR, &fault, &length) != 0) fault = errno;
  }
  if (fault == 0) return handle;
  (void)close(handle);
  errno = fault;
  return -1;
}

int myo_dial(const myo_address *address, double deadline, myoshu_error *error) {
  int handle = -1;
  if (address->is_unix) {
    struct sockaddr_un to;
    memset(&to, 0, sizeof to);
    to.sun_family = AF_UNIX;
    if (strlen(address->host) >= sizeof to.sun_path) {
      myo_fail(error, MYOSHU_INVALID, "", "address", "a shorter path of a Unix socket", "%s", address->host);
      return -1;
    }
    memcpy(to.sun_path, address->host, strlen(address->host) + 1);
    handle = connect_to(AF_UNIX, (const struct sockaddr *)&to, sizeof to, deadline);
  } else {
    struct addrinfo hints, *found = NULL;
    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    int fault = getaddrinfo(address->host, address->port, &hints, &found);
    if (fault != 0) {
      myo_fail(error, MYOSHU_LOST, "", address->url, "a host", "%s", gai_strerror(fault));
      return -1;
    }
    for (const struct addrinfo *each = found; each != NULL && handle < 0; each = each->ai_next)
      handle = connect_to(each->ai_family, each->ai_addr, each->ai_addrlen, deadline);
    int kept = errno;
    freeaddrinfo(found);
    errno = kept;
  }
  if (handle < 0) myo_fail(error, MYOSHU_LOST, "", address->url, "a server", "%s", strerror(errno));
  return handle;
}

int myo_listen(const char *host, uint16_t *port, bool *loopback, myoshu_error *error) {
  struct addrinfo hints, *found = NULL;
  char text[8];
  (void)snprintf(text, sizeof text, "%u", (unsigned)*port);
  memset(&hints, 0, sizeof hints);
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  int fault = getaddrinfo(host, text, &hints, &found);
  if (fault != 0) {
    myo_fail(error, MYOSHU_INVALID, "", "host", "an address of this machine", "%s (%s)", host, gai_strerror(fault));
    return -1;
  }
  int on = 1, handle = socket(found->ai_family, SOCK_STREAM, 0);
  bool right = handle >= 0 && setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
               bind(handle, found->ai_addr, found->ai_addrlen) == 0 && listen(handle, 64) == 0;
  fault = errno;
  freeaddrinfo(found);
  union {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    struct sockaddr_storage room;
  } bound;
  socklen_t size = sizeof bound;
  memset(&bound, 0, sizeof bound);
  if (!right || getsockname(handle, &bound.any, &size) != 0) {
    if (handle >= 0) (void)close(handle);
    myo_fail(error, MYOSHU_INVALID, "", "port", "an address and port to listen on", "%s:%u: %s", host, (unsigned)*port,
             strerror(fault));
    return -1;
  }
  bool is_six = bound.any.sa_family == AF_INET6;
  *port = ntohs(is_six ? bound.six.sin6_port : bound.four.sin_port);
  *loopback = is_six ? IN6_IS_ADDR_LOOPBACK(&bound.six.sin6_addr) : ntohl(bound.four.sin_addr.s_addr) >> 24 == 127;
  myo_prepare(handle);
  return handle;
}

myoshu_status myo_send(int handle, const uint8_t *data, size_t size, double deadline, myoshu_error *error) {
  while (size > 0) {
    ssize_t sent = send(handle, data, size, MSG_NOSIGNAL);
    if (sent > 0) {
      data += sent;
      size -= (size_t)sent;
    } else if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      if (wait_for(handle, POLLOUT, deadline) == 0)
        return myo_fail(error, MYOSHU_TIMEOUT, "", "connection", "the server to read in time", "nothing");
    } else if (sent == 0 || errno != EINTR) {
      return myo_fail(error, MYOSHU_LOST, "", "connection", "to send", "%s", strerror(errno));
    }
  }
  return MYOSHU_OK;
}

myoshu_status myo_receive(int handle, myo_input *input, double deadline, myoshu_error *error) {
  size_t room;
  uint8_t *space = myo_input_space(input, &room);
  if (space == NULL) return myo_no_memory(error, "what the server sent");
  for (;;) {
    ssize_t came = recv(handle, space, room, 0);
    if (came > 0) {
      myo_input_came(input, (size_t)came);
      return MYOSHU_OK;
    }
    if (came == 0) return myo_fail(error, MYOSHU_LOST, "", "connection", "an answer", "the end of the connection");
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (wait_for(handle, POLLIN, deadline) == 0)
        return myo_fail(error, MYOSHU_TIMEOUT, "", "connection", "an answer in time", "none");
    } else if (errno != EINTR) {
      return myo_fail(error, MYOSHU_LOST, "", "connection", "an answer", "%s", strerror(errno));
    }
  }
}
