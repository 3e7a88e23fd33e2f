package org.dure.core;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/// What every fuzz test asks of a decoder, whatever the bytes: it decodes them or refuses them with
/// the exception that it documents, and takes memory in proportion to what it was given, not to
/// what the bytes claim.
public final class Decoding {
  /// Buffers that every decoder may have.
  private static final long FREE_BYTES = 2L << 20;

  /// The first decoding also loads classes, which takes far more.
  private static final int TRIALS = 3;

  /// Allocated for each byte of input, at most. While Jazzer searches, its hooks on comparisons and
  /// look-ups allocate on the decoder's thread too, fifty times what the HTML parser does: what it
  /// finds then is held against the bound proper when normal tests replay it.
  private static final long MOST_PER_BYTE =
      System.getenv().getOrDefault("JAZZER_FUZZ", "").isEmpty() ? 2_000 : 10_000;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private Decoding() {}

  /// Something that reads bytes.
  public interface Decoder<T> {
    T decode(byte[] bytes) throws Exception;
  }

  /// What the decoder makes of `input`; empty where it refuses with one of `codes`.
  public static <T> Optional<T> of(byte[] input, Decoder<T> decoder, ErrorCode... codes) {
    Set<ErrorCode> documented = Set.of(codes);
    return of(
        input,
        decoder,
        problem -> problem instanceof DureException e && documented.contains(e.code()));
  }

  /// What the decoder makes of `input`; empty where it refuses as documented.
  public static <T> Optional<T> of(
      byte[] input, Decoder<T> decoder, Predicate<Exception> documented) {
    Optional<T> decoded = Optional.empty();
    long most = FREE_BYTES + MOST_PER_BYTE * input.length;
    long allocated = Long.MAX_VALUE;
    for (int trial = 0; trial < TRIALS && allocated > most; trial++) {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      decoded = attempt(input, decoder, documented);
      allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
    }
    assertThat(allocated)
        .as("bytes allocated for %d bytes of input", input.length)
        .isLessThanOrEqualTo(most);
    return decoded;
  }

  private static <T> Optional<T> attempt(
      byte[] input, Decoder<T> decoder, Predicate<Exception> documented) {
    try {
      return Optional.of(decoder.decode(input.clone()));
    } catch (Exception e) {
      if (!documented.test(e)) {
        throw new AssertionError("left by an exception that is not documented: " + e, e);
      }
      assertThat(e.getMessage()).as("what the refusal says").isNotBlank();
      return Optional.empty();
    }
  }
}
