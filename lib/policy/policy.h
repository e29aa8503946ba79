/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * policy - the site's structure: zones, flows, proxy (its own small folder, level 2)
 *
 * policy_parse() turns the text of policy.yaml into this model, or into
 * diagnostics. It does no I/O and does not look at the machine: whether an
 * interface exists is checked by who compiles. Everything is owned by the struct
 * policy; indices refer to its arrays. docs/policy.md describes the file.
 */
#ifndef LIB_POLICY_POLICY_H
#define LIB_POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/allow/schedule.h"
#include "lib/attr.h"
#include "lib/diag.h"

#define POLICY_FILE_MAX       (1u << 20) /* bytes of text */
#define POLICY_DEPTH_MAX      12
#define POLICY_NAME_MAX       31
#define POLICY_ZONES_MAX      64
#define POLICY_FLOWS_MAX      4096
#define POLICY_GROUPS_MAX     1024
#define POLICY_SERVICES_MAX   1024
#define POLICY_INTERFACES_MAX 16 /* a zone */
#define POLICY_PORTS_MAX      64 /* of a zone's bridge */
#define POLICY_PREFIXES_MAX   256 /* a zone or group */
#define POLICY_MATCHES_MAX    64 /* a service */
#define POLICY_ASSERTIONS_MAX 256
#define POLICY_WORKERS_MAX    32
#define POLICY_SCHEDULES_MAX  64
#define POLICY_PINS_MAX       64
#define POLICY_PEERS_MAX      128 /* of a VPN */
#define POLICY_SWITCHES_MAX   128
#define POLICY_RADIUS_PORT    1812 /* RFC 2865 */
#define POLICY_SERVERS_MAX    8 /* of one kind that the gateway itself uses */
#define POLICY_SENSOR_MAX     64 /* addresses in a list of the sensor's */
#define POLICY_ACCOUNT_MAX    31
#define POLICY_VLAN_MAX       4094 /* IEEE 802.1Q */
#define POLICY_NONE           ((size_t)-1)

struct policy_source_limits { /* of each source address in a zone; 0: no ceiling */
	uint32_t new_per_second;
	uint32_t connections; /* at a time */
};

enum policy_zone_kind {
	POLICY_ZONE_PERSONAL, /* can reach personal information (N1) */
	POLICY_ZONE_CLOSED, /* somebody else's closed network (N4) */
	POLICY_ZONE_OFFICE, /* business PCs that use the internet through the proxy */
	POLICY_ZONE_MANAGEMENT,
	POLICY_ZONE_INTERNET, /* at most one */
	POLICY_ZONE_VPN, /* terminals far away: known by their address, not by a card (N6) */
};

enum policy_admission {
	POLICY_ADMISSION_OFF, /* every device may speak */
	POLICY_ADMISSION_DETECT, /* the same, and those without a permit are recorded */
	POLICY_ADMISSION_ENFORCE, /* only devices with a permit */
};

struct policy_prefixes {
	struct prefix *item;
	size_t count;
};

struct policy_interface {
	char name[16];
	struct place at;
};

struct policy_zone {
	char name[POLICY_NAME_MAX + 1];
	char label_ja[128]; /* "" when not given */
	char label_en[128];
	enum policy_zone_kind kind;
	enum policy_admission admission;
	struct policy_interface *interface; /* 1 or more */
	size_t interface_count;
	/*
	 * The interface is a bridge of the gateway's, and these are its ports, each of
	 * which permits are for; none: not a bridged zone.
	 */
	struct policy_interface *port;
	size_t port_count;
	bool port_lock; /* the kernel's locked ports besides the rules */
	struct policy_prefixes
		networks; /* empty only for internet: everything not elsewhere */
	struct policy_source_limits limits;
	uint16_t vlan; /* where switches and access points put its devices; 0: none */
	bool containment; /* ARP and ND answered for devices without a permit */
	struct place at;
};

struct policy_group { /* named networks, for flows */
	char name[POLICY_NAME_MAX + 1];
	struct policy_prefixes networks;
	struct place at;
};

struct policy_match { /* one line of a service */
	uint8_t proto; /* IPPROTO_TCP, _UDP, _ICMP or _ICMPV6 */
	uint16_t port_min; /* destination; 0 for ICMP */
	uint16_t port_max;
	uint8_t icmp_type; /* for ICMP */
};

struct policy_service {
	char name[POLICY_NAME_MAX + 1];
	struct policy_match *match;
	size_t match_count;
	struct place at;
};

struct policy_schedule {
	char name[POLICY_NAME_MAX + 1];
	struct allow_schedule hours;
	struct place at;
};

struct policy_flow {
	char id[POLICY_NAME_MAX + 1];
	size_t from, to; /* zones */
	size_t *source; /* groups; none: the zone's networks */
	size_t source_count;
	size_t *destination; /* groups; none: the zone's networks */
	size_t destination_count;
	size_t *service; /* 1 or more */
	size_t service_count;
	char partner[128]; /* needed when personal is on one side (N2) */
	char basis[256];
	char owner[128];
	char review[11]; /* YYYY-MM-DD */
	bool masquerade; /* leaves with the gateway's own address */
	struct addr *publish; /* the gateway's addresses that lead to the destination */
	size_t publish_count;
	size_t schedule; /* POLICY_NONE: at every hour */
	int64_t valid_from; /* seconds UTC, from <= now < until; 0: no bound */
	int64_t valid_until;
	struct place at;
};

enum policy_upload_action { /* when a device or tunnel sends more than its ceiling */
			    POLICY_UPLOAD_ALARM, /* record it, let it go on */
			    POLICY_UPLOAD_CUT,
};

struct policy_limits { /* of the proxy; defaults and ranges: docs/policy.md */
	uint32_t connections; /* in all */
	uint32_t device_connections; /* from one source address; not above connections */
	uint32_t head_seconds; /* until a request's head is complete */
	uint32_t idle_seconds; /* without a byte either way */
	uint32_t total_hours; /* a connection's life; 0: no end */
	uint64_t tunnel_upload; /* bytes of one connection; 0: no ceiling */
	uint64_t device_day_upload; /* bytes of one device on one day; 0: no ceiling */
	enum policy_upload_action upload_action;
};

extern const struct policy_limits policy_limits_default;

enum policy_ech { /* a ClientHello with an encrypted part */
		  POLICY_ECH_ALLOW,
		  POLICY_ECH_REFUSE,
};

enum policy_restart { /* open tunnels when proxyd is started again */
		      POLICY_RESTART_KEEP,
		      POLICY_RESTART_CUT,
};

struct policy_proxy {
	bool present;
	uint16_t port; /* default 3128 */
	size_t *zone; /* zones it serves */
	size_t zone_count;
	size_t *transparent; /* of these: TCP 80 and 443 are redirected to the proxy */
	size_t transparent_count;
	size_t *sign_in; /* of these: people sign in at the proxy; none is transparent */
	size_t sign_in_count;
	size_t via; /* the zone it opens connections to */
	struct addr *resolver; /* 1 or more */
	size_t resolver_count;
	uint32_t workers; /* 1..POLICY_WORKERS_MAX; 0: one for each CPU */
	enum policy_ech ech;
	enum policy_restart restart;
	struct policy_limits limits;
	struct place at;
};

struct policy_management {
	bool present;
	uint16_t port; /* default 8443 */
	uint16_t ssh; /* of this machine's own shell; 0: it is not offered */
	size_t *zone;
	size_t zone_count;
	struct place at;
};

/* Where an account of the gateway itself may connect to. */
struct policy_target {
	bool present;
	char account[POLICY_ACCOUNT_MAX + 1]; /* of the clock daemon; "": mgmtd's */
	struct addr *server; /* 1 or more */
	size_t server_count;
	uint8_t proto; /* IPPROTO_TCP or _UDP */
	uint16_t port;
	struct place at;
};

/* Switches and access points that may ask this machine's RADIUS server. */
struct policy_switches {
	struct addr *item; /* each in a zone of the site */
	size_t count;
};

/* Where the far ends of this machine's VPN come in: its terminals are a zone of kind vpn. */
struct policy_vpn {
	bool present;
	uint16_t port; /* UDP */
	size_t from; /* zone */
	struct addr *peer; /* of that zone; none: any address of it */
	size_t peer_count;
};

struct policy_gateway {
	struct policy_target ntp;
	struct policy_target syslog;
	struct policy_target mail;
	struct policy_switches radius;
	struct policy_vpn vpn;
};

/* Who besides the gateway may play these roles on our segments. */
struct policy_sensor {
	struct addr *dhcp; /* DHCP servers, IPv4 and IPv6 */
	size_t dhcp_count;
	struct addr *router; /* IPv6 routers, by their link-local addresses */
	size_t router_count;
};

/* Devices that reach their destinations and nothing else, and that nobody reaches (N3). */
struct policy_pin {
	char id[POLICY_NAME_MAX + 1];
	size_t zone;
	size_t *device; /* groups; none: the whole zone */
	size_t device_count;
	size_t *to; /* groups, 1 or more */
	size_t to_count;
	struct place at;
};

struct policy_assertion { /* never: nothing may pass from one zone to the other */
	size_t from, to;
	struct place at;
};

struct policy {
	char site[128];
	char timezone[64]; /* default Asia/Tokyo */
	int32_t offset_s; /* of the time zone from UTC, where schedules and validity need it */
	struct policy_zone *zone;
	size_t zone_count;
	struct policy_group *group;
	size_t group_count;
	struct policy_service *service;
	size_t service_count;
	struct policy_schedule *schedule;
	size_t schedule_count;
	struct policy_flow *flow;
	size_t flow_count;
	struct policy_pin *pin;
	size_t pin_count;
	struct policy_proxy proxy;
	struct policy_management management;
	struct policy_gateway gateway;
	struct policy_sensor sensor;
	struct policy_assertion *assertion;
	size_t assertion_count;
};

/*
 * Parse and check len bytes of text. On refusal diags holds at least one message.
 * Returns 0, -EINVAL (refused, see diags), -EFBIG (more than POLICY_FILE_MAX, also
 * in diags) or -ENOMEM.
 */
int policy_parse(const char *text, size_t len, struct policy **ret_policy,
		 struct diags *diags) MUST_CHECK;
void policy_free(struct policy *p);

/* Is there something that both let through? */
bool policy_services_overlap(const struct policy_service *a,
			     const struct policy_service *b);

/* Index by name, or POLICY_NONE. */
size_t policy_zone_by_name(const struct policy *p, const char *name);
/* The same of an interface, or of a port of a zone's bridge. */
size_t policy_zone_by_interface(const struct policy *p, const char *interface);

/* Is the zone one of the list? */
bool policy_zone_listed(const size_t *list, size_t count, size_t zone);

/* Does the proxy serve the zone, and may this machine be managed from it? */
static inline bool policy_serves(const struct policy *p, size_t zone)
{
	return p->proxy.present &&
	       policy_zone_listed(p->proxy.zone, p->proxy.zone_count, zone);
}

static inline bool policy_manages(const struct policy *p, size_t zone)
{
	const struct policy_management *m = &p->management;

	return m->present && policy_zone_listed(m->zone, m->zone_count, zone);
}

bool policy_prefixes_hold(const struct policy_prefixes *list, struct addr a);
/* The zone that an address is in: the one without networks (internet) when it is in no other. */
size_t policy_zone_by_addr(const struct policy *p, struct addr a);

#endif
