/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/capture.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

#define BUFFER_SIZE (4 << 20) /* some 2,000 frames, however short */
#define ROUND_MAX   256 /* frames per wake-up, so that the loop stays alive in a flood */

/*
 * Behind hop-by-hop (0), routing (43) or destination options (60): ICMPv6 (58) by its
 * type, UDP (17) by its port, and whatever is behind another of them.
 */
#define EXTENDED "(ip6[6] == 0 or ip6[6] == 43 or ip6[6] == 60)"
#define TYPE     "ip6[48 + ip6[41] * 8]"
#define PORT     "ip6[50 + ip6[41] * 8 : 2]"
#define HIDDEN \
	"(" EXTENDED " and (ip6[40] == 0 or ip6[40] == 43 or ip6[40] == 60 or " \
	"(ip6[40] == 58 and " TYPE " >= 133 and " TYPE " <= 136) or " \
	"(ip6[40] == 17 and (" PORT " == 546 or " PORT " == 547))))"

#define WANTED \
	"arp or ether proto 0x88cc or " \
	"(udp and (port 67 or port 68 or dst port 546 or dst port 547 or " \
	"src port 5353 or src port 5355)) or " \
	"(icmp6 and ip6[40] >= 133 and ip6[40] <= 136) or " HIDDEN

/* "vlan" moves the offsets of everything behind it, so it has to stand last */
const char capture_filter[] = "(" WANTED ") or (vlan and (" WANTED ")) or "
			      "(vlan and (" WANTED "))";

struct capture {
	pcap_t *pcap;
	sd_event_source *source;
	capture_frame_fn *on_frame;
	capture_gone_fn *on_gone;
	void *user;
	uint32_t dropped; /* as last read; libpcap's counter is 32 bits wide */
};

static void on_packet(u_char *user, const struct pcap_pkthdr *head, const u_char *data)
{
	struct capture *c = (struct capture *)(void *)user;

	c->on_frame(c, rd_of(data, head->caplen), c->user);
}

static int on_readable(sd_event_source *source, int fd, uint32_t events, void *user)
{
	struct capture *c = user;

	(void)source;
	(void)fd;
	(void)events;
	if (pcap_dispatch(c->pcap, ROUND_MAX, on_packet, (u_char *)c) < 0)
		c->on_gone(c, pcap_geterr(c->pcap), c->user); /* c may be closed now */
	return 0;
}

static int error_number(int status)
{
	switch (status) {
	case PCAP_ERROR_NO_SUCH_DEVICE:
	case PCAP_ERROR_IFACE_NOT_UP:
		return -ENODEV;
	case PCAP_ERROR_PERM_DENIED:
		return -EPERM;
	default:
		return -EIO;
	}
}

/* Before activation nothing of this can fail. */
static void set_options(pcap_t *p)
{
	(void)pcap_set_snaplen(p, CAPTURE_SNAPLEN);
	(void)pcap_set_immediate_mode(p, 1);
	(void)pcap_set_buffer_size(p, BUFFER_SIZE);
	/* neighbour discovery goes to multicast groups that we are no member of */
	(void)pcap_set_promisc(p, 1);
}

static int set_filter(pcap_t *p)
{
	struct bpf_program program;
	int r;

	if (pcap_compile(p, &program, capture_filter, 1, PCAP_NETMASK_UNKNOWN) != 0)
		return -EIO;
	r = pcap_setfilter(p, &program);
	pcap_freecode(&program);
	return r == 0 ? 0 : -EIO;
}

static int activate(pcap_t *p, char error[CAPTURE_ERROR_MAX])
{
	int status;
	int r = 0;

	set_options(p);
	status = pcap_activate(p);
	if (status < 0) {
		(void)snprintf(error, CAPTURE_ERROR_MAX, "%s", pcap_statustostr(status));
		return error_number(status);
	}
	if (pcap_datalink(p) != DLT_EN10MB) {
		(void)snprintf(error, CAPTURE_ERROR_MAX, "not an Ethernet interface");
		return -EMEDIUMTYPE;
	}
	r = set_filter(p);
	if (r == 0 && pcap_setdirection(p, PCAP_D_IN) != 0)
		r = -EIO;
	if (r < 0)
		(void)snprintf(error, CAPTURE_ERROR_MAX, "%s", pcap_geterr(p));
	return r;
}

static int watch(struct capture *c, sd_event *event, char error[CAPTURE_ERROR_MAX])
{
	char text[PCAP_ERRBUF_SIZE] = "";
	int fd = pcap_get_selectable_fd(c->pcap);
	int r = -EIO;

	if (fd >= 0 && pcap_setnonblock(c->pcap, 1, text) == 0)
		r = sd_event_add_io(event, &c->source, fd, EPOLLIN, on_readable, c);
	if (r < 0)
		(void)snprintf(error, CAPTURE_ERROR_MAX, "cannot be watched: %.200s",
			       text);
	return r < 0 ? -EIO : 0;
}

int capture_open(sd_event *event, const char *interface, capture_frame_fn *on_frame,
		 capture_gone_fn *on_gone, void *user, struct capture **ret_capture,
		 char error[CAPTURE_ERROR_MAX])
{
	char text[PCAP_ERRBUF_SIZE] = "";
	struct capture *c = calloc(1, sizeof(*c));
	int r;

	error[0] = '\0';
	if (c == NULL) {
		(void)snprintf(error, CAPTURE_ERROR_MAX, "out of memory");
		return -EIO;
	}
	c->on_frame = on_frame;
	c->on_gone = on_gone;
	c->user = user;
	c->pcap = pcap_create(interface, text);
	if (c->pcap == NULL) {
		(void)snprintf(error, CAPTURE_ERROR_MAX, "%.200s", text);
		r = -EIO;
	} else {
		r = activate(c->pcap, error);
	}
	if (r == 0)
		r = watch(c, event, error);
	if (r < 0) {
		capture_close(c);
		return r;
	}
	*ret_capture = c;
	return 0;
}

void capture_close(struct capture *c)
{
	if (c == NULL)
		return;
	(void)sd_event_source_disable_unref(c->source);
	if (c->pcap != NULL)
		pcap_close(c->pcap);
	free(c);
}

uint64_t capture_dropped(struct capture *c)
{
	struct pcap_stat stat;
	uint32_t since;

	if (pcap_stats(c->pcap, &stat) != 0)
		return 0;
	since = stat.ps_drop - c->dropped;
	c->dropped = stat.ps_drop;
	return since;
}
