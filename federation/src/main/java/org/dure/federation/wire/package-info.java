/// How bytes travel, for both sides: the packing of weights, chunks that came in part, TLS.
///
/// ## Content-Encoding: dure-planes (version 1)
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
@NullMarked
package org.dure.federation.wire;

import org.jspecify.annotations.NullMarked;
