/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "base/strv.h"

size_t strv_length(char *const *list) {
        size_t n = 0;

        while (list && list[n])
                n++;
        return n;
}

char **strv_free(char **list) {
        for (char **text = list; text && *text; text++)
                free(*text);
        free(list);
        return NULL;
}

int strv_extend(char ***list, const char *text) {
        size_t n = strv_length(*list);
        _cleanup_free_ char *copy = strdup(text);
        char **grown;

        if (!copy)
                return -ENOMEM;
        grown = reallocarray(*list, n + 2, sizeof(char *));
        if (!grown)
                return -ENOMEM;
        grown[n] = TAKE_PTR(copy);
        grown[n + 1] = NULL;
        *list = grown;
        return 0;
}

int strv_extend_all(char ***list, char *const *more) {
        int r;

        for (; more && *more; more++) {
                r = strv_extend(list, *more);
                if (r < 0)
                        return r;
        }
        return 0;
}

bool strv_equal(char *const *a, char *const *b) {
        size_t i = 0;

        for (; a && b && a[i] && b[i]; i++)
                if (strcmp(a[i], b[i]) != 0)
                        return false;
        return (!a || !a[i]) && (!b || !b[i]);
}
