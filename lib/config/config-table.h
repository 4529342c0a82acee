/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

#include "base/macros.h"

/* The keys of the configuration: everything the loader, the manual pages and the shipped file know of a key.
 */
typedef enum ConfigType {
        CONFIG_BOOL,       /* bool */
        CONFIG_INT,        /* unsigned or uint64_t */
        CONFIG_REAL,       /* double */
        CONFIG_DURATION,   /* usec_t; "10 seconds" */
        CONFIG_SIZE,       /* uint64_t, bytes; "4 MiB", or a number */
        CONFIG_ENUM,       /* an enum; one of the choices */
        CONFIG_STRING,     /* char *, not empty */
        CONFIG_NAME,       /* char *, [a-z0-9_]{1,64} */
        CONFIG_TOPIC,      /* char *, a name Kafka allows for a topic */
        CONFIG_TOPICS,     /* char **; ( "a", "b" ), at least one, each once */
        CONFIG_PATTERN,    /* char *, a POSIX extended regular expression */
        CONFIG_FOLDER,     /* char *, an absolute path */
        CONFIG_TABLE,      /* char *, TABLE or SCHEMA.TABLE of letters, digits and _ */
        CONFIG_START,      /* SourceConfig: start and start_usec; "latest", "earliest" or a time */
        CONFIG_PROPERTIES, /* char **; ( "key=value", ... ), appended to what is there */
        _CONFIG_TYPE_MAX,
} ConfigType;

/* Where a key may stand. */
typedef enum ConfigScope {
        CONFIG_SUITE = 1 << 0,   /* the suite's file */
        CONFIG_JOB = 1 << 1,     /* a job's file */
        CONFIG_DEFAULT = 1 << 2, /* the group defaults of the suite's file */
} ConfigScope;

typedef struct ConfigChoice {
        const char *name;
        int value;
} ConfigChoice;

typedef struct ConfigKey {
        const char *section; /* the group it stands in; "" for none */
        const char *name;
        ConfigType type;
        unsigned scope;
        size_t offset, size;         /* of the field in the table's struct */
        size_t map_offset;           /* of the TextMap for the text; 0: none */
        double min, max;             /* of numbers, durations (microseconds) and sizes (bytes) */
        const char *unit;            /* of an integer, as a word; NULL: a bare number */
        const ConfigChoice *choices; /* of an enum; the last has no name */
        const char *default_text;    /* as in a file, without the quotes */
        bool required;
        unsigned only;    /* 1 << value of the key "type" beside it, for which this one is; 0: for all */
        const char *help; /* one sentence */
} ConfigKey;

/* What must not be greater than what: keys of one section and one type. */
typedef struct ConfigOrder {
        const char *section, *lower, *upper;
} ConfigOrder;

typedef struct ConfigTable {
        const ConfigKey *keys;
        size_t n_keys;
        const ConfigOrder *orders;
        size_t n_orders;
} ConfigTable;

extern const ConfigTable config_suite_table; /* of SuiteConfig */
extern const ConfigTable config_job_table;   /* of JobConfig */
extern const ConfigTable config_sink_table;  /* of SinkConfig; the keys of sink and of each of sinks */

/* NULL if the table has no such key. */
const ConfigKey *config_table_find(const ConfigTable *table, const char *section, const char *name) _pure_;
bool config_table_has_section(const ConfigTable *table, const char *section) _pure_;

#define CONFIG_TEXT_MAX 256
/* "workers.max". Each fills the buffer and returns it. */
char *config_key_path(char buffer[static CONFIG_TEXT_MAX], const ConfigKey *key);
/* What the key takes: "an integer from 1 to 256". */
char *config_key_allowed(char buffer[static CONFIG_TEXT_MAX], const ConfigKey *key);
/* The default as it is written in a file: "10 seconds" with its quotes, 4, true, ( ); "" if there is none.
 */
char *config_key_default(char buffer[static CONFIG_TEXT_MAX], const ConfigKey *key);
/* A number, duration or size of the key's type. */
char *config_number_text(char buffer[static CONFIG_TEXT_MAX], const ConfigKey *key, double number);
/* A file with the defaults of all keys of a table. The caller frees; NULL without memory. */
char *config_table_defaults(const ConfigTable *table);
