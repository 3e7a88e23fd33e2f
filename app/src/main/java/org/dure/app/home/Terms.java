package org.dure.app.home;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.dure.core.Json;
import org.dure.core.Sha256;
import org.dure.core.accounting.SampledGaussian;
import org.dure.core.privacy.CountingFloor;
import org.dure.federation.protocol.Study;
import org.jspecify.annotations.Nullable;

/// What a study would take out of a region: what its institution says yes or no to.
///
/// @param version of this record, [#VERSION]
/// @param subject which study it is
/// @param sharedWith the study's other regions
/// @param circles with whom its deltas are merged, and from which round on; empty where always with
///     those of all
/// @param parts what leaves, kind by kind
/// @param counting thresholds of counts; null where none leave
/// @param measure how much text is behind what leaves
/// @param protection what keeps what leaves from telling of a document or of a region
public record Terms(
    int version,
    Subject subject,
    String region,
    List<String> sharedWith,
    @Json.Lenient List<Circle> circles,
    List<Part> parts,
    @Nullable CountingFloor counting,
    Measure measure,
    Protection protection) {
  public static final int VERSION = 2;

  /// Which study it is.
  ///
  /// @param study its name
  /// @param workload what regions do in it, as the study file says it
  /// @param digest of the study
  /// @param authority fingerprint of the key of the study's authority: whose hub it is
  public record Subject(String study, String workload, String digest, String authority) {}

  /// Regions that are merged with this one.
  ///
  /// @param round from which on, if nothing is taken back; 0 for those whose counts become one
  ///     tokenizer with this one's, before the first round
  /// @param regions the others, sorted
  public record Circle(int round, List<String> regions) {
    public Circle {
      regions = List.copyOf(regions);
    }
  }

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

    private boolean endless() {
      return times == 0;
    }

    /// Whether this takes more than what was accepted of the same kind.
    private boolean exceeds(Part accepted) {
      return bytes > accepted.bytes
          || !accepted.endless() && (endless() || total() > accepted.total());
    }
  }

  /// How much text is behind what leaves; the more, the less it says of any.
  ///
  /// @param tokens behind each round's weights, at least; 0 where no text is used
  /// @param roundDocuments behind each round's score; 0 for none
  /// @param finalDocuments behind the last score; 0 for all
  public record Measure(long tokens, int roundDocuments, int finalDocuments) {
    /// No text is used, so that nothing that leaves is made of any.
    public static final Measure NONE = new Measure(0, 0, 0);

    public boolean usesText() {
      return !equals(NONE);
    }
  }

  /// What keeps what leaves from telling of a document or of a region.
  ///
  /// @param noise by which documents are protected; null where they are not
  /// @param secretSum regions that must be there for a sum of deltas, which is all that the hub
  ///     sees of them; 0 where it sees each delta
  /// @param contributors least regions in a merge, which every region sees, while the operator
  ///     shuts nobody out
  public record Protection(@Nullable Noise noise, int secretSum, int contributors) {
    /// Least regions in a merge, whomever the operator shuts out.
    public int leastInMerge() {
      return Study.leastInMerge(secretSum, contributors);
    }
  }

  /// Noise by which documents are protected: [org.dure.model.PrivateTraining] over all rounds.
  ///
  /// @param multiplier standard deviation of the noise in units of `clip`
  /// @param clip largest norm of a document's gradient
  /// @param sampleRate probability of a document to be drawn in a step
  /// @param steps of all rounds
  public record Noise(double multiplier, double clip, double sampleRate, long steps) {
    /// What an accountant of privacy makes of it.
    public SampledGaussian mechanism() {
      return new SampledGaussian(multiplier, sampleRate, steps);
    }
  }

  public Terms {
    sharedWith = List.copyOf(sharedWith);
    // Acceptances from before there were circles.
    circles = circles == null ? List.of() : List.copyOf(circles);
    parts = List.copyOf(parts);
  }

  /// The study's name.
  public String study() {
    return subject.study;
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
    differs(beyond, "study", study(), asked.study());
    differs(beyond, "workload", subject.workload, asked.subject.workload);
    differs(beyond, "region", region, asked.region);
    differs(beyond, "key of the study's authority", subject.authority, asked.subject.authority);
    List<String> more = asked.sharedWith.stream().filter(one -> !sharedWith.contains(one)).toList();
    if (!more.isEmpty()) {
      beyond.add("it is shared with %s too".formatted(String.join(", ", more)));
    }
    if (!circles.equals(asked.circles)) {
      beyond.add("its counts or deltas go together with others: %s".formatted(asked.circles));
    }
    for (Part part : asked.parts) {
      List<Part> known = of(part.kind()).toList();
      if (known.isEmpty()) {
        beyond.add("it takes out %s".formatted(part.kind()));
      }
      for (Part accepted : known) {
        if (part.exceeds(accepted)) {
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
    measures(beyond, asked.measure);
    protects(beyond, asked.protection);
    return beyond;
  }

  private static void differs(List<String> beyond, String what, String accepted, String asked) {
    if (!accepted.equals(asked)) {
      beyond.add("%s: it is %s, accepted was %s".formatted(what, asked, accepted));
    }
  }

  private void measures(List<String> beyond, Measure asked) {
    if (!measure.usesText() && asked.usesText()) {
      beyond.add("what leaves is made of the region's text, accepted was that none is used");
      return;
    }
    fewer(beyond, "tokens behind a round's weights", measure.tokens, asked.tokens);
    documents(beyond, "round", measure.roundDocuments, asked.roundDocuments);
    documents(beyond, "final", measure.finalDocuments, asked.finalDocuments);
  }

  /// No document is none in a round, and all of them at the end: either says less than some.
  private static void documents(List<String> beyond, String what, int accepted, int asked) {
    if (asked > 0 && (accepted == 0 || asked < accepted)) {
      beyond.add("evaluation.%s-documents is %d, accepted was %d".formatted(what, asked, accepted));
    }
  }

  private void protects(List<String> beyond, Protection asked) {
    Noise accepted = protection.noise;
    Noise now = asked.noise;
    if (accepted != null && now == null) {
      beyond.add("documents are not protected, accepted was that they are (privacy.*)");
    } else if (accepted != null && now != null) {
      fewer(beyond, "privacy.noise-multiplier", accepted.multiplier, now.multiplier);
      more(beyond, "privacy.clip", accepted.clip, now.clip);
      more(beyond, "privacy.sample-rate", accepted.sampleRate, now.sampleRate);
      more(beyond, "steps on protected documents", accepted.steps, now.steps);
    }
    if (protection.secretSum > 0 && asked.secretSum == 0) {
      beyond.add(
          "aggregation is \"inspectable\", the hub sees each delta: accepted was \"secret\"");
    } else {
      fewer(beyond, "regions in a secret sum", protection.secretSum, asked.secretSum);
    }
    fewer(beyond, "regions in a merge", protection.contributors, asked.contributors);
  }

  private static void fewer(List<String> beyond, String what, double accepted, double asked) {
    if (asked < accepted) {
      differs(beyond, what, number(accepted), number(asked));
    }
  }

  private static void more(List<String> beyond, String what, double accepted, double asked) {
    if (asked > accepted) {
      differs(beyond, what, number(accepted), number(asked));
    }
  }

  private static String number(double value) {
    return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
  }
}
