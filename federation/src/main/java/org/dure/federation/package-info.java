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
/// hub lacks, and sends one signed contribution. When all have, or a quorum has and nobody who is
/// present can be expected within a short window, the hub merges fragment by fragment and logs the
/// digests. What comes later counts in the round that is open then, against the weights that it
/// started from and at a discounted weight; a region that waits or is cut off trains on. [Hub] says
/// how that survives any death; [Stage] is the table of what can follow what.
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
/// ## Messages (protocol 2)
/// Compact JSON, at most 16 KiB, with these fields and no others; `study` is the study's digest:
///
/// ```
/// {"kind":"hello","protocol":2,"study","region","sequence":0,"round":0,"layout","last",
///  "number","head","proof","newest","delta","exports","exportsHead","common"}
/// {"kind":"activity","study","region","sequence":0,"round","doing","done","total"}
/// {"kind":"preparation","study","region","sequence","round":0,"parcel"}
/// {"kind":"contribution","study","region","sequence","round","base","delta","weight","metrics",
///  "exports","exportsHead"}
/// {"kind":"scores","study","region","sequence","round","base","scores"}
/// ```
///
/// `parcel`, `base` and `delta` name lists. The last three kinds are counted: `sequence` runs
/// from 1 without gaps in each region. `doing` is one word of at most 24 letters and hyphens;
/// `metrics` and `scores` are at most 32 finite numbers under names of at most 32 letters, digits
/// and `_.-`. So no text fits into a message. A contribution's `round` is the one that it started
/// from. What a hello says of the past is compared with the log: a hub that has less of its own log
/// than a region has seen (`number`, `head`) was restored from an old copy and refuses to go on
/// (`HUB_SET_BACK`), if `proof` shows that it said so itself (else `HEAD_UNPROVEN`); a region
/// with less than the hub has counted goes on from the hub's weights; two copies of one region
/// are refused (`REGION_FORKED`). Protocol 1 had `layout` as the hello's
/// last field, no `exports` and no late contributions.
///
/// ## The wire (version 2)
/// HTTP/1.1 on TLS 1.3. Whoever has no certificate of the study's authority reaches nothing but
/// `/v1/enrolment`; a region's name is the common name of its certificate. Bytes of a chunk are
/// counted as they are in the chunk, whatever the encoding of the body.
///
/// ```
/// POST /v1/messages              body: a message; header Dure-Signature: base64 of the Ed25519
///                                signature of exactly the body by the certificate's key
///                                200 {"number":N}  the event under which it is logged, or 0
/// GET  /v1/state?after=N&wait=S&list=DIGEST
///                                200 a Standing, once there is an event after N, or after S
///                                seconds (at most 25); with the header Dure-List, the list of
///                                the weights, where the region has another than DIGEST, owes
///                                work, and the list is at most 16 KiB
/// POST /v1/lists                 body: a list of what is about to come; header Dure-Kind: delta
///                                or preparation; the hub keeps it
///                                200 {"spans":[{"from":I,"to":J}],"begun":{"I":N}}  fragments of
///                                which something is lacking, without J; bytes that have come
/// HEAD /v1/chunks/DIGEST         200 the hub has this chunk of the region; 404 it has not, and
///                                Dure-Bytes says how many bytes of it have come
/// PUT  /v1/chunks/DIGEST         a chunk of at most max(fragment-bytes, 1 MiB); Dure-Kind as
///                                above; either a whole one with Content-Length, or from byte N on
///                                with Content-Range: bytes N-(T-1)/T; 204
/// GET  /v1/chunks/DIGEST         a chunk that the hub gives out; with Range: bytes=N- what
///                                follows byte N, status 206
/// POST /v1/enrolment             without a certificate: asks for one with an invitation; 200, or
///                                why not, see [Registrar#enrol]
/// POST /v1/enrolment/renewal     with a certificate that holds: asks for the next key's
/// ```
///
/// A certificate holds if the authority issued it for a region (checked in the handshake), its
/// dates hold and the hub's records do not say otherwise (checked before each request, see
/// [Gate]).
///
/// Every refusal is `{"error","number","reason","message"}`: [org.dure.core.ErrorCode], and
/// [Refusal] where there is one. What a region has uploaded nobody can fetch.
///
/// Both sides keep what has come of a chunk ([Arrivals]); so a transfer that broke goes on at the
/// byte where it was, after a restart of either side too, and the digest decides at the end.
/// Uploads need not wait for the answer to `POST /v1/lists`; the same bytes may come any number
/// of times. Requests are pipelined, on as many connections as the round trip asks for
/// ([Breadth]). A connection on which nothing moves for 10 s is dropped by the region; one on
/// which a body comes with less than 8 KiB in 20 s by the hub ([PacedBody]); [Doorkeeper] says
/// how many there may be.
///
/// ### Content-Encoding: dure-planes (version 1)
/// For bodies of chunks, in both directions: a region may send it, the hub sends it where
/// Accept-Encoding names it. A sequence of blocks, each for 1 to 32,768 bytes of the chunk:
///
/// ```
/// length of the bytes that the block stands for      4 bytes, little-endian
/// length of what follows                             4 bytes, little-endian
/// four planes of n bytes, n = length / 4, each as
///   0, then the n bytes                              as they are
///   1, then one byte                                 n times the same
///   2, then a length of 2 bytes, little-endian,
///      then so many bytes                            raw Deflate (RFC 1951)
/// the length % 4 last bytes                          as they are
/// ```
///
/// Every 4 bytes are a little-endian integer rotated left by one bit, which brings the sign of a
/// 32-bit float behind its mantissa; the first plane holds the highest bytes (the exponents), the
/// fourth the lowest. Every block is decoded by itself: a body that was cut gives the blocks that
/// are whole.
///
/// ## The log (version 2)
/// SQLite, `rounds.sqlite`: `event(number, bytes)` holds one line of compact JSON an event,
/// `{"number","time","previous","kind","body"}`; [Event] lists kinds and bodies (version 2 added
/// Enrolled, Revoked, Membership, SetBack, and `started` of a merge's parts). `previous` is the
/// SHA-256 of the line before, so the lines are a chain. `note(name, value)` holds counts that are
/// no part of the state; a killed hub may lose those of its last quarter of a second. The same
/// lines are the `events.jsonl` of a [Ledger].
///
/// With `dure hub --store jdbc:postgresql://...` the same two tables lie in PostgreSQL, beside
/// `holder(epoch)`, which says who may write, and `schema_version(number)`; see
/// [PostgresRoundStore].
///
/// ## Files
/// Hub: `lock`, `study.toml`, `rounds.sqlite`, `sqlite/` (its library), `published/`,
/// `received/REGION/`, and `head.key`,
/// 64 hexadecimal digits and a line feed, mode 0600. The `proof` of a standing and of a hello is
/// HMAC-SHA256 in hexadecimal digits, under these 32 bytes, of `dure head 1`, the study's digest,
/// number and digest of the event, each followed by a line feed. Region: see [RegionFolder];
/// `exports.jsonl` has one line an export, `{"entry":{...},"signature"}`, see
/// [ExportLog.Entry]. An entry of the kind `key` is no export: it is the last that an old key
/// signs, and its `rule` is the old and the new public key in base64, with a space between.
@NullMarked
package org.dure.federation;

import org.jspecify.annotations.NullMarked;
