/// Sums that nobody sees the parts of: keys, masks, shares and integers of secure aggregation.
///
/// The protocol is that of Bonawitz et al. 2017 ("Practical Secure Aggregation for
/// Privacy-Preserving Machine Learning", CCS, figure 4, with the consistency check), on integers
/// modulo 2^32. In each round every member draws two seeds of 32 bytes: one of an X25519 key that
/// it agrees pairwise masks with, one of a mask of its own. It shares both with all members, so
/// that any t of them can make one of the two again. Member u sends
///
/// ```
/// y(u) = x(u) + PRG(own(u)) + sum over v > u of PRG(pair(u,v)) - sum over v < u of PRG(pair(u,v))
/// ```
///
/// In the sum over those who have sent, the pairs cancel; of whoever has not sent, the shares of
/// its key make its pairs again; of whoever has, the shares of its own mask. Nobody ever gives both
/// for one member, so a single x(u) stays hidden.
///
/// ## Formats (version 1)
/// ```
/// agreement   X25519 (RFC 7748) of two per-round keys; a result of zeros is refused
/// derivation  HKDF-SHA256 (RFC 5869), no salt, info "dure secret sum 1", then study digest, round,
///             purpose and names, each ended by a line feed; 32 bytes
/// PRG         AES-256 in counter mode, the first counter block being the fragment's index (8
/// bytes,
///             big-endian) and zeros; read as 32-bit little-endian integers
/// box         a random nonce of 12 bytes, then AES-256-GCM of both shares (own mask, key; 33 bytes
///             each) under a key that is derived for one sender, one recipient and one round
/// share       value of a polynomial of degree t-1 over the integers modulo 2^256 + 297 whose
///             constant is the seed, at the member's place in the sorted roster, from 1; 33 bytes,
///             big-endian
/// values      see [FixedPoint]
/// ```
///
/// Uses no other room: no message, no file and no clock is in here.
@NullMarked
package org.dure.federation.secure;

import org.jspecify.annotations.NullMarked;
