package org.dure.app.home;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.dure.core.Json;
import org.dure.core.Sha256;
import org.dure.core.privacy.CountingFloor;
import org.jspecify.annotations.Nullable;

/// What a study would take out of a region: what its institution says yes or no to.
///
/// @param version of this record, [#VERSION]
/// @param study its name
/// @param digest of the study
/// @param authority fingerprint of the key of the study's authority: whose hub it is
/// @param sharedWith the study's other regions
/// @param parts what leaves, kind by kind
/// @param counting thresholds of counts; null where none leave
/// @param measure how much text is behind what leaves
public record Terms(
    int version,
    String study,
    String digest,
    String region,
    String authority,
    List<String> sharedWith,
    List<Part> parts,
    @Nullable CountingFloor counting,
    Measure measure) {
  public static final int VERSION = 1;

  /// One kind of export.
  ///
  /// @param kind out of [SitePolicy#KINDS]
  /// @param bytes at most, each time
  /// @param times at most; 0 for as often as the connection is made anew
  public record Part(String kind, long bytes, long times) {
    /// Bytes of all times, at most; those of one time where there is no bound.
    public long total() {
      long many = Math.max(1, times);
      return bytes > Long.MAX_VALUE / many ? Long.MAX_VALUE : bytes * many;
    }
  }

  /// How much text is behind what leaves; the more, the less it says of any.
  ///
  /// @param tokens behind each round's weights, at least; 0 where no text is used
  /// @param roundDocuments behind each round's score; 0 for none
  /// @param finalDocuments behind the last score; 0 for all
  public record Measure(long tokens, int roundDocuments, int finalDocuments) {
    public static final Measure NONE = new Measure(0, 0, 0);
  }

  public Terms {
    sharedWith = List.copyOf(sharedWith);
    parts = List.copyOf(parts);
  }

  /// SHA-256 of the terms as compact JSON: what `--accept` names.
  public String digestOfTerms() {
    return Sha256.of(Json.bytes(this));
  }

  List<String> kinds() {
    return parts.stream().map(Part::kind).toList();
  }

  /// Most bytes of one round, but hellos.
  public long bytesPerRound() {
    long once = 0;
    long round = 0;
    for (Part part : parts) {
      if (part.kind().equals(SitePolicy.COUNTS)) {
        once = part.bytes();
      } else if (part.times() > 0) {
        round += part.bytes();
      }
    }
    return Math.max(once, round);
  }

  private Stream<Part> of(String kind) {
    return parts.stream().filter(part -> part.kind().equals(kind));
  }

  /// What `asked` takes beyond these terms, each in a line; empty if it takes the same or less.
  public List<String> beyond(Terms asked) {
    List<String> beyond = new ArrayList<>();
    differs(beyond, "study", study, asked.study);
    differs(beyond, "region", region, asked.region);
    differs(beyond, "key of the study's authority", authority, asked.authority);
    List<String> more = asked.sharedWith.stream().filter(one -> !sharedWith.contains(one)).toList();
    if (!more.isEmpty()) {
      beyond.add("it is shared with %s too".formatted(String.join(", ", more)));
    }
    for (Part part : asked.parts) {
      List<Part> known = of(part.kind()).toList();
      if (known.isEmpty()) {
        beyond.add("it takes out %s".formatted(part.kind()));
      }
      for (Part accepted : known) {
        boolean endless = part.times() == 0 && accepted.times() > 0;
        if (part.bytes() > accepted.bytes() || endless || part.total() > accepted.total()) {
          beyond.add(
              "%s: %,d bytes %d times, accepted were %,d bytes %d times"
                  .formatted(
                      part.kind(), part.bytes(), part.times(), accepted.bytes(), accepted.times()));
        }
      }
    }
    if (asked.counting != null) {
      CountingFloor accepted = counting == null ? CountingFloor.standard() : counting;
      beyond.addAll(asked.counting.below(accepted, SitePolicy.STUDY_COUNT_KEYS));
    }
    measures(beyond, asked);
    return beyond;
  }

  private static void differs(List<String> beyond, String what, String accepted, String asked) {
    if (!accepted.equals(asked)) {
      beyond.add("%s: it is %s, accepted was %s".formatted(what, asked, accepted));
    }
  }

  private void measures(List<String> beyond, Terms asked) {
    if (asked.measure.tokens < measure.tokens) {
      beyond.add(
          "a round's weights are made of %,d tokens, accepted were %,d"
              .formatted(asked.measure.tokens, measure.tokens));
    }
    fewer(beyond, "round", measure.roundDocuments, asked.measure.roundDocuments);
    fewer(beyond, "final", measure.finalDocuments, asked.measure.finalDocuments);
  }

  /// No document is none in a round, and all of them at the end: either says less than some.
  private static void fewer(List<String> beyond, String what, int accepted, int asked) {
    if (asked > 0 && (accepted == 0 || asked < accepted)) {
      beyond.add("evaluation.%s-documents is %d, accepted was %d".formatted(what, asked, accepted));
    }
  }
}
