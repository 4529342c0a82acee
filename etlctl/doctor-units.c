/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "config.h"

#include "base/macros.h"
#include "doctor.h"

#define UNIT_INTERFACE "org.freedesktop.systemd1.Unit"
#define SERVICE_INTERFACE "org.freedesktop.systemd1.Service"
#define COORDINATOR "etl-coordinator.service"

/* Units: loaded, not masked, not failed, running; and running what is installed. */

char *doctor_unit_property(const Doctor *doctor, const char *unit, const char *interface, const char *name) {
        _cleanup_free_ char *path = NULL;
        char *value = NULL;

        if (!doctor->bus || sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit, &path) < 0 ||
            sd_bus_get_property_string(doctor->bus, "org.freedesktop.systemd1", path, interface, name, NULL,
                                       &value) < 0)
                return strdup("");
        return value;
}

bool doctor_unit_is(const Doctor *doctor, const char *unit, const char *active_state) {
        _cleanup_free_ char *state = doctor_unit_property(doctor, unit, UNIT_INTERFACE, "ActiveState");

        return state && strcmp(state, active_state) == 0;
}

/* Whether there is more to look at. */
static bool is_loaded(Doctor *doctor, const char *unit) {
        _cleanup_free_ char *load = doctor_unit_property(doctor, unit, UNIT_INTERFACE, "LoadState");
        char mend[MEND_MAX];

        if (!load || strcmp(load, "loaded") == 0)
                return load;
        if (strcmp(load, "masked") == 0)
                doctor_find(
                        doctor, HEALTH_PROBLEM, "units",
                        mend_text(mend, "systemctl unmask %s; systemctl unmask --runtime %s", unit, unit),
                        "%s is masked", unit);
        else if (strcmp(load, "not-found") == 0)
                doctor_find(doctor, HEALTH_PROBLEM, "units",
                            "apt-get install --reinstall streametl && systemctl daemon-reload",
                            "%s is not installed", unit);
        else
                doctor_find(doctor, HEALTH_PROBLEM, "units",
                            mend_text(mend, "systemd-analyze verify %s", unit), "%s cannot be loaded: %s",
                            unit, load);
        return false;
}

/* Returns whether it runs. start: the command that starts it. */
static bool judge_unit(Doctor *doctor, const char *unit, const char *start) {
        _cleanup_free_ char *state = NULL, *sub = NULL;
        char mend[MEND_MAX];

        if (!is_loaded(doctor, unit))
                return false;
        state = doctor_unit_property(doctor, unit, UNIT_INTERFACE, "ActiveState");
        sub = doctor_unit_property(doctor, unit, UNIT_INTERFACE, "SubState");
        if (!state || !sub)
                return false;
        if (strcmp(state, "active") == 0 || strcmp(state, "reloading") == 0) {
                doctor_find(doctor, HEALTH_OK, "units", NULL, "%s: %s (%s)", unit, state, sub);
                return true;
        }
        if (strcmp(state, "failed") == 0)
                doctor_find(doctor, HEALTH_PROBLEM, "units",
                            mend_text(mend,
                                      "journalctl --no-pager -n 20 -u %s; systemctl reset-failed %s; %s",
                                      unit, unit, start),
                            "%s has failed", unit);
        else if (strcmp(state, "activating") == 0)
                doctor_find(doctor, HEALTH_WARNING, "units",
                            mend_text(mend, "journalctl --no-pager -n 20 -u %s", unit), "%s is starting",
                            unit);
        else
                doctor_find(doctor, HEALTH_PROBLEM, "units", start, "%s does not run: %s (%s)", unit, state,
                            sub);
        return false;
}

static void judge_job(Doctor *doctor, const DoctorJob *job) {
        char unit[128], start[MEND_MAX];

        if (!job->config || !job->config->enabled)
                return;
        snprintf(unit, sizeof(unit), "etl-job@%s.service", job->name);
        (void)judge_unit(doctor, unit, mend_text(start, "systemctl start %s", unit));
}

static void judge_start_at_boot(Doctor *doctor) {
        _cleanup_free_ char *state =
                doctor_unit_property(doctor, COORDINATOR, UNIT_INTERFACE, "UnitFileState");

        if (state && strcmp(state, "disabled") == 0)
                doctor_find(doctor, HEALTH_WARNING, "units", "systemctl enable etl-coordinator",
                            "nothing starts after the next boot: %s is disabled", COORDINATOR);
}

void check_units(Doctor *doctor) {
        if (!doctor->bus)
                return;
        judge_start_at_boot(doctor);
        if (!judge_unit(doctor, COORDINATOR, "systemctl start etl-coordinator"))
                return; /* all others go with it */
        (void)judge_unit(doctor, "etl-coordinator.socket", "systemctl restart etl-coordinator");
        (void)judge_unit(doctor, "etl-coordinator-http.socket",
                         "ss -ltnp 'sport = :8081'; systemctl restart etl-coordinator");
        for (size_t i = 0; i < doctor->n_jobs; i++)
                judge_job(doctor, &doctor->jobs[i]);
}

/* The kernel says so if the file that a process runs was replaced. */
static bool runs_old_file(const Doctor *doctor, const char *unit) {
        static const char deleted[] = " (deleted)";
        _cleanup_free_ char *unit_path = NULL;
        char path[64], target[4096];
        uint32_t pid = 0;
        ssize_t n;

        if (sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit, &unit_path) < 0 ||
            sd_bus_get_property_trivial(doctor->bus, "org.freedesktop.systemd1", unit_path,
                                        SERVICE_INTERFACE, "MainPID", NULL, 'u', &pid) < 0 ||
            pid == 0)
                return false;
        snprintf(path, sizeof(path), "/proc/%" PRIu32 "/exe", pid);
        n = readlink(path, target, sizeof(target) - 1);
        if (n < (ssize_t)strlen(deleted))
                return false;
        target[n] = '\0';
        return strcmp(target + n - strlen(deleted), deleted) == 0;
}

void check_versions(Doctor *doctor) {
        const char *mend = "systemctl restart etl-coordinator", *running;
        char unit[128];
        unsigned old = 0;

        if (!doctor->bus || !doctor_unit_is(doctor, COORDINATOR, "active"))
                return;
        if (runs_old_file(doctor, COORDINATOR) && ++old)
                doctor_find(doctor, HEALTH_PROBLEM, "versions", mend,
                            "%s runs a file that was replaced since", COORDINATOR);
        for (size_t i = 0; i < doctor->n_jobs; i++) {
                snprintf(unit, sizeof(unit), "etl-job@%s.service", doctor->jobs[i].name);
                if (runs_old_file(doctor, unit) && ++old)
                        doctor_find(doctor, HEALTH_PROBLEM, "versions", mend,
                                    "%s runs a file that was replaced since", unit);
        }
        running = doctor->status ? text_of(doctor->status, "version") : "";
        if (*running && strcmp(running, PACKAGE_VERSION) != 0)
                doctor_find(doctor, HEALTH_PROBLEM, "versions", mend,
                            "the coordinator is of version %s, etlctl of %s", running, PACKAGE_VERSION);
        else if (old == 0)
                doctor_find(doctor, HEALTH_OK, "versions", NULL, "what runs is what is installed, %s",
                            PACKAGE_VERSION);
}

/* The command that a message of ours names in quotes. What a sink waits for is in words of the sink. */
static const char *named_command(char buffer[static MEND_MAX], const char *problem) {
        static const char *const starts[] = {"\"etlctl ", "\"systemctl "};

        for (size_t i = 0; i < ELEMENTSOF(starts) && !strstr(problem, " waits: Sink "); i++) {
                const char *begin = strstr(problem, starts[i]), *end = begin ? strchr(begin + 1, '"') : NULL;

                if (end)
                        return mend_text(buffer, "%.*s", (int)(end - begin - 1), begin + 1);
        }
        return NULL;
}

/* A word of what the coordinator says is wrong. */
static const char *mend_of_problem(char buffer[static MEND_MAX], const char *problem) {
        char job[65];

        if (sscanf(problem, "job %64[a-z0-9_] was stopped by hand", job) == 1 &&
            strstr(problem, "stopped by hand"))
                return mend_text(buffer, "systemctl start etl-job@%s", job);
        if (sscanf(problem, "job %64[a-z0-9_] is masked", job) == 1 && strstr(problem, "is masked"))
                return mend_text(buffer,
                                 "systemctl unmask etl-job@%s; systemctl unmask --runtime etl-job@%s", job,
                                 job);
        if (named_command(buffer, problem))
                return buffer;
        if (sscanf(problem, "job %64[a-z0-9_]", job) == 1)
                return mend_text(buffer, "journalctl --no-pager -n 20 -u etl-job@%s", job);
        if (strstr(problem, "reload"))
                return "etlctl check && systemctl reload etl-coordinator";
        return "journalctl --no-pager -n 20 -u etl-coordinator";
}

void check_coordinator(Doctor *doctor) {
        json_object *problems = doctor->status ? json_object_object_get(doctor->status, "problems") : NULL;
        size_t n = problems ? json_object_array_length(problems) : 0;
        char mend[MEND_MAX];

        if (!doctor->status && !doctor->is_root) {
                doctor_find(
                        doctor, HEALTH_WARNING, "coordinator", "sudo etlctl doctor",
                        "what the coordinator knows is not looked at: only root and members of the group "
                        "streametl may ask it");
                return;
        }
        if (!doctor->status) {
                doctor_find(doctor, HEALTH_PROBLEM, "coordinator", "systemctl restart etl-coordinator",
                            "the coordinator does not answer on its socket; what it knows is not looked at");
                return;
        }
        for (size_t i = 0; i < n; i++) {
                const char *text = json_object_get_string(json_object_array_get_idx(problems, i));

                doctor_find(doctor, HEALTH_PROBLEM, "coordinator", mend_of_problem(mend, text), "%s", text);
        }
        if (n == 0)
                doctor_find(doctor, HEALTH_OK, "coordinator", NULL,
                            "the coordinator answers and knows of no problem");
}
