/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "doctor.h"
#include "output.h"
#include "printable.h"

/* In the order of what needs what: the first problem is often the cause of the others. */
static void (*const checks[])(Doctor *doctor) = {
        check_suite_configuration, check_user, check_folders, check_units, check_versions, check_polkit,
        check_coordinator,         check_jobs, check_disk,    check_clock, check_journal,
};

static const char *const healths[_HEALTH_MAX] = {
        [HEALTH_OK] = "OK", [HEALTH_WARNING] = "WARNING", [HEALTH_PROBLEM] = "PROBLEM"};

char *mend_text(char buffer[static MEND_MAX], const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        vsnprintf(buffer, MEND_MAX, format, ap);
        va_end(ap);
        return buffer;
}

/* Of several lines, as libpq's, one is made. */
static void print_text(const char *text) {
        for (; *text; text++)
                if (*text != '\n' || text[1] != '\0')
                        fputc(*text == '\n' ? ' ' : *text, stdout);
}

static void print_finding(Health health, json_object *finding) {
        static const Colour colours[_HEALTH_MAX] = {COLOUR_GREEN, COLOUR_YELLOW, COLOUR_RED};
        const char *job = text_of(finding, "job");

        printf("%s%-7s%s  %-13s  %s%s", output_colour(colours[health]), healths[health],
               output_colour(COLOUR_NONE), text_of(finding, "check"), *job ? job : "", *job ? ": " : "");
        print_text(text_of(finding, "text"));
        fputc('\n', stdout);
        if (has(finding, "mend")) {
                printf("%24s-> ", "");
                print_text(text_of(finding, "mend"));
                fputc('\n', stdout);
        }
        fflush(stdout);
}

void doctor_add(Doctor *doctor, Health health, json_object *finding) {
        doctor->n_found[health]++;
        if (doctor->call->options->format != PRINT_JSON) {
                (void)json_make_printable(finding, "\n");
                print_finding(health, finding);
        }
        json_object_array_add(doctor->findings, finding);
}

void doctor_find(Doctor *doctor, Health health, const char *check, const char *mend, const char *format,
                 ...) {
        static const char *const names[_HEALTH_MAX] = {"ok", "warning", "problem"};
        json_object *finding = json_object_new_object();
        char text[1024];
        va_list ap;

        va_start(ap, format);
        vsnprintf(text, sizeof(text), format, ap);
        va_end(ap);
        json_object_object_add(finding, "check", json_object_new_string(check));
        json_object_object_add(finding, "status", json_object_new_string(names[health]));
        json_object_object_add(finding, "text", json_object_new_string(text));
        json_object_object_add(finding, "mend", mend ? json_object_new_string(mend) : NULL);
        doctor_add(doctor, health, finding);
}

static void doctor_done(Doctor *doctor) {
        for (size_t i = 0; i < doctor->n_jobs; i++) {
                free(doctor->jobs[i].name);
                job_config_free(doctor->jobs[i].config);
        }
        free(doctor->jobs);
        suite_config_free(doctor->suite);
        sd_bus_unref(doctor->bus);
        json_object_put(doctor->status);
        json_object_put(doctor->findings);
}

static void print_json(Doctor *doctor) {
        _cleanup_(json_object_putp) json_object *object = json_object_new_object();

        json_object_object_add(object, "problems", json_object_new_int64(doctor->n_found[HEALTH_PROBLEM]));
        json_object_object_add(object, "warnings", json_object_new_int64(doctor->n_found[HEALTH_WARNING]));
        json_object_object_add(object, "findings", json_object_get(doctor->findings));
        json_print(object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED, stdout);
}

int run_doctor(const Call *call) {
        _cleanup_(doctor_done) Doctor doctor = {.call = call, .is_root = geteuid() == 0};
        _cleanup_free_ char *error = NULL;

        doctor.findings = json_object_new_array();
        if (!doctor.findings)
                return -ENOMEM;
        if (!doctor.is_root)
                doctor_find(&doctor, HEALTH_WARNING, "doctor", "sudo etlctl doctor",
                            "only root can look at everything");
        if (sd_bus_open_system(&doctor.bus) < 0)
                doctor_find(&doctor, HEALTH_PROBLEM, "units", "systemctl start dbus.socket",
                            "D-Bus cannot be reached: units cannot be looked at, and the coordinator cannot "
                            "start any");
        /* To ask one that has failed would start it again, by its socket. */
        if (!doctor.bus || doctor_unit_is(&doctor, "etl-coordinator.service", "active"))
                (void)client_try("GET", "status", NULL, &doctor.status, &error);
        for (size_t i = 0; i < ELEMENTSOF(checks); i++)
                checks[i](&doctor);
        if (call->options->format == PRINT_JSON)
                print_json(&doctor);
        else
                printf("\n%u problem%s, %u warning%s\n", doctor.n_found[HEALTH_PROBLEM],
                       doctor.n_found[HEALTH_PROBLEM] == 1 ? "" : "s", doctor.n_found[HEALTH_WARNING],
                       doctor.n_found[HEALTH_WARNING] == 1 ? "" : "s");
        return doctor.n_found[HEALTH_PROBLEM] > 0 ? STATUS_FAILED : 0;
}
