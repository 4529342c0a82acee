/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Reads the whole file of a store before LMDB maps it, which trusts what it finds: a damaged page would end
 * the process by a signal, or be taken for what it is not. Every page that is reachable is looked at once
 * and is neither free nor of two tables, every table has what it says, every value fits its checksum.
 *
 * tables: the names that tables may have, n of them. Costs about what walking the store costs, and a bit of
 * memory for each page. Returns 0 (whole, or there is no file, or it has a format that LMDB has to judge),
 * -EUCLEAN (damaged), or another errno (what the disk says). */
int store_check(const char *path, const char *const *tables, size_t n);

/* Beside the tables: the number of the transaction, a u64, which each one writes. */
#define STORE_NOTE "transaction"

/* What stands behind every value. */
uint64_t store_checksum(const void *key, size_t key_bytes, const void *value, size_t value_bytes);
