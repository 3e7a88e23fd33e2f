/// Keys, certificates and signatures: who made a release, who may join a study, and whether
/// anything was changed since.
///
/// ```text
/// InvitationCode, Register: who may join a study, and every certificate it has issued
///
/// KeyFiles            region-key.pem --------> Signer --------> CoseSign1 -> manifest.cose
///    |                                                             ^
///    |   CertificateRequest (region)                               |
///    +------------> request.pem                             Cbor (deterministic)
///                        |                                         ^
/// CertificateAuthority --+--> region.pem, hub.pem          ReleaseManifest: every file's
///    (study)             |                                 path, size, SHA-256
/// ```
///
/// A region has one Ed25519 key (RFC 8032): it signs messages and releases, and is the key of the
/// region's TLS certificate. It is made at the region and never leaves it; what travels is the
/// request and the certificate.
///
/// # Files
///
/// All text files are PEM (RFC 7468), 64 base64 characters a line, lines end with `\n`:
///
/// | content | label | structure |
/// |---|---|---|
/// | private key, mode 0600 | `PRIVATE KEY` | PKCS #8 (RFC 8410) |
/// | public key | `PUBLIC KEY` | SubjectPublicKeyInfo (RFC 8410) |
/// | certificate, leaf first | `CERTIFICATE` | X.509 v3 (RFC 5280) |
/// | certificate request | `CERTIFICATE REQUEST` | PKCS #10 (RFC 2986) |
///
/// The folder of a study's authority holds `ca-key.pem` and `ca.pem`.
///
/// # A study's register, version 2
///
/// The home of a hub holds, beside `authority/`, `key.pem` and `certificate.pem` (the hub's own),
/// the [Register] of who may take part. Each thing is one file of indented JSON, written aside
/// and renamed, under the lock `register/lock`; a running hub looks at the folders' times and
/// reads what changed.
///
/// ```text
/// register/invitations/ID.json       version 2, id, region, language, verifier, created, expires,
///                                    key (that used it; empty before)
/// register/requests/KEY.json         version 1, region, language, key, invitation, time,
///                                    request (PEM)
/// register/certificates/SERIAL.json  version 2, number, serial, role (HUB, REGION), region,
/// language, key,
///                                    from, to, state (VALID, SUPERSEDED, REVOKED), since, reason,
///                                    certificate (PEM)
/// register/undoings/ID.json          version 1, id, region, from (a round, or 0), reason, time;
///                                    until the hub's log has it
/// ```
///
/// Keys are fingerprints: SHA-256 of the SubjectPublicKeyInfo, 64 hexadecimal digits. Times are ISO
/// 8601, UTC. A region may have several valid certificates until it speaks with the newest, which
/// is the one with the highest `number`: clocks may have been wrong when they were issued.
///
/// # Invitation code, version 1
///
/// ```text
/// text    = "DURE1" *("-" group)
/// group   = 1*7 data characters, then one check character
/// bytes   = version (1) | expires (4, seconds since 1970, big-endian) | fingerprint of the
///           authority's key (32) | secret (16, random) | hub | region | language | check (3)
/// hub, region, language = length (1), then UTF-8
/// check   = the first 3 bytes of the SHA-256 of all bytes before
/// ```
///
/// The bytes are written in Crockford's base32 (0-9, A-Z without I, L, O, U), five bits a
/// character, the last padded with zeros. The check character of group g (from 0) with data
/// characters of the values v1 to v7 is that of the value (g + 1 v1 + 2 v2 + ... + 7 v7) modulo
/// 31.
///
/// From the secret follow `id`, the first 16 hexadecimal digits of SHA-256("dure invitation name
/// 1" | secret), and an Ed25519 key pair, whose private key (RFC 8032) is SHA-256("dure invitation
/// proof 2" | secret). The hub keeps `verifier`, the fingerprint of the public key: with it nobody
/// can be enrolled. The secret has 128 random bits, so no slower hash is needed.
///
/// # Enrolment, version 2
///
/// `POST /v1/enrolment` takes `{"version":2,"invitation":id,"request":PEM,"key":base64,
/// "proof":base64}`: the public key that follows from the secret (SubjectPublicKeyInfo), and its
/// signature over "dure enrolment 2", the authority's fingerprint, the id and the PEM, each on a
/// line, the last without a line end. The same request may be sent again; an invitation belongs to
/// the first key that used it. `POST /v1/enrolment/renewal`, over a connection with the present
/// certificate, takes the PEM of a request for the next key. Both answer with an [EnrolmentAnswer].
///
/// # CBOR
///
/// [Cbor] is RFC 8949 with the core deterministic encoding of section 4.2.1 and nothing else:
/// integers of 64 bits with sign (major types 0 and 1), byte strings (2), text strings (3), arrays
/// (4), maps (5), tags (6), `false` `f4`, `true` `f5`, `null` `f6`. Floating point, `undefined`,
/// other simple values and indefinite lengths are refused, and so is every encoding that is not the
/// one that [Cbor#encode] would give: a value has exactly one encoding.
///
/// # `manifest.cose`, version 1
///
/// A tagged COSE_Sign1 (RFC 9052 section 4.2) in the CBOR above, in CDDL (RFC 8610):
///
/// ```text
/// manifest      = #6.18([ protected: bstr .cbor header, unprotected: {}, payload: bstr .cbor body,
///                         signature: bstr .size 64 ])
/// header        = { 1: -8,                                 ; EdDSA, here Ed25519
///                   3: "application/vnd.dure.release+cbor",
///                   4: bstr .size 32 }                     ; SHA-256 of the SubjectPublicKeyInfo
/// body          = { "version": 1, "name": tstr, "language": tstr,
///                   "created": tstr,                       ; RFC 3339, UTC, whole seconds
///                   "information": { * tstr => tstr },
///                   "files": [ * file ] }                  ; by the UTF-8 bytes of the path
/// file          = { "path": tstr, "size": uint, "sha256": bstr .size 32 }
/// ```
///
/// The signature is over the CBOR array `["Signature1", protected, h'', payload]`. `files` names
/// every file of the release but two: `manifest.cose` itself and `public-key.pem`, whose bytes must
/// be those of the PEM of the key with which the release is verified. Paths are relative, with `/`.
/// Folders are there only because of their files: an empty one cannot be signed and is reported.
///
/// A release is signed from files alone. Where it is verified, a symbolic link in the place of a
/// signed file, or of a folder of such, counts as the file that it leads to; `.git`,
/// `.gitattributes`, `.gitignore`, `.gitmodules`, `.lfsconfig`, `.cache`, `.huggingface` and
/// `.DS_Store` beside the signed files are remarked; anything else is a difference. Of a file that
/// is longer or shorter than was signed nothing is read; a folder that holds more than 100,000
/// files
/// is no release.
///
/// Of `information`, `dure release` writes `software`; `weights` and `tokenizer`, the SHA-256 of
/// `model.safetensors` and `tokenizer.json`; for each measured language `profile.CODE` and
/// `held-out.CODE`, as `evaluation.json` names them; and, where there is a ledger, `study`, the
/// digest of the study, and `ledger`, that of its last event.
///
/// # History
///
/// | version | since | change |
/// |---|---|---|
/// | 1 | 0.1.0 | first |
/// | 2, of enrolment and invitation records | 0.1.0 | what the hub keeps cannot enrol |
/// | 2, of certificates' records | 0.1.0 | `number`: their order needs no clock |
@NullMarked
package org.dure.provenance;

import org.jspecify.annotations.NullMarked;
