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
/* A sink did not take an epoch; it is tried again. */
#define MESSAGE_SINK_DOWN "3b3df0a2751a43d7936df44c219e32ae"
#define MESSAGE_SINK_BACK "9f15104fdf6f41dfb004eff976d3ef51"
/* The state cannot be written now: its disk or itself is full. */
#define MESSAGE_STATE_HELD "df57681d53f44f88a7e74198b444064c"
#define MESSAGE_STATE_BACK "1153e9f2d0594134b4499dab66682658"
/* A topic was deleted and made anew. */
#define MESSAGE_TOPIC_ANEW "c0e90b5cf1a54977ad7048c8caf649a0"
#define MESSAGE_PARTITIONS_ADDED "7af9e99b7a5e468db6238affd2d96f34"
/* A stop took too long. */
#define MESSAGE_DRAIN_CUT "03b3888aeda2440688e9833c5d7446d4"
/* The configuration was read again. */
#define MESSAGE_CONFIG_TAKEN "1a2132964c9f4a889b09fc5bc5ee9806"
/* The connection between a job and a worker or the coordinator. */
#define MESSAGE_LINK_BROKE "ab6c5eee9f774144864cb81f51ba5479"
/* Somebody spoke as the coordinator at the workers' socket, or the other way round. */
#define MESSAGE_CALLER_REFUSED "6cef962cc97e4bfdb56a97f364431af7"

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
/* Somebody started a job that was stopped by hand. */
#define MESSAGE_JOB_UNSTOPPED "4f111d93627e4fc082dda93c48cec7a7"
/* A unit did not start or stop. */
#define MESSAGE_UNIT_TROUBLE "75adb68a01e6466394fda2fcebcfe8d6"
/* What was paused and stopped by hand cannot be read. */
#define MESSAGE_WILL_FORGOTTEN "880cf56e43bc42298b262be5b81d75b1"
#define MESSAGE_UNITS_ALLOWED "4b6245dbfb2948a6b1b5113fa9499559"
#define MESSAGE_SYSTEMD_LOST "4bfac966a721444e87cfb713f401fa1f"
#define MESSAGE_SYSTEMD_BACK "37aa134face0405b80118a1aa8473836"
#define MESSAGE_COORDINATOR_STOPS "cbb628c7b38d4b9a80e9eec0919ea2a6"

/* etl-worker */

#define MESSAGE_JOB_UNREACHABLE "090304d43c964219a2889a50bd409f8e"
/* A worker cannot do what its job says. */
#define MESSAGE_PLAN_REFUSED "d5754466577d4f4caa8fb1faf679617d"

/* etl-producer */

#define MESSAGE_RECORD_NOT_SENT "9e3120d6508a4d88b53f0cf76673c563"
