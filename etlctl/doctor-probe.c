/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "config.h"

#include <spawn.h>
#include <sys/wait.h>

#include "base/strv.h"
#include "doctor.h"
#include "wire/control.h"

/* Kafka, topics, records, sinks and state are looked at from where the job stands: etl-job --probe runs with
 * the user, the credentials and the writable folders of the job's unit. */

static int extend(char ***list, const char *key, const char *value) {
        char text[4096];

        snprintf(text, sizeof(text), "%s%s", key, value);
        return strv_extend(list, text);
}

/* What the unit may write. A folder that is not there would fail the probe as it fails the unit: passed over
 * here ("-"), for the probe to say so. */
static int add_writable(const Doctor *doctor, const char *job, char ***arguments) {
        _cleanup_strv_ char **paths = NULL;
        _cleanup_free_ char *path = NULL;
        char unit[128];
        int r;

        snprintf(unit, sizeof(unit), "etl-job@%s.service", job);
        r = sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit, &path);
        if (r >= 0)
                r = sd_bus_get_property_strv(doctor->bus, "org.freedesktop.systemd1", path,
                                             "org.freedesktop.systemd1.Service", "ReadWritePaths", NULL,
                                             &paths);
        for (char **p = paths; r >= 0 && p && *p; p++)
                r = extend(arguments, "--property=ReadWritePaths=-", *p + (**p == '-'));
        return r;
}

static int make_arguments(const Doctor *doctor, const char *job, char ***ret) {
        static const char *const sandbox[] = {
                "systemd-run",
                "--quiet",
                "--pipe",
                "--wait",
                "--collect",
                "--no-ask-password",
                "--property=User=streametl",
                "--property=ImportCredential=streametl.*",
                "--property=ProtectSystem=strict",
                "--property=ProtectHome=yes",
                "--property=PrivateTmp=yes",
                "--property=RuntimeMaxSec=60",
        };
        _cleanup_strv_ char **arguments = NULL;
        int r = 0;

        if (doctor->bus) {
                for (size_t i = 0; r >= 0 && i < ELEMENTSOF(sandbox); i++)
                        r = strv_extend(&arguments, sandbox[i]);
                if (r >= 0)
                        r = extend(&arguments, "--property=ReadWritePaths=-" LOCALSTATEDIR "/lib/streametl/",
                                   job);
                if (r >= 0)
                        r = add_writable(doctor, job, &arguments);
                if (r >= 0)
                        r = strv_extend(&arguments, "--");
        }
        if (r >= 0)
                r = strv_extend(&arguments, LIBEXECDIR "/etl-job");
        if (r >= 0)
                r = strv_extend(&arguments, "--probe");
        if (r >= 0)
                r = extend(&arguments, "--config=", doctor->suite->path);
        if (r >= 0)
                r = strv_extend(&arguments, job);
        if (r >= 0)
                *ret = TAKE_PTR(arguments);
        return r;
}

/* Its standard output. */
static int spawn(char *const *arguments, pid_t *ret_pid, FILE **ret) {
        extern char **environ;
        posix_spawn_file_actions_t actions;
        int fds[2], r;

        if (pipe(fds) < 0)
                return -errno;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
        posix_spawn_file_actions_addclose(&actions, fds[0]);
        posix_spawn_file_actions_addclose(&actions, fds[1]);
        r = posix_spawnp(ret_pid, arguments[0], &actions, NULL, arguments, environ);
        posix_spawn_file_actions_destroy(&actions);
        close(fds[1]);
        if (r != 0) {
                close(fds[0]);
                return -r;
        }
        *ret = fdopen(fds[0], "r");
        return *ret ? 0 : -errno;
}

static Health health_of(json_object *finding) {
        const char *status = text_of(finding, "status");

        return strcmp(status, "ok") == 0        ? HEALTH_OK
               : strcmp(status, "warning") == 0 ? HEALTH_WARNING
                                                : HEALTH_PROBLEM;
}

/* Returns whether it was told to the end. */
static bool read_findings(Doctor *doctor, const char *job, FILE *file) {
        _cleanup_free_ char *line = NULL;
        size_t allocated = 0;
        bool ended = false;

        while (getline(&line, &allocated, file) > 0) {
                json_object *finding = json_tokener_parse(line);

                ended = strcmp(line, PROBE_END "\n") == 0;
                if (ended || !json_object_is_type(finding, json_type_object)) {
                        json_object_put(finding);
                        continue;
                }
                json_object_object_add(finding, "job", json_object_new_string(job));
                doctor_add(doctor, health_of(finding), finding);
        }
        return ended;
}

static const char *describe_end(char text[static 64], int status) {
        if (WIFSIGNALED(status))
                (void)snprintf(text, 64, "it was killed by signal %d", WTERMSIG(status));
        else if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
                (void)snprintf(text, 64, "it ended with status %d", WEXITSTATUS(status));
        else
                (void)snprintf(text, 64, "it broke off");
        return text;
}

static void check_job(Doctor *doctor, const char *job) {
        _cleanup_strv_ char **arguments = NULL;
        char mend[MEND_MAX], end[64];
        bool ended = false;
        FILE *file = NULL;
        int r, status = 0;
        pid_t pid = 0;

        r = make_arguments(doctor, job, &arguments);
        if (r >= 0)
                r = spawn(arguments, &pid, &file);
        if (r >= 0) {
                ended = read_findings(doctor, job, file);
                fclose(file);
                (void)waitpid(pid, &status, 0);
        }
        if (!ended)
                doctor_find(doctor, HEALTH_PROBLEM, "probe",
                            mend_text(mend, LIBEXECDIR "/etl-job --probe %s", job),
                            "job %s could not be looked at to the end from where it stands: %s", job,
                            r < 0 ? strerror(-r) : describe_end(end, status));
}

void check_jobs(Doctor *doctor) {
        /* Others may not read passwords and state, which is nothing wrong with the job. */
        if (!doctor->is_root) {
                doctor_find(doctor, HEALTH_WARNING, "probe", "sudo etlctl doctor",
                            "Kafka, records, sinks and state are not looked at: only root can do so from "
                            "where a job stands");
                return;
        }
        for (size_t i = 0; i < doctor->n_jobs; i++)
                if (doctor->jobs[i].config && doctor->jobs[i].config->enabled)
                        check_job(doctor, doctor->jobs[i].name);
}
