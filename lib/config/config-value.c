/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include <ctype.h>
#include <math.h>
#include <regex.h>
#include <stdio.h>

#include "base/strv.h"
#include "columns/timestamp.h"
#include "config/config-error.h"
#include "config/config-value.h"

/* Why a value is not taken. */
enum {
        VALUE_OF_WRONG_TYPE = 1,
        VALUE_NOT_UNDERSTOOD,
        VALUE_OUT_OF_RANGE,
        VALUE_WITH_NUL,
};

static const char *const reasons[] = {
        [VALUE_OF_WRONG_TYPE] = "is of the wrong type",
        [VALUE_NOT_UNDERSTOOD] = "is not understood",
        [VALUE_OUT_OF_RANGE] = "is out of range",
        [VALUE_WITH_NUL] = "holds a NUL",
};

typedef struct Value {
        const ConfigKey *key;
        const ConfigFile *file;
        const config_setting_t *setting;
        const ConfigToken *token;
        const char *text; /* of a string */
        void *object, *field;
        ConfigError *error;
} Value;

/* Each returns 0, one of the reasons above, -ENOMEM, or -EINVAL with value->error filled. */
typedef int (*SetValue)(const Value *value);

static int set_bool(const Value *value) {
        if (value->token->type != TOKEN_BOOLEAN)
                return VALUE_OF_WRONG_TYPE;
        *(bool *)value->field = config_setting_get_bool(value->setting);
        return 0;
}

/* From the file's own characters: libconfig alters what does not fit. */
static int read_integer(const ConfigToken *token, uint64_t *ret) {
        bool negative = *token->text == '-',
             hex = token->size > 2 && tolower((unsigned char)token->text[1]) == 'x';
        unsigned long long value;

        if (token->type != TOKEN_NUMBER || memchr(token->text, '.', token->size) ||
            (!hex && (memchr(token->text, 'e', token->size) || memchr(token->text, 'E', token->size))))
                return VALUE_OF_WRONG_TYPE;
        errno = 0;
        value = strtoull(token->text + negative, NULL, hex ? 16 : 10);
        if (errno == ERANGE || (negative && value > 0))
                return VALUE_OUT_OF_RANGE;
        *ret = value;
        return 0;
}

static int set_integer(const Value *value) {
        uint64_t number;
        int r;

        r = read_integer(value->token, &number);
        if (r != 0)
                return r;
        if ((double)number < value->key->min || (double)number > value->key->max)
                return VALUE_OUT_OF_RANGE;
        if (value->key->size == sizeof(unsigned))
                *(unsigned *)value->field = (unsigned)number;
        else
                *(uint64_t *)value->field = number;
        return 0;
}

static int set_real(const Value *value) {
        double number;
        char *end;

        if (value->token->type != TOKEN_NUMBER)
                return VALUE_OF_WRONG_TYPE;
        number = strtod(value->token->text, &end);
        if (end == value->token->text)
                return VALUE_NOT_UNDERSTOOD;
        if (!isfinite(number) || number < value->key->min || number > value->key->max)
                return VALUE_OUT_OF_RANGE;
        *(double *)value->field = number;
        return 0;
}

static int set_with_unit(const Value *value, int (*parse)(const char *, uint64_t *)) {
        uint64_t number;
        int r;

        if (!value->text)
                return VALUE_OF_WRONG_TYPE;
        r = parse(value->text, &number);
        if (r < 0)
                return r == -ERANGE ? VALUE_OUT_OF_RANGE : VALUE_NOT_UNDERSTOOD;
        if ((double)number < value->key->min || (double)number > value->key->max)
                return VALUE_OUT_OF_RANGE;
        *(uint64_t *)value->field = number;
        return 0;
}

static int set_duration(const Value *value) {
        return set_with_unit(value, parse_duration);
}

static int set_size(const Value *value) {
        return value->text ? set_with_unit(value, parse_size) : set_integer(value);
}

static int set_enum(const Value *value) {
        if (!value->text)
                return VALUE_OF_WRONG_TYPE;
        for (const ConfigChoice *choice = value->key->choices; choice->name; choice++)
                if (strcmp(choice->name, value->text) == 0) {
                        memcpy(value->field, &choice->value, sizeof(choice->value));
                        return 0;
                }
        return VALUE_NOT_UNDERSTOOD;
}

static int set_string(const Value *value) {
        char *copy;

        if (!value->text)
                return VALUE_OF_WRONG_TYPE;
        if (!*value->text)
                return VALUE_NOT_UNDERSTOOD;
        copy = strdup(value->text);
        if (!copy)
                return -ENOMEM;
        free(*(char **)value->field);
        *(char **)value->field = copy;
        return 0;
}

static int set_name(const Value *value) {
        if (value->text && !job_name_is_valid(value->text))
                return VALUE_NOT_UNDERSTOOD;
        return set_string(value);
}

/* org.apache.kafka.common.internals.Topic */
static bool is_topic(const char *text) {
        static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

        return *text && strlen(text) <= 249 && !text[strspn(text, allowed)] && strcmp(text, ".") != 0 &&
               strcmp(text, "..") != 0;
}

static int set_topic(const Value *value) {
        if (value->text && !is_topic(value->text))
                return VALUE_NOT_UNDERSTOOD;
        return set_string(value);
}

static int add_topic(const Value *value, const config_setting_t *element) {
        const char *text = config_setting_get_string(element);
        const ConfigToken *token = config_file_value_token(element);
        char shown[TOKEN_TEXT_MAX], path[CONFIG_TEXT_MAX];
        char **topics = *(char ***)value->field;

        if (!text || !is_topic(text))
                return config_file_error(value->file, token, value->error,
                                         "%s: %s is not understood; expected the name of a topic",
                                         config_key_path(path, value->key), config_token_text(shown, token));
        for (size_t i = 0; topics && topics[i]; i++)
                if (strcmp(topics[i], text) == 0)
                        return config_file_error(
                                value->file, token, value->error, "%s: %s stands there twice; remove one",
                                config_key_path(path, value->key), config_token_text(shown, token));
        return strv_extend(value->field, text);
}

static int set_list(const Value *value, int (*add)(const Value *, const config_setting_t *)) {
        int type = config_setting_type(value->setting), r;

        if (type != CONFIG_TYPE_LIST && type != CONFIG_TYPE_ARRAY)
                return VALUE_OF_WRONG_TYPE;
        for (int i = 0; i < config_setting_length(value->setting); i++) {
                r = add(value, config_setting_get_elem(value->setting, (unsigned)i));
                if (r < 0)
                        return r;
        }
        return 0;
}

static int set_topics(const Value *value) {
        int r = set_list(value, add_topic);

        return r == 0 && config_setting_length(value->setting) == 0 ? VALUE_NOT_UNDERSTOOD : r;
}

static int set_pattern(const Value *value) {
        char path[CONFIG_TEXT_MAX], reason[128];
        regex_t pattern;
        int r;

        if (!value->text || !*value->text)
                return set_string(value);
        r = regcomp(&pattern, value->text, REG_EXTENDED);
        if (r == 0) {
                regfree(&pattern);
                return set_string(value);
        }
        regerror(r, &pattern, reason, sizeof(reason));
        return config_file_error(
                value->file, value->token, value->error,
                "%s: \"%s\" is no extended regular expression (%s); see regex(7), and write "
                "\\\\ for a backslash",
                config_key_path(path, value->key), value->text, reason);
}

static int set_folder(const Value *value) {
        return value->text && value->text[0] != '/' ? VALUE_NOT_UNDERSTOOD : set_string(value);
}

/* Names that need no quotes in psql(1), but for their case. */
static int set_table(const Value *value) {
        static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
        const char *part = value->text;

        for (int parts = 0; part; parts++) {
                size_t size = strspn(part, allowed);

                if (parts > 1 || size == 0 || size > 63 || isdigit((unsigned char)*part) ||
                    (part[size] && part[size] != '.'))
                        return VALUE_NOT_UNDERSTOOD;
                part = part[size] ? part + size + 1 : NULL;
        }
        return set_string(value);
}

static int set_start(const Value *value) {
        SourceConfig *source = value->field;
        int64_t usec = 0;

        if (!value->text)
                return VALUE_OF_WRONG_TYPE;
        if (strcmp(value->text, "latest") == 0)
                source->start = START_LATEST;
        else if (strcmp(value->text, "earliest") == 0)
                source->start = START_EARLIEST;
        else if (timestamp_parse(value->text, strlen(value->text), &usec) < 0)
                return VALUE_NOT_UNDERSTOOD;
        else if (usec < 0)
                return VALUE_OUT_OF_RANGE;
        else
                source->start = START_TIMESTAMP;
        source->start_usec = usec;
        return 0;
}

/* What exactness rests on is not the file's to change. */
static bool property_is_reserved(const char *property) {
        static const char *const reserved[] = {
                "auto.offset.reset",    "enable.auto.commit", "enable.auto.offset.store",
                "enable.partition.eof", "group.id",           "isolation.level",
                "transactional.id",     "enable.idempotence", "acks",
        };

        for (size_t i = 0; i < ELEMENTSOF(reserved); i++)
                if (strncmp(property, reserved[i], strlen(reserved[i])) == 0 &&
                    property[strlen(reserved[i])] == '=')
                        return true;
        return false;
}

static int add_property(const Value *value, const config_setting_t *element) {
        const char *text = config_setting_get_string(element);
        const ConfigToken *token = config_file_value_token(element);
        size_t name_size = text ? strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-") : 0;
        char path[CONFIG_TEXT_MAX];

        /* It may be a password, and is not shown. */
        if (name_size == 0 || text[name_size] != '=')
                return config_file_error(value->file, token, value->error,
                                         "%s: this is not understood; expected \"key=value\"",
                                         config_key_path(path, value->key));
        if (property_is_reserved(text))
                return config_file_error(value->file, token, value->error,
                                         "%s: %.*s cannot be set; the exactness of results rests on it",
                                         config_key_path(path, value->key), (int)name_size, text);
        return strv_extend(value->field, text);
}

static int set_properties(const Value *value) {
        return set_list(value, add_property);
}

static const SetValue setters[_CONFIG_TYPE_MAX] = {
        [CONFIG_BOOL] = set_bool,
        [CONFIG_INT] = set_integer,
        [CONFIG_REAL] = set_real,
        [CONFIG_DURATION] = set_duration,
        [CONFIG_SIZE] = set_size,
        [CONFIG_ENUM] = set_enum,
        [CONFIG_STRING] = set_string,
        [CONFIG_NAME] = set_name,
        [CONFIG_TOPIC] = set_topic,
        [CONFIG_TOPICS] = set_topics,
        [CONFIG_PATTERN] = set_pattern,
        [CONFIG_FOLDER] = set_folder,
        [CONFIG_TABLE] = set_table,
        [CONFIG_START] = set_start,
        [CONFIG_PROPERTIES] = set_properties,
};

/* How many bytes of the file make the next byte of the text. An escape libconfig does not know stays as it
 * is. */
static size_t escaped_size(const ConfigCursor *cursor, char decoded) {
        const char *p = cursor->next;

        if (*p != '\\')
                return 1;
        if ((p[1] == 'x' || p[1] == 'X') && isxdigit((unsigned char)p[2]) && isxdigit((unsigned char)p[3]))
                return 4;
        return decoded == '\\' && p[1] != '\\' ? 1 : 2;
}

/* Follows the text through the file. Returns VALUE_WITH_NUL if libconfig's text ends before the file's,
 * which an escaped NUL makes it do. */
static int map_text(const ConfigToken *token, const char *text, TextMap *ret) {
        size_t offset = 0, size = strlen(text);
        ConfigCursor cursor;
        int r;

        for (; token->type == TOKEN_STRING; token++) {
                cursor = (ConfigCursor){
                        .next = token->text + 1,
                        .end = token->text + token->size - 1,
                        .line = token->line,
                        .column = token->column + 1,
                };
                for (; cursor.next < cursor.end; offset++) {
                        if (offset == size)
                                return VALUE_WITH_NUL;
                        r = text_map_add(ret, offset, cursor.line, cursor.column);
                        if (r < 0)
                                return r;
                        config_cursor_skip(&cursor, escaped_size(&cursor, text[offset]));
                }
        }
        return text_map_add(ret, offset, cursor.line, cursor.column);
}

static int set_text_map(const Value *value) {
        _cleanup_(text_map_done) TextMap map = {};
        TextMap *field = (TextMap *)((char *)value->object + value->key->map_offset);
        int r;

        r = map_text(value->token, value->text, &map);
        if (r != 0)
                return r;
        if (value->key->map_offset > 0) {
                text_map_done(field);
                *field = map;
                map = (TextMap){};
        }
        return 0;
}

/* What is written there in another way than it should be may be a password. */
static bool may_be_secret(const ConfigKey *key) {
        return key->type == CONFIG_PROPERTIES || strcmp(key->name, "connection") == 0;
}

static int refuse(const Value *value, int reason) {
        char path[CONFIG_TEXT_MAX], allowed[CONFIG_TEXT_MAX], shown[TOKEN_TEXT_MAX];
        const char *what = config_token_text(shown, value->token);

        if (value->token->type == TOKEN_OPEN)
                what = *value->token->text == '{' ? "a group" : "a list";
        else if (may_be_secret(value->key))
                what = "this";
        return config_file_error(value->file, value->token, value->error, "%s: %s %s; expected %s",
                                 config_key_path(path, value->key), what, reasons[reason],
                                 config_key_allowed(allowed, value->key));
}

int config_value_set(const ConfigKey *key, const ConfigFile *file, const config_setting_t *setting,
                     void *object, ConfigError *error) {
        const Value value = {
                .key = key,
                .file = file,
                .setting = setting,
                .token = config_file_value_token(setting),
                .text = config_setting_get_string(setting),
                .object = object,
                .field = (char *)object + key->offset,
                .error = error,
        };
        int r;

        r = setters[key->type](&value);
        if (r == 0 && value.text)
                r = set_text_map(&value);
        return r > 0 ? refuse(&value, r) : r;
}

double config_value_number(const ConfigKey *key, const void *object) {
        const void *field = (const char *)object + key->offset;

        if (key->type == CONFIG_REAL)
                return *(const double *)field;
        return key->size == sizeof(unsigned) ? *(const unsigned *)field : (double)*(const uint64_t *)field;
}

char *config_value_text(char buffer[static CONFIG_TEXT_MAX], const ConfigKey *key, const void *object) {
        return config_number_text(buffer, key, config_value_number(key, object));
}
