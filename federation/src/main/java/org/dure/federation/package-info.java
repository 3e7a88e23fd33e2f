/// The belt: how regions train one model together while their text stays at home.
///
/// ```
///  region ko                                   hub                                  region ja
///  ---------                                   ---                                  ---------
///  Workload (text, trainer)                                                         Workload
///     | delta, weight, measures
///  RegionWork --- RegionFolder (durable)
///     | ExportPolicy says yes
///     | ExportLog (signed line)
///  HubLink ---- chunks, signed messages ---> HubRoutes > HubDesk > Hub <----------- HubLink
///     ^                                                             | append, then apply
///     |                                                          RoundStore (events)
///     |                                                             v
///     |                                                          HubState, Stage (the table)
///     |                                                             | quorum, grace time
///     |                                                          Merger, OuterStep
///     +------- weights, chunk by chunk ------- published/ <---------+
/// ```
///
/// A round: the hub opens it with weights W. Each region fetches W, works H steps at home, keeps
/// its delta (W minus what it has now) and its trainer's state durably, uploads the chunks that the
/// hub lacks, and sends one signed contribution. When all have, or a quorum has and the grace time
/// is over, the hub merges fragment by fragment and logs the digests. [Hub] says how that survives
/// any death; [Stage] is the table of what can follow what.
///
/// ## Fragments and lists (version 1)
/// The tensors that travel are one vector of 32-bit little-endian floats ([org.dure.core.Weights]),
/// cut into fragments of `fragment-bytes` bytes, the last one shorter. A fragment is a chunk: raw
/// bytes named by their SHA-256. A list is a chunk of compact JSON that names all fragments of
/// something, in this order of fields:
///
/// ```
/// {"encoding":"fp32","layout":"<digest of the layout>","bytes":N,"fragmentBytes":N,
///  "fragments":["<digest>",...]}
/// ```
///
/// `encoding` is `fp32` for weights, deltas and momentum, `bytes` (with an empty `layout`) for
/// parts and result of a common preparation. Weights are named by the digest of their list.
///
/// ## Messages (protocol 1)
/// Compact JSON, at most 16 KiB, with these fields and no others; `study` is the study's digest:
///
/// ```
/// {"kind":"hello","protocol":1,"study","region","sequence":0,"round":0,"layout"}
/// {"kind":"activity","study","region","sequence":0,"round","doing","done","total"}
/// {"kind":"preparation","study","region","sequence","round":0,"parcel"}
/// {"kind":"contribution","study","region","sequence","round","base","delta","weight","metrics"}
/// {"kind":"scores","study","region","sequence","round","base","scores"}
/// ```
///
/// `parcel`, `base` and `delta` name lists. The last three kinds are counted: `sequence` runs
/// from 1 without gaps in each region. `doing` is one word of at most 24 letters and hyphens;
/// `metrics` and `scores` are at most 32 finite numbers under names of at most 32 letters, digits
/// and `_.-`. So no text fits into a message.
///
/// ## The wire (protocol 1)
/// HTTPS with TLS 1.3 only; both sides show certificates that the study's authority issued; a
/// region's name is the common name of its certificate.
///
/// ```
/// POST /v1/messages              body: a message; header Dure-Signature: base64 of the Ed25519
///                                signature of exactly the body by the certificate's key
///                                200 {"number":N}  the event under which it is logged, or 0
/// GET  /v1/state?after=N&wait=S  200 a Standing, once there is an event after N, or after S
///                                seconds (at most 25)
/// HEAD /v1/chunks/DIGEST         200 the hub has this chunk of the region; 404 it has not
/// PUT  /v1/chunks/DIGEST         a whole chunk, at most max(fragment-bytes, 1 MiB), with
///                                Content-Length; header Dure-Kind: delta or preparation; 204
/// GET  /v1/chunks/DIGEST         a chunk that the hub gives out; Range: bytes=N- is understood
/// ```
///
/// Every refusal is `{"error","number","reason","message"}`: [org.dure.core.ErrorCode], and
/// [Refusal] where there is one. What a region has uploaded nobody can fetch. A transfer that broke
/// is begun again at the chunk that broke: chunks are the steps in which transfers resume.
///
/// ## The log (version 1)
/// SQLite, `rounds.sqlite`: `event(number, bytes)` holds one line of compact JSON an event,
/// `{"number","time","previous","kind","body"}`; [Event] lists kinds and bodies. `previous` is the
/// SHA-256 of the line before, so the lines are a chain. `note(name, value)` holds counts that are
/// no part of the state; a killed hub may lose those of its last quarter of a second. The same
/// lines are the `events.jsonl` of a [Ledger].
///
/// ## Files
/// Hub: `lock`, `study.toml`, `rounds.sqlite`, `published/`, `received/REGION/`. Region: see
/// [RegionFolder]; `exports.jsonl` has one line an export, `{"entry":{...},"signature"}`, see
/// [ExportLog.Entry].
@NullMarked
package org.dure.federation;

import org.jspecify.annotations.NullMarked;
