/// The hub as a deterministic state machine over the log: rounds, merges, the ledger. No transport,
/// no thread, no clock.
///
/// ## Files
/// Hub: `lock`, `study.toml`, `rounds.sqlite`, `sqlite/` (its library), `published/`,
/// `received/REGION/`, and `head.key`,
/// 64 hexadecimal digits and a line feed, mode 0600. The `proof` of a view and of a hello is
/// HMAC-SHA256 in hexadecimal digits, under these 32 bytes, of `dure head 1`, the study's digest,
/// number and digest of the event, each followed by a line feed.
@NullMarked
package org.dure.federation.hub;

import org.jspecify.annotations.NullMarked;
