/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX-FileCopyrightText: StreamETL contributors */
#pragma once

/* MESSAGE_ID= of the events that an admin may want to search for, each with an entry in
 * units/streametl.catalog. Made with `systemd-id128 new`; never reused for something else. */
#define MESSAGE_WORKER_JOINED "c2a5c166dea14457997baff048caba3b"
#define MESSAGE_WORKER_LEFT "8803d70e1e1b43d9aecec93fb4c5f12b"
#define MESSAGE_WORKER_LOST "baa29008274b4b218e3e0b584e01f0a1"
#define MESSAGE_WORKER_SILENT "a54b6ac8a20a448ca9bd915744e61a50"
#define MESSAGE_REPORT_REFUSED "3febba78b8ee461cb9b3b43e3c651023"
#define MESSAGE_LEASE_FAILED "388f9ecd637f41e6bc5e710e1bc6fa4e"
#define MESSAGE_RECORDS_REMOVED "e1ce4463b4e74eb7bb1c9555c849931d"
#define MESSAGE_DEAD_LETTER "8a12934ed16a411f99293fa1608cd002"
#define MESSAGE_BROKER_UNREACHABLE "02f131ad52df467bb087553fb228bc46"
#define MESSAGE_BROKER_BACK "5e03fbb606214cea9ede3efd3d35255b"
#define MESSAGE_TOPIC_GONE "8d532b63fc934e5fb21a8327380970de"
#define MESSAGE_TOPIC_BACK "1899c8481e02431795e2484354d16f81"
#define MESSAGE_CONFIG_REFUSED "b5c9f04b895345f292a8e335ce7af378"
#define MESSAGE_JOB_STARTED "49c2e91289f141a8b2bda3bb8280e781"
#define MESSAGE_JOB_DRAINED "012e975e735f48deae148c87e58b5ff5"
#define MESSAGE_STATE_RESTORED "7b5a42367f4cecea973754158892efd2"
/* What a sink holds does not fit the state. */
#define MESSAGE_SINK_REFUSED "5d0b0ad2a3a04b4f8f0d3c0f0e6a7c11"
/* A record does not fit the columns, and the job is to end. */
#define MESSAGE_BAD_RECORD "0f6c1e9b7f3d4a62a8f1c6f6c0be5d27"
#define MESSAGE_STATE_REFUSED "3882d666985977aa1dafb13d0451eb2e"

/* etl-coordinator */

/* The number of a job's workers is changed. */
#define MESSAGE_WORKERS_WANTED "54c7a29ab3d64f3eaa335d08108b40f1"
/* A worker exited by itself or did not start. */
#define MESSAGE_WORKER_FAILED "91cbc37284fe4b6bbc070bcfaec54adc"
/* A job's unit has failed for good. */
#define MESSAGE_JOB_FAILED "b8ecbd513dde4915a9a94dee8c0a2246"
/* Somebody stopped a job: it stays stopped. */
#define MESSAGE_JOB_STOPPED "c1d41b90e9a140a9b1db3385c4564e43"
/* polkit lets us start or stop nothing. */
#define MESSAGE_UNITS_DENIED "653b36af22fd44ba8d5bf021c3f4aef4"
/* A broken configuration was not taken. */
#define MESSAGE_RELOAD_REFUSED "6b1863234d2a416383a67eb149abb6fc"
/* A broken configuration at start. */
#define MESSAGE_CONFIG_BROKEN "ca0f7dbfa01f47bba295e885058274bf"
/* There is no socket for the web page. */
#define MESSAGE_NO_WEB_PAGE "4240c2e81c6046848c71160e0c047ea6"
/* Somebody asked for a change over the API. */
#define MESSAGE_API_CHANGE "c2b4b5cfabfd4d849b710fcbbd298dd5"
