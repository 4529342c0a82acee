/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */

#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "base/message-ids.h"
#include "credentials.h"
#include "job.h"
#include "last-word.h"
#include "maintenance.h"
#include "probe.h"
#include "wire/control.h"
#include "wire/messages.h"

typedef struct Options {
        const char *name;
        const char *suite_path;
        const char *worker_path, *control_path;                  /* NULL: systemd passes the sockets */
        char *state_folder;                                      /* owned */
        int (*maintenance)(const char *job, const char *folder); /* instead of running the job; or NULL */
        bool probe;                                              /* the same */
} Options;

static void print_help(FILE *file) {
        fputs("Usage: etl-job [OPTION...] JOB\n"
              "Keeps the state of a streaming job and hands out its work.\n\n"
              "  -c, --config=FILE   the suite's configuration (" SYSCONFDIR "/streametl.conf)\n"
              "  -s, --socket=PATH   listen for workers here, not where systemd says\n"
              "  -C, --control=PATH  listen for the coordinator here; goes with --socket\n"
              "  -S, --state=FOLDER  keep the state here, not where systemd says\n"
              "      --reset         drop the state of a job that does not run, and begin anew\n"
              "      --adopt         let a job that does not run take its sinks over as they are\n"
              "      --probe         look at what the job meets outside, for etlctl doctor\n"
              "  -h, --help          print this\n"
              "      --version       print the version\n\n"
              "See etl-job(8).\n",
              file);
}

/* Returns 1 to go on, 0 if everything asked for is done, or -EINVAL. */
static int parse_options(int argc, char *argv[], Options *options) {
        static const struct option table[] = {
                {"config", required_argument, NULL, 'c'},  {"socket", required_argument, NULL, 's'},
                {"control", required_argument, NULL, 'C'}, {"state", required_argument, NULL, 'S'},
                {"reset", no_argument, NULL, 'R'},         {"adopt", no_argument, NULL, 'A'},
                {"probe", no_argument, NULL, 'P'},         {"help", no_argument, NULL, 'h'},
                {"version", no_argument, NULL, 'V'},       {},
        };
        const char *state_folder = getenv("STATE_DIRECTORY");
        int c;

        *options = (Options){
                .suite_path = SYSCONFDIR "/streametl.conf",
        };
        while ((c = getopt_long(argc, argv, "c:s:C:S:h", table, NULL)) >= 0)
                switch (c) {
                case 'c': options->suite_path = optarg; break;
                case 's': options->worker_path = optarg; break;
                case 'C': options->control_path = optarg; break;
                case 'S': state_folder = optarg; break;
                case 'R': options->maintenance = state_reset; break;
                case 'A': options->maintenance = state_adopt; break;
                case 'P': options->probe = true; break;
                case 'h': print_help(stdout); return 0;
                case 'V': puts(PACKAGE_STRING); return 0;
                default: return -EINVAL; /* getopt has said why */
                }
        if (optind + 1 != argc) {
                print_help(stderr);
                return -EINVAL;
        }
        options->name = argv[optind];
        if (!job_name_is_valid(options->name)) {
                log_error("\"%s\" cannot be a job's name; expected up to 64 of a-z, 0-9 and _",
                          options->name);
                return -EINVAL;
        }
        if (!options->worker_path != !options->control_path) {
                log_error("--socket and --control go together");
                return -EINVAL;
        }
        if (!state_folder && !options->maintenance && !options->probe) {
                log_error("There is no folder for the state; to run this by hand, give --state");
                return -EINVAL;
        }
        if (state_folder)
                options->state_folder = strdup(state_folder);
        else if (asprintf(&options->state_folder, LOCALSTATEDIR "/lib/streametl/%s", options->name) < 0)
                options->state_folder = NULL;
        if (!options->state_folder)
                return log_oom();
        return 1;
}

static int listen_at(const char *path) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        _cleanup_close_ int fd = -EBADF;

        if (strlen(path) >= sizeof(address.sun_path))
                return log_error_errno(ENAMETOOLONG, "Cannot listen at %s: %m", path);
        memcpy(address.sun_path, path, strlen(path));
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return log_error_errno(errno, "Cannot make a socket: %m");
        (void)unlink(path);
        if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, SOMAXCONN) < 0)
                return log_error_errno(errno, "Cannot listen at %s: %m", path);
        return TAKE_FD(fd);
}

static void sockets_close(JobSockets *sockets) {
        closep(&sockets->workers);
        closep(&sockets->control);
}

/* Returns that of the n sockets of systemd which listens at FOLDER/JOB.sock, or -ENOENT. */
static int find_socket(int n, const char *folder, const char *job) {
        char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];

        (void)snprintf(path, sizeof(path), "%s/%s.sock", folder, job);
        for (int fd = SD_LISTEN_FDS_START; fd < SD_LISTEN_FDS_START + n; fd++)
                if (sd_is_socket_unix(fd, SOCK_STREAM, 1, path, 0) > 0)
                        return fd;
        return -ENOENT;
}

static int get_sockets(const Options *options, JobSockets *ret) {
        _cleanup_(sockets_close) JobSockets sockets = {-EBADF, -EBADF};
        int n = 2;

        if (options->worker_path) {
                sockets.workers = listen_at(options->worker_path);
                sockets.control = listen_at(options->control_path);
                if (sockets.workers < 0 || sockets.control < 0)
                        return -EIO; /* logged */
        } else {
                n = sd_listen_fds(/* unset_environment= */ true);
                if (n < 0)
                        return log_error_errno(n, "Cannot take the sockets from systemd: %m");
                sockets.workers = find_socket(n, WORKER_SOCKET_FOLDER, options->name);
                sockets.control = find_socket(n, CONTROL_SOCKET_FOLDER, options->name);
        }
        if (n != 2 || sockets.workers < 0 || sockets.control < 0)
                return log_error_errno(
                        EINVAL,
                        "Expected two listening sockets from systemd, %s/%s.sock and %s/%s.sock, got %d. If "
                        "etl-job@%s.socket is older than the package, mend it with \"systemctl restart "
                        "etl-coordinator\"; to run this by hand, give --socket and --control",
                        WORKER_SOCKET_FOLDER, options->name, CONTROL_SOCKET_FOLDER, options->name, n,
                        options->name);
        *ret = sockets;
        sockets = (JobSockets){-EBADF, -EBADF};
        return 0;
}

static int load_config(const Options *options, JobConfig **ret, JobPlan **ret_plan) {
        _cleanup_(suite_config_freep) SuiteConfig *suite = NULL;
        _cleanup_(job_config_freep) JobConfig *config = NULL;
        _cleanup_config_error_ ConfigError error = {};
        _cleanup_free_ char *path = NULL, *text = NULL;
        int r;

        r = suite_config_load(options->suite_path, &suite, &error);
        if (r >= 0 && asprintf(&path, "%s/%s.conf", suite->jobs_folder, options->name) < 0)
                return log_oom();
        if (r >= 0)
                r = job_config_load(suite, path, &config, &error);
        if (r >= 0)
                r = credentials_insert(config, &error);
        if (r >= 0)
                r = job_plan_from_config(config, ret_plan, &error);
        if (r >= 0) {
                *ret = TAKE_PTR(config);
                return 0;
        }
        text = r == -EINVAL ? config_error_text(&error) : NULL;
        if (!text)
                return log_error_errno(r, "Cannot read %s: %m", path ?: options->suite_path);
        return last_word(MESSAGE_CONFIG_BROKEN, r, NULL, "%s", text);
}

static int run(const Options *options) {
        _cleanup_(sd_event_unrefp) sd_event *event = NULL;
        _cleanup_(sockets_close) JobSockets sockets = {-EBADF, -EBADF};
        _cleanup_(job_freep) Job *job = NULL;
        JobConfig *config;
        JobPlan *plan;
        int r;

        r = load_config(options, &config, &plan);
        if (r < 0)
                return r == -EINVAL || r == -ENOENT ? EX_CONFIG : EXIT_FAILURE;
        r = get_sockets(options, &sockets);
        if (r >= 0) {
                r = sd_event_default(&event);
                if (r < 0)
                        log_error_errno(r, "Cannot start: %m");
        }
        if (r < 0) {
                job_plan_free(plan);
                job_config_free(config);
                return EXIT_FAILURE;
        }
        r = job_new(options->name, options->suite_path, options->state_folder, config, plan, event, &sockets,
                    &job);
        if (error_is_for_the_admin(r))
                return EX_DATAERR;
        if (r >= 0)
                r = sd_event_loop(event);
        if (job && job->reset_wanted) {
                job = job_free(job);
                if (state_reset(options->name, options->state_folder) < 0)
                        r = -EIO;
        }
        return r < 0 ? EXIT_FAILURE : r;
}

int main(int argc, char *argv[]) {
        Options options;
        int r;

        log_open("etl-job");
        r = parse_options(argc, argv, &options);
        if (r <= 0)
                return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
        log_set_field("STREAMETL_JOB", options.name);
        if (options.probe)
                r = probe_job(options.name, options.suite_path, options.state_folder) < 0;
        else
                r = options.maintenance ? options.maintenance(options.name, options.state_folder) < 0
                                        : run(&options);
        free(options.state_folder);
        return r;
}
