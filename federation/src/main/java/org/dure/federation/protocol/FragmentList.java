package org.dure.federation.protocol;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.Sha256;
import org.dure.core.TensorLayout;

/// The table of contents of something larger than a chunk: its fragments in their order, each named
/// by the digest of its bytes. The list is itself a chunk, so one digest names a whole model.
///
/// All fragments but the last have the same length.
///
/// @param encoding what the bytes are: [#FP32], [#MASKED] or [#BYTES]
/// @param layout digest of the [TensorLayout] whose values these are; empty for plain bytes
/// @param bytes of all fragments together
/// @param fragmentBytes of each fragment but the last
/// @param fragments their digests
public record FragmentList(
    String encoding, String layout, long bytes, int fragmentBytes, List<String> fragments) {
  /// 32-bit floats, little-endian.
  public static final String FP32 = "fp32";

  /// Masked 32-bit integers, little-endian; see `federation.secure`.
  public static final String MASKED = "masked-int32";

  /// Bytes that only the workload understands.
  public static final String BYTES = "bytes";

  /// Longest list in bytes: enough for [#MOST_FRAGMENTS].
  public static final int MOST_BYTES = 1 << 20;

  /// A model that would be more of them needs larger ones.
  public static final int MOST_FRAGMENTS = 15_000;

  public FragmentList {
    requireNonNull(encoding);
    requireNonNull(layout);
    fragments = List.copyOf(fragments);
  }

  /// @throws DureException if the fragments would be too many for a list
  public static void check(TensorLayout layout, int fragmentBytes) {
    long bytes = 4 * layout.elements();
    if (count(bytes, fragmentBytes) > MOST_FRAGMENTS) {
      throw new DureException(
          ErrorCode.CONFIGURATION_INVALID,
          "weights of %d bytes are %d fragments of fragment-bytes = %d: expected at most %d, so set"
                  .formatted(bytes, count(bytes, fragmentBytes), fragmentBytes, MOST_FRAGMENTS)
              + " fragment-bytes to at least %d".formatted(4 * count(bytes / 4, MOST_FRAGMENTS)));
    }
  }

  public static FragmentList weights(
      TensorLayout layout, int fragmentBytes, List<String> fragments) {
    return new FragmentList(FP32, layout.digest(), 4 * layout.elements(), fragmentBytes, fragments);
  }

  /// A masked delta has as many bytes, in as many fragments, as the delta.
  public static FragmentList masked(
      TensorLayout layout, int fragmentBytes, List<String> fragments) {
    return new FragmentList(
        MASKED, layout.digest(), 4 * layout.elements(), fragmentBytes, fragments);
  }

  public byte[] encode() {
    return Json.bytes(this);
  }

  public String digest() {
    return Sha256.of(encode());
  }

  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if the bytes are no list, or one that
  ///     does not add up
  public static FragmentList parse(byte[] json) {
    FragmentList list = Json.read(json, FragmentList.class);
    if (list.fragmentBytes < 1 || list.bytes < 0) {
      throw malformed("sizes must be positive");
    }
    if (list.fragments.size() != count(list.bytes, list.fragmentBytes)) {
      throw malformed(
          "%d fragments of %d bytes for %d bytes"
              .formatted(list.fragments.size(), list.fragmentBytes, list.bytes));
    }
    if (!list.fragments.stream().allMatch(Sha256::isDigest)) {
      throw malformed("every fragment must be named by a digest");
    }
    return list;
  }

  private static DureException malformed(String why) {
    return new DureException(ErrorCode.INPUT_MALFORMED, "not a list of fragments: " + why);
  }

  /// How many fragments `bytes` make.
  public static long count(long bytes, int fragmentBytes) {
    return (bytes + fragmentBytes - 1) / fragmentBytes;
  }

  /// Where fragment `index` begins.
  public long offset(int index) {
    return (long) index * fragmentBytes;
  }

  /// Length of fragment `index` in bytes.
  public int length(int index) {
    return (int) Math.min(fragmentBytes, bytes - offset(index));
  }
}
