package org.dure.federation.log;

import static java.util.Objects.requireNonNull;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.Sha256;
import org.dure.core.TensorLayout;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.RejectReason;
import org.dure.federation.protocol.SecretStep;
import org.dure.federation.protocol.SignedMessage;

/// What happened to a study, once and in this order: the hub's whole memory.
///
/// An event is logged as one line of compact JSON, `{"number","time","previous","kind","body"}`.
/// `previous` is the SHA-256 of the previous event's exact bytes (64 zeros before the first), so
/// that no line can be changed, removed or moved without breaking the chain.
public sealed interface Event {
  /// By the names that the log uses.
  Map<String, Class<? extends Event>> KINDS =
      Stream.of(
              Opened.class,
              Admitted.class,
              Received.class,
              Prepared.class,
              Merged.class,
              Undone.class,
              Membership.class,
              SetBack.class,
              Enrolled.class,
              Revoked.class,
              StepClosed.class,
              Dropped.class)
          .collect(Collectors.toUnmodifiableMap(Class::getSimpleName, kind -> kind));

  /// Reads the message in this event; empty where there is none.
  ///
  /// @throws MessageRejected if it is no message
  default Optional<SignedMessage> signedMessage() {
    return Optional.empty();
  }

  /// The study begins.
  ///
  /// @param digest of the study
  /// @param toml the study
  /// @param tensors the layout of what travels
  /// @param weights digest of the [FragmentList] of the initial weights
  /// @param prepares whether there is a common preparation
  /// @param authority base64 of the DER of the certificate of the study's authority; may be empty
  record Opened(
      String digest,
      String toml,
      List<TensorLayout.Tensor> tensors,
      String weights,
      boolean prepares,
      String authority)
      implements Event {
    public Opened {
      requireNonNull(digest);
      requireNonNull(toml);
      tensors = List.copyOf(tensors);
      requireNonNull(weights);
      requireNonNull(authority);
    }
  }

  /// A region showed a certificate with a key that the log does not have yet.
  ///
  /// @param key base64 of the public key
  /// @param certificate base64 of the DER; may be empty
  record Admitted(String region, String key, String certificate) implements Event {
    public Admitted {
      requireNonNull(region);
      requireNonNull(key);
      requireNonNull(certificate);
    }
  }

  /// A region said something that counts.
  ///
  /// @param message the exact bytes, which are UTF-8
  /// @param signature base64
  /// @param norm of the delta where the message is a contribution, else 0
  record Received(String message, String signature, double norm) implements Event {
    public Received {
      requireNonNull(message);
      requireNonNull(signature);
    }

    public static Received of(SignedMessage signed, double norm) {
      return new Received(
          new String(signed.bytes(), StandardCharsets.UTF_8),
          Base64.getEncoder().encodeToString(signed.signature()),
          norm);
    }

    @Override
    public Optional<SignedMessage> signedMessage() {
      byte[] signed = message.getBytes(StandardCharsets.UTF_8);
      try {
        return Optional.of(SignedMessage.parse(signed, Base64.getDecoder().decode(signature)));
      } catch (IllegalArgumentException e) {
        throw new MessageRejected(RejectReason.MALFORMED, "the signature is not base64");
      }
    }
  }

  /// The common preparation is done.
  ///
  /// @param common digests of the [FragmentList]s of its results, by the family whose regions made
  ///     it; of a family none of whose parts was any good there is none
  /// @param parts digests of the lists of the parts that it was made of, by region
  /// @param leftOut why others are not among them, by region
  record Prepared(
      SortedMap<String, String> common,
      SortedMap<String, String> parts,
      SortedMap<String, String> leftOut)
      implements Event {
    public Prepared {
      requireNonNull(common).values().forEach(Objects::requireNonNull);
      requireNonNull(parts).values().forEach(Objects::requireNonNull);
      requireNonNull(leftOut).values().forEach(Objects::requireNonNull);
    }
  }

  /// Who is present has changed: a lease has run out, or a region is back.
  ///
  /// @param epoch one more than before
  /// @param present the regions that are, sorted
  record Membership(long epoch, List<String> present) implements Event {
    public Membership {
      present = List.copyOf(present);
    }
  }

  /// A region came back with less than the hub knew of it: it was restored from an old copy.
  ///
  /// @param what [#FOLDER] or [#EXPORTS]
  /// @param known the newest round, or the lines of the export log, that the hub knew
  /// @param told what the region has
  /// @param head digest of the last line of the export log that the region has; empty for a folder
  record SetBack(String region, String what, long known, long told, String head) implements Event {
    public static final String FOLDER = "folder";
    public static final String EXPORTS = "exports";

    public SetBack {
      requireNonNull(region);
      requireNonNull(what);
      requireNonNull(head);
    }
  }

  /// A round is merged, circle by circle.
  ///
  /// @param circles what became of each, by its name: also of those that were not merged
  record Merged(int round, SortedMap<String, Circle> circles) implements Event {
    public Merged {
      requireNonNull(circles).values().forEach(Objects::requireNonNull);
    }

    /// Who has contributed to a circle that was merged, by region.
    public SortedMap<String, Part> parts() {
      SortedMap<String, Part> parts = new TreeMap<>();
      circles.values().forEach(circle -> parts.putAll(circle.parts));
      return parts;
    }

    /// Where every circle stands after it.
    public SortedMap<String, Standing> standings() {
      SortedMap<String, Standing> standings = new TreeMap<>();
      circles.forEach(
          (name, circle) -> standings.put(name, new Standing(circle.weights, circle.momentum)));
      return standings;
    }
  }

  /// What a merge made of one circle.
  ///
  /// @param weights digest of the [FragmentList] of its weights after it
  /// @param momentum digest of the [FragmentList] of its momentum after it; empty for none
  /// @param norm of its weights before it
  /// @param parts who has contributed to it, by region; empty where it was not merged, since too
  ///     few have
  record Circle(String weights, String momentum, double norm, SortedMap<String, Part> parts) {
    public Circle {
      requireNonNull(weights);
      requireNonNull(momentum);
      requireNonNull(parts).values().forEach(Objects::requireNonNull);
    }

    /// Whether anything counted in it, so that it is another than before.
    public boolean moved() {
      return parts.values().stream().anyMatch(part -> part.share() > 0);
    }

    /// One that was not merged.
    public static Circle asBefore(Standing before) {
      return new Circle(before.weights, before.momentum, 0, new TreeMap<>());
    }
  }

  /// Where a circle stands.
  ///
  /// @param weights digest of the [FragmentList] of its weights
  /// @param momentum digest of the [FragmentList] of its momentum; empty for none
  record Standing(String weights, String momentum) {
    public Standing {
      requireNonNull(weights);
      requireNonNull(momentum);
    }

    /// Both, or the one that there is.
    public List<String> lists() {
      return momentum.isEmpty() ? List.of(weights) : List.of(weights, momentum);
    }
  }

  /// @param share of the merge, 0 to 1
  /// @param cosine between the region's delta and the merged one; 0 where either is zero
  /// @param started the round that the delta started from
  /// @param judgement whether it counts, and by which figures
  record Part(double share, double cosine, int started, Judgement judgement) {
    public Part {
      requireNonNull(judgement);
    }
  }

  /// What a merge made of a delta: everything but the figures follows from them and the log.
  ///
  /// @param agreement the middle one of its cosines with the others' deltas; 0 where there is none
  /// @param repeat the largest cosine with an earlier delta of the region that was found on a
  ///     sample; 0 if none was looked at
  /// @param onward cosine with the momentum before the merge; 0 where there is none
  /// @param norms of the delta, by group of tensors
  /// @param scales by which it counts, by group of tensors; empty where all are 1
  record Judgement(
      DeltaVerdict verdict,
      double agreement,
      double repeat,
      double onward,
      List<Double> norms,
      List<Double> scales) {
    public Judgement {
      requireNonNull(verdict);
      norms = List.copyOf(norms);
      scales = List.copyOf(scales);
      if (!scales.isEmpty() && scales.size() != norms.size()) {
        throw new IllegalArgumentException(
            "%d scales of %d groups".formatted(scales.size(), norms.size()));
      }
    }

    /// Lengths of the delta as it counts, by group of tensors.
    public List<Double> countedNorms() {
      return scales.isEmpty()
          ? norms
          : IntStream.range(0, norms.size())
              .mapToObj(group -> scales.get(group) * norms.get(group))
              .toList();
    }
  }

  /// The study goes back to what it was after an earlier merge and trains on from there: of the
  /// rounds after `base` up to `round` nothing counts any more, and round `round + 1` starts from
  /// where the circles stood then. Nothing that was logged goes away.
  ///
  /// @param round the newest one until then, open or the last
  /// @param base the newest merge that stays; 0 for none, which is the start
  /// @param circles where each stood after it, by its name
  record Undone(int round, int base, SortedMap<String, Standing> circles, Cause cause)
      implements Event {
    public Undone {
      requireNonNull(circles).values().forEach(Objects::requireNonNull);
      requireNonNull(cause);
    }
  }

  /// Why a study goes back.
  ///
  /// @param decision by what name the operator decided it; empty where the study's rule did
  /// @param region whose deltas are taken back; empty where it is about a merge
  /// @param reason for people
  record Cause(String decision, String region, String reason) {
    public Cause {
      requireNonNull(decision);
      requireNonNull(region);
      requireNonNull(reason);
    }

    /// Whether the study's own rule decided it.
    public boolean byRule() {
      return decision.isEmpty();
    }
  }

  /// The operator admits a region that the study file does not name.
  ///
  /// @param language BCP 47 code
  record Enrolled(String region, String language) implements Event {
    public Enrolled {
      requireNonNull(region);
      requireNonNull(language);
    }
  }

  /// The operator takes back a region's key: from here on nothing is taken that it signed, and no
  /// connection under it.
  ///
  /// @param key base64 of the public key
  /// @param reason for people
  record Revoked(String region, String key, String reason) implements Event {
    public Revoked {
      requireNonNull(region);
      requireNonNull(key);
      requireNonNull(reason);
    }
  }

  /// A step of a round of a secret sum is over.
  ///
  /// @param members who came, sorted: they go on
  record StepClosed(int round, SecretStep step, List<String> members) implements Event {
    public StepClosed {
      requireNonNull(step);
      members = List.copyOf(members);
    }
  }

  /// A round of a secret sum is dropped: no delta of it is revealed, the next starts from the same
  /// weights.
  ///
  /// @param here regions that were left or here
  /// @param needed regions that its sum needs
  /// @param regions whom it is about, sorted; empty where it is about their number
  record Dropped(int round, DropReason reason, int here, int needed, List<String> regions)
      implements Event {
    public Dropped {
      requireNonNull(reason);
      regions = List.copyOf(regions);
    }
  }

  /// One line of the log.
  record Line(long number, long time, String previous, String kind, Map<String, Object> body) {
    public Line {
      requireNonNull(previous);
      requireNonNull(kind);
      requireNonNull(body);
    }
  }

  /// An event with its place in the log.
  ///
  /// @param time when it was logged, milliseconds since 1970 UTC
  /// @param bytes exactly as logged
  record Logged(long number, long time, Event event, byte[] bytes) {
    public String digest() {
      return Sha256.of(bytes);
    }
  }

  /// The line of an event.
  static Logged log(long number, long time, String previous, Event event) {
    Head head = new Head(number, time, previous, event.getClass().getSimpleName(), event);
    return new Logged(number, time, event, Json.bytes(head));
  }

  /// How a line is written; read back as a [Line].
  record Head(long number, long time, String previous, String kind, Event body) {}

  /// The inverse of [#log].
  ///
  /// @throws DureException with [ErrorCode#INPUT_MALFORMED] if the bytes are no event, or not the
  ///     one that follows
  static Logged parse(byte[] bytes, long number, String previous) {
    Optional<Logged> usual = Usual.parse(bytes, number, previous);
    if (usual.isPresent()) {
      return usual.get();
    }
    Line line = Json.read(bytes, Line.class);
    if (line.number != number || !previous.equals(line.previous)) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "event %d of the log follows %s: expected event %d after %s"
              .formatted(line.number, line.previous, number, previous));
    }
    byte[] body = Json.bytes(line.body);
    Class<? extends Event> kind = KINDS.get(line.kind);
    if (kind == null) {
      throw new DureException(
          ErrorCode.INPUT_MALFORMED,
          "event %d is of the kind %s, which this version does not know"
              .formatted(number, line.kind));
    }
    return new Logged(number, line.time, OldEvents.read(body, kind), bytes);
  }

  /// Reads lines as [#log] writes them in one pass: a hub with a long log starts with thousands.
  final class Usual {
    private static final Pattern HEAD =
        Pattern.compile(
            "\\{\"number\":([1-9]\\d{0,17}),\"time\":(0|[1-9]\\d{0,17}),\"previous\":\"([0-9a-f]{64})\","
                + "\"kind\":\"([A-Za-z]{1,20})\",\"body\":");

    /// Longer than any head.
    private static final int MOST_HEAD = 200;

    private Usual() {}

    /// @return empty for a line that is written otherwise, or not the one that follows
    private static Optional<Logged> parse(byte[] bytes, long number, String previous) {
      String begin =
          new String(bytes, 0, Math.min(bytes.length, MOST_HEAD), StandardCharsets.ISO_8859_1);
      Matcher head = HEAD.matcher(begin);
      if (!head.lookingAt()
          || bytes[bytes.length - 1] != '}'
          || Long.parseLong(head.group(1)) != number
          || !previous.equals(head.group(3))) {
        return Optional.empty();
      }
      Class<? extends Event> kind = KINDS.get(head.group(4));
      if (kind == null) {
        return Optional.empty();
      }
      Event event = OldEvents.read(Arrays.copyOfRange(bytes, head.end(), bytes.length - 1), kind);
      return Optional.of(new Logged(number, Long.parseLong(head.group(2)), event, bytes));
    }
  }
}
