/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_flood - UDP packets of many flows, at a rate
 *
 *     bench_flood INTERFACE TO-MAC SOURCE SOURCES PORTS DESTINATION PORT RATE COUNT [FROM-MAC]
 *
 * Packet n comes from address SOURCE + n % SOURCES and source port
 * 1024 + n / SOURCES % PORTS, so that SOURCES * PORTS flows are there. RATE is packets
 * a second, 0: as fast as it goes. FROM-MAC is the interface's own if it is not given.
 * Prints as JSON what was sent, how long it took, and the nanoseconds a packet took in
 * the quickest quarter of the bursts: those that nobody interrupted. Over a veth pair
 * that is the whole way, because the other side works inside the sender's system call.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/wire.h"

#define BURST       32
#define BURSTS_MAX  65536 /* of which the time is kept */
#define PAYLOAD_LEN 18 /* the smallest frame there is */
#define FIRST_PORT  1024
#define NS_PER_S    1000000000ll
#define NAP_NS      1000000ll /* do not wake up more often than that */

struct frame {
	struct ethhdr eth;
	struct iphdr ip;
	struct udphdr udp;
	uint8_t payload[PAYLOAD_LEN];
} __attribute__((packed));

struct plan {
	uint32_t source; /* host order */
	uint64_t sources, ports;
};

static uint16_t checksum(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static void read_mac(uint8_t mac[ETH_ALEN], const char *text)
{
	unsigned m[ETH_ALEN];

	if (sscanf(text, "%x:%x:%x:%x:%x:%x", &m[0], &m[1], &m[2], &m[3], &m[4], &m[5]) !=
	    ETH_ALEN)
		wire_die(text);
	for (size_t i = 0; i < ETH_ALEN; i++)
		mac[i] = (uint8_t)m[i];
}

static struct frame template_of(int fd, const char *name, const char *to_mac,
				const char *to, uint16_t port)
{
	struct ifreq ifr = { 0 };
	struct frame f = {
		.eth = { .h_proto = htons(ETH_P_IP) },
		.ip = { .version = 4,
			.ihl = 5,
			.ttl = 64,
			.protocol = IPPROTO_UDP,
			.tot_len = htons((uint16_t)(sizeof(f) - sizeof(f.eth))) },
		.udp = { .dest = htons(port),
			 .len = htons((uint16_t)(sizeof(f.udp) + PAYLOAD_LEN)) },
	};

	if (inet_pton(AF_INET, to, &f.ip.daddr) != 1)
		wire_die(to);
	read_mac(f.eth.h_dest, to_mac);
	(void)snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (ioctl(fd, SIOCGIFHWADDR, &ifr) == -1)
		wire_die(name);
	memcpy(f.eth.h_source, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
	return f;
}

static int open_socket(const char *name)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_ifindex = (int)if_nametoindex(name) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), on = 1;

	if (fd == -1 || bind(fd, (const struct sockaddr *)&to, sizeof(to)) == -1 ||
	    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)) == -1)
		wire_die(name);
	return fd;
}

static void address(struct frame *f, const struct plan *p, uint64_t n)
{
	uint64_t port = FIRST_PORT + n / p->sources % p->ports;

	f->ip.saddr = htonl(p->source + (uint32_t)(n % p->sources));
	f->ip.check = 0;
	f->ip.check = checksum(&f->ip, sizeof(f->ip));
	f->udp.source = htons((uint16_t)port);
}

/* Wait until it is n's turn. */
static void pace(int64_t begun, uint64_t n, long rate)
{
	int64_t due = begun + (int64_t)(n * (uint64_t)NS_PER_S / (uint64_t)rate);
	int64_t left = due - wire_now();
	struct timespec t;

	if (left < NAP_NS)
		return;
	t = (struct timespec){ .tv_sec = left / NS_PER_S, .tv_nsec = left % NS_PER_S };
	(void)nanosleep(&t, NULL);
}

static int compare(const void *a, const void *b)
{
	int64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

static void flood(int fd, struct frame *f, const struct plan *p, long rate,
		  uint64_t count)
{
	struct mmsghdr msg[BURST] = { 0 };
	struct iovec iov[BURST];
	static int64_t taken[BURSTS_MAX];
	size_t bursts = 0;
	int64_t begun = wire_now();
	uint64_t n = 0;

	for (size_t i = 0; i < BURST; i++) {
		iov[i] = (struct iovec){ .iov_base = &f[i], .iov_len = sizeof(f[i]) };
		msg[i].msg_hdr = (struct msghdr){ .msg_iov = &iov[i], .msg_iovlen = 1 };
	}
	while (n < count) {
		unsigned burst = count - n < BURST ? (unsigned)(count - n) : BURST;
		int64_t before;
		int sent;

		for (unsigned i = 0; i < burst; i++)
			address(&f[i], p, n + i);
		if (rate != 0)
			pace(begun, n, rate);
		before = wire_now();
		sent = sendmmsg(fd, msg, burst, 0);
		if (sent == BURST && bursts < BURSTS_MAX)
			taken[bursts++] = wire_now() - before;
		if (sent > 0)
			n += (uint64_t)sent;
		else if (errno != ENOBUFS && errno != EINTR)
			wire_die("sendmmsg");
	}
	qsort(taken, bursts, sizeof(taken[0]), compare);
	(void)printf("{\"sent\": %llu, \"seconds\": %.4f, \"ns\": %.0f}\n",
		     (unsigned long long)n,
		     (double)(wire_now() - begun) / (double)NS_PER_S,
		     (double)taken[bursts / 4] / BURST);
}

int main(int argc, char **argv)
{
	struct frame f[BURST];
	struct in_addr source;
	struct plan p;
	int fd;

	if (argc < 10 || argc > 11 || inet_pton(AF_INET, argv[3], &source) != 1) {
		(void)fputs("usage: bench_flood INTERFACE TO-MAC SOURCE SOURCES PORTS "
			    "DESTINATION PORT RATE COUNT [FROM-MAC]\n",
			    stderr);
		return 2;
	}
	p = (struct plan){ .source = ntohl(source.s_addr),
			   .sources = (uint64_t)wire_number(argv[4]),
			   .ports = (uint64_t)wire_number(argv[5]) };
	fd = open_socket(argv[1]);
	f[0] = template_of(fd, argv[1], argv[2], argv[6], (uint16_t)wire_number(argv[7]));
	if (argc == 11)
		read_mac(f[0].eth.h_source, argv[10]);
	for (size_t i = 1; i < BURST; i++)
		f[i] = f[0];
	flood(fd, f, &p, strtol(argv[8], NULL, 10), (uint64_t)wire_number(argv[9]));
	return 0;
}
