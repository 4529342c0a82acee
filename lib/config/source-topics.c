/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "config/config.h"

bool topic_pattern_matches(const regex_t *pattern, const char *topic) {
        regmatch_t match;

        /* POSIX finds the leftmost longest match, which is all of the name if that matches. */
        return strncmp(topic, "__", 2) != 0 && regexec(pattern, topic, 1, &match, 0) == 0 &&
               match.rm_so == 0 && (size_t)match.rm_eo == strlen(topic);
}

int source_wants_topic(const SourceConfig *source, const char *topic) {
        regex_t pattern;
        bool wanted;

        for (char *const *name = source->topics; name && *name; name++)
                if (strcmp(*name, topic) == 0)
                        return true;
        if (!source->topic_pattern)
                return false;
        /* It was tried when it was read, so memory is all that can be missing. */
        if (regcomp(&pattern, source->topic_pattern, REG_EXTENDED) != 0)
                return -ENOMEM;
        wanted = topic_pattern_matches(&pattern, topic);
        regfree(&pattern);
        return wanted;
}
