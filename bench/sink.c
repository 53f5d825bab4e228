/*
 * sink: the least a receiver can do, for measuring senders: reads POST
 * requests on kept connections and answers each with an empty 200.
 *
 * Usage: sink PORT    prints "requests N" when it is told to end.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FD_MAX = 4096, BUFFER = 64 * 1024, EVENTS = 256 };

struct peer {
	char *data;
	size_t len;
};

static struct peer peers[FD_MAX];
static uint64_t requests;
static volatile sig_atomic_t ended;

static void on_end(int signal)
{
	(void)signal;
	ended = 1;
}

static void drop(int fd)
{
	free(peers[fd].data);
	peers[fd] = (struct peer){0};
	close(fd);
}

/* The length of the first whole request, 0 when there is none yet. */
static size_t request_length(const char *s, size_t len)
{
	static const char name[] = "\r\nContent-Length:";
	const char *end = memmem(s, len, "\r\n\r\n", 4);
	const char *at;
	size_t head, body;

	if (!end)
		return 0;
	head = (size_t)(end - s) + 4;
	at = memmem(s, head, name, sizeof(name) - 1);
	body = at ? strtoul(at + sizeof(name) - 1, NULL, 10) : 0;
	return len >= head + body ? head + body : 0;
}

static bool serve(int fd)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\n"
				     "Content-Length: 0\r\n\r\n";
	struct peer *p = &peers[fd];
	ssize_t n = read(fd, p->data + p->len, BUFFER - p->len);
	size_t one;

	if (n <= 0)
		return n < 0 && errno == EAGAIN;
	p->len += (size_t)n;
	while ((one = request_length(p->data, p->len))) {
		requests++;
		if (write(fd, answer, sizeof(answer) - 1) < 0)
			return false;
		p->len -= one;
		memmove(p->data, p->data + one, p->len);
	}
	return p->len < BUFFER;
}

static void accept_peer(int epoll, int listener)
{
	struct epoll_event ev = {.events = EPOLLIN};
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK), on = 1;

	if (fd < 0)
		return;
	if (fd >= FD_MAX) {
		close(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	peers[fd].data = malloc(BUFFER);
	ev.data.fd = fd;
	epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev);
}

static int listen_on(unsigned short port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons(port),
				.sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) || listen(fd, 1024)) {
		perror("sink");
		exit(1);
	}
	return fd;
}

int main(int argc, char **argv)
{
	struct sigaction end = {.sa_handler = on_end};
	struct epoll_event ev = {.events = EPOLLIN}, got[EVENTS];
	int listener = listen_on(
		(unsigned short)(argc > 1 ? strtoul(argv[1], NULL, 10) : 9900));
	int epoll = epoll_create1(0);

	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGINT, &end, NULL);
	ev.data.fd = listener;
	epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &ev);
	while (!ended) {
		int n = epoll_wait(epoll, got, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			if (got[i].data.fd == listener)
				accept_peer(epoll, listener);
			else if (!serve(got[i].data.fd))
				drop(got[i].data.fd);
		}
	}
	printf("requests %llu\n", (unsigned long long)requests);
	return 0;
}
