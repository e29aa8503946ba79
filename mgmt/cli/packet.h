/* SPDX-License-Identifier: GPL-3.0-or-later */
/* packet - a packet and a rule of gated's answers, as a line each */
#ifndef MGMT_CLI_PACKET_H
#define MGMT_CLI_PACKET_H

#include <jansson.h>
#include <stddef.h>

/* "tcp 10.10.0.5:40000 -> 45.113.7.10:443 (core0 -> wan0, new)"; cut to fit. */
void packet_text(const json_t *packet, char *dst, size_t size);
void packet_rule_text(const json_t *rule, char *dst, size_t size);

#endif
