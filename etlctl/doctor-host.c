/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "config.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "doctor.h"
#include "wire/control.h"
#include "wire/messages.h"

/* What the suite needs of the machine. */

#define STATE_FOLDER LOCALSTATEDIR "/lib/streametl"
/* Of units/sysusers.d, as the folder's mode is of units/tmpfiles.d. */
#define CONTROL_GROUP "streametl-control"
#define GIB (UINT64_C(1) << 30)

void check_user(Doctor *doctor) {
        static const char mend[] = "systemd-sysusers && systemd-tmpfiles --create";
        bool has_user = getpwnam("streametl"), has_group = getgrnam(CONTROL_GROUP);

        if (!has_user)
                doctor_find(doctor, HEALTH_PROBLEM, "user", mend,
                            "there is no user streametl, as whom all daemons run");
        if (!has_group)
                doctor_find(doctor, HEALTH_PROBLEM, "user", mend,
                            "there is no group " CONTROL_GROUP
                            ", as which the coordinator reaches its jobs");
        if (has_user && has_group)
                doctor_find(doctor, HEALTH_OK, "user", NULL,
                            "the user streametl and the group " CONTROL_GROUP " are there");
}

void check_polkit(Doctor *doctor) {
        static const char rule[] = POLKITRULESDIR "/streametl.rules", unit[] = "polkit.service";
        _cleanup_free_ char *load = NULL;

        if (access(rule, F_OK) < 0 && errno == ENOENT)
                doctor_find(doctor, HEALTH_PROBLEM, "polkit",
                            "apt-get install --reinstall streametl && systemctl restart polkit",
                            "%s is not there: the coordinator may start no unit", rule);
        if (!doctor->bus)
                return;
        load = doctor_unit_property(doctor, unit, "org.freedesktop.systemd1.Unit", "LoadState");
        if (load && strcmp(load, "masked") == 0)
                doctor_find(
                        doctor, HEALTH_PROBLEM, "polkit",
                        "systemctl unmask polkit; systemctl unmask --runtime polkit; systemctl start polkit",
                        "%s is masked: the coordinator may start no unit", unit);
        else if (load && strcmp(load, "loaded") != 0)
                doctor_find(doctor, HEALTH_PROBLEM, "polkit", "apt-get install polkitd",
                            "%s is not there: the coordinator may start no unit", unit);
        else if (doctor_unit_is(doctor, unit, "failed"))
                doctor_find(doctor, HEALTH_PROBLEM, "polkit", "systemctl restart polkit",
                            "%s has failed: the coordinator may start no unit", unit);
        else
                doctor_find(doctor, HEALTH_OK, "polkit", NULL, "%s %s", unit,
                            doctor_unit_is(doctor, unit, "active") ? "runs" : "starts when it is needed");
}

/* owner: NULL for root. */
static void check_folder(Doctor *doctor, const char *path, const char *owner, const char *mend) {
        const struct passwd *entry = owner ? getpwnam(owner) : NULL;
        uid_t uid = entry ? entry->pw_uid : 0;
        struct stat status;

        if (owner && !entry)
                return; /* another finding */
        if (stat(path, &status) < 0)
                doctor_find(doctor, HEALTH_PROBLEM, "permissions", mend, "%s: %m", path);
        else if (!S_ISDIR(status.st_mode) || status.st_uid != uid || (status.st_mode & S_IRWXU) != S_IRWXU)
                doctor_find(doctor, HEALTH_PROBLEM, "permissions", mend,
                            "%s is to be a folder that belongs to %s and that it can write", path,
                            owner ?: "root");
}

/* The coordinator is to get in, by its group, and nobody else of its user: least of all a worker. */
static void check_control_folder(Doctor *doctor) {
        const struct group *group = getgrnam(CONTROL_GROUP);
        struct stat status;

        check_folder(doctor, CONTROL_SOCKET_FOLDER, NULL, "systemd-tmpfiles --create");
        if (!group || stat(CONTROL_SOCKET_FOLDER, &status) < 0)
                return; /* another finding */
        if (status.st_gid != group->gr_gid || (status.st_mode & (S_IRWXG | S_IRWXO)) != S_IXGRP)
                doctor_find(doctor, HEALTH_PROBLEM, "permissions", "systemd-tmpfiles --create",
                            CONTROL_SOCKET_FOLDER " is to be open to the group " CONTROL_GROUP
                                                  " and to nobody else");
}

/* Daemons read it as streametl: its bit for others, or for a group, is needed. */
static void check_readable(Doctor *doctor, const char *path) {
        struct stat status;
        char mend[MEND_MAX];

        if (stat(path, &status) < 0 || status.st_mode & (S_ISDIR(status.st_mode) ? S_IXOTH : S_IROTH) ||
            (status.st_mode & S_IRGRP && status.st_gid != 0))
                return;
        doctor_find(doctor, HEALTH_PROBLEM, "permissions",
                    mend_text(mend, "chmod o+%s %s", S_ISDIR(status.st_mode) ? "rx" : "r", path),
                    "%s cannot be read by the user streametl", path);
}

void check_folders(Doctor *doctor) {
        unsigned before = doctor->n_found[HEALTH_PROBLEM];
        char path[4096], mend[MEND_MAX];

        check_folder(doctor, "/run/streametl", NULL, "systemd-tmpfiles --create");
        check_folder(doctor, WORKER_SOCKET_FOLDER, NULL, "systemd-tmpfiles --create");
        check_control_folder(doctor);
        check_folder(doctor, STATE_FOLDER, NULL, "chown root: " STATE_FOLDER "; systemd-tmpfiles --create");
        if (doctor->suite) {
                check_readable(doctor, doctor->suite->path);
                check_readable(doctor, doctor->suite->jobs_folder);
        }
        for (size_t i = 0; i < doctor->n_jobs; i++) {
                const char *name = doctor->jobs[i].name;

                snprintf(path, sizeof(path), "%s/%s.conf", doctor->suite->jobs_folder, name);
                check_readable(doctor, path);
                snprintf(path, sizeof(path), STATE_FOLDER "/%s", name);
                if (access(path, F_OK) == 0)
                        check_folder(doctor, path, "streametl",
                                     mend_text(mend, "chown -R streametl:streametl %s && chmod u+rwx %s",
                                               path, path));
        }
        if (doctor->n_found[HEALTH_PROBLEM] == before)
                doctor_find(doctor, HEALTH_OK, "permissions", NULL,
                            "folders and files belong to whom they should");
}

/* Below 1 % or 100 MiB something will stop soon, below 5 % and 1 GiB it is time to look. */
static void check_space(Doctor *doctor, const char *path) {
        struct statvfs status;
        uint64_t bytes, total;
        char mend[MEND_MAX];
        Health health = HEALTH_OK;

        if (statvfs(path, &status) < 0)
                return;
        bytes = (uint64_t)status.f_bavail * status.f_frsize;
        total = (uint64_t)status.f_blocks * status.f_frsize;
        if (bytes < total / 100 || bytes < GIB / 10)
                health = HEALTH_PROBLEM;
        else if (bytes < total / 20 && bytes < GIB)
                health = HEALTH_WARNING;
        doctor_find(
                doctor, health, "disk",
                health == HEALTH_OK
                        ? NULL
                        : mend_text(mend, "df -h %s; du -xsh %s; journalctl --vacuum-size=500M", path, path),
                "%s has %.1f GiB free", path, (double)bytes / (double)GIB);
}

void check_disk(Doctor *doctor) {
        check_space(doctor, STATE_FOLDER);
        check_space(doctor, "/var/log");
        for (size_t i = 0; i < doctor->n_jobs; i++) {
                const JobConfig *config = doctor->jobs[i].config;

                for (size_t k = 0; config && k < config->n_sinks; k++)
                        if (config->sinks[k].type == SINK_FILE)
                                check_space(doctor, config->sinks[k].folder);
        }
}

/* As timedatectl. Whether records come from the future is looked at with the records. */
void check_clock(Doctor *doctor) {
        int synchronised = -1;
        int r = -ENOTCONN;

        if (doctor->bus)
                r = sd_bus_get_property_trivial(doctor->bus, "org.freedesktop.timedate1",
                                                "/org/freedesktop/timedate1", "org.freedesktop.timedate1",
                                                "NTPSynchronized", NULL, 'b', &synchronised);
        if (r < 0)
                doctor_find(doctor, HEALTH_WARNING, "clock", "timedatectl",
                            "systemd-timedated does not say whether the clock is right: %s", strerror(-r));
        else if (!synchronised)
                doctor_find(doctor, HEALTH_WARNING, "clock", "timedatectl set-ntp true",
                            "the clock is not synchronised: idle partitions and max_future go by it");
        else
                doctor_find(doctor, HEALTH_OK, "clock", NULL, "the clock is synchronised");
}
