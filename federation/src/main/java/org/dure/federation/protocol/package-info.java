/// What hub and region say to each other: the study, signed messages, lists of fragments, refusals.
/// Uses no other room.
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
/// `encoding` is `fp32` for weights, deltas and momentum, `masked-int32` for the deltas of a study
/// of secret sums (as many bytes), `bytes` (with an empty `layout`) for parts and result of a
/// common preparation. Weights are named by the digest of their list.
///
/// The parts of a common preparation have together at most 128 MiB
/// ([CommonPreparation#MOST_BYTES]), one region's at most 128 MiB divided by the regions of the
/// study file. A longer one is refused with `TOO_LARGE`, one that the workload cannot work with
/// (`CommonPreparation.check`) with `MALFORMED`, both when the message arrives that names it.
///
/// ## Messages (protocol 3)
/// Compact JSON, at most 16 KiB, with these fields and no others; `study` is the study's digest:
///
/// ```
/// {"kind":"hello","protocol":3,"study","region","sequence":0,"round":0,"layout","last",
///  "number","head","proof","newest","delta","exports","exportsHead","common"}
/// {"kind":"activity","study","region","sequence":0,"round","doing","done","total"}
/// {"kind":"preparation","study","region","sequence","round":0,"parcel"}
/// {"kind":"contribution","study","region","sequence","round","base","delta","weight","metrics",
///  "exports","exportsHead"}
/// {"kind":"spending","study","region","sequence","round","delta","noiseMultiplier",
///  "sampleRate","steps"}
/// {"kind":"scores","study","region","sequence","round","base","scores"}
/// {"kind":"keys","study","region","sequence","round","roster","pair","box","own"}
/// {"kind":"shares","study","region","sequence","round","boxes":{NAME:{"sealed","own","pair"},...}}
/// {"kind":"confirmation","study","region","sequence","round","contributors":[NAME,...]}
/// {"kind":"revelation","study","region","sequence","round","shares":{NAME:SHARE,...}}
/// {"kind":"withdrawal","study","region","sequence","round"}
/// ```
///
/// The last five are of secret sums alone ([MaskingMessage], `federation.secure`), where a
/// contribution has `delta-norm` and `delta-cosine` among its metrics. `parcel`, `base` and `delta`
/// name lists. All kinds but the first two are counted: `sequence` runs
/// from 1 without gaps in each region. `doing` is the word of an
/// [org.dure.core.Workload.ActivityKind];
/// `metrics` and `scores` are at most 32 finite numbers under names of at most 32 letters, digits
/// and `_.-`. So no text fits into a message. A contribution's `round` is the one that it started
/// from. What a hello says of the past is compared with the log: a hub that has less of its own log
/// than a region has seen (`number`, `head`) was restored from an old copy and refuses to go on
/// (`HUB_SET_BACK`), if `proof` shows that it said so itself (else `HEAD_UNPROVEN`); a region
/// with less than the hub has counted goes on from the hub's weights; two copies of one region
/// are refused (`REGION_FORKED`). A contribution from a round that was taken back is refused
/// (`TAKEN_BACK`). `round` of scores is the last round. A `spending`
/// says, before the delta that it names, how many steps of noisy training a region has told of in
/// the study so far (`steps` only rises, at most 64 of them without a contribution); the state
/// tells it back as `spentSteps` and `spentDelta`. Protocol 2 had no rounds that were taken
/// back and no spending. Protocol 1 had `layout` as the hello's
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
///                                200 a StudyView, once there is an event after N, or after S
///                                seconds (at most 25); with the header Dure-List, the list of
///                                the weights, where the region has another than DIGEST, owes
///                                work, and the list is at most 16 KiB
/// GET  /v1/secret-round          200 a SecretView: what the region needs for what it owes to the
///                                open round of a secret sum
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
///                                why not, see `Registrar.enrol`
/// POST /v1/enrolment/renewal     with a certificate that holds: asks for the next key's
/// ```
///
/// A certificate holds if the authority issued it for a region (checked in the handshake), its
/// dates hold and the hub's records do not say otherwise (checked before each request, see
/// `PeerAuthenticator`).
///
/// Every refusal is `{"error","number","reason","message"}`: [org.dure.core.ErrorCode], and
/// [RejectReason] where there is one. What a region has uploaded nobody can fetch.
///
/// Both sides keep what has come of a chunk (`PartialChunks`); so a transfer that broke goes on at
/// the byte where it was, after a restart of either side too, and the digest decides at the end.
/// Uploads need not wait for the answer to `POST /v1/lists`; the same bytes may come any number
/// of times. Requests are pipelined, on as many connections as the round trip asks for
/// (`ConnectionScaler`). A connection on which nothing moves for 10 s is dropped by the region; one
/// on which a body comes with less than 8 KiB in 20 s by the hub (`MinimumRateBody`);
/// `ConnectionLimiter` says how many there may be. What a body and its answer take of the hub's
/// memory is taken before the body is read, and is at most the sender's share (`RequestBodies`);
/// one that gets none in 5 s is refused with status 429, `SHARE_USED`, and comes again.
@NullMarked
package org.dure.federation.protocol;

import org.jspecify.annotations.NullMarked;
