/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

/* Journal messages an admin may search for (journalctl MESSAGE_ID=...). Each has a text in the catalog that
 * says what it means and what to do. Made by `journalctl --new-id128`; never reused. */

/* etl-coordinator */
#define MESSAGE_WORKERS_WANTED "54c7a29ab3d64f3eaa335d08108b40f1"  /* the number of a job's workers is changed */
#define MESSAGE_WORKER_FAILED "91cbc37284fe4b6bbc070bcfaec54adc"   /* a worker exited by itself or did not start */
#define MESSAGE_JOB_FAILED "b8ecbd513dde4915a9a94dee8c0a2246"      /* a job's unit has failed for good */
#define MESSAGE_JOB_STOPPED "c1d41b90e9a140a9b1db3385c4564e43"     /* somebody stopped a job: it stays stopped */
#define MESSAGE_UNITS_DENIED "653b36af22fd44ba8d5bf021c3f4aef4"    /* polkit lets us start or stop nothing */
#define MESSAGE_RELOAD_REFUSED "6b1863234d2a416383a67eb149abb6fc"  /* a broken configuration was not taken */
#define MESSAGE_CONFIG_BROKEN "ca0f7dbfa01f47bba295e885058274bf"   /* a broken configuration at start */
#define MESSAGE_NO_WEB_PAGE "4240c2e81c6046848c71160e0c047ea6"     /* there is no socket for the web page */
