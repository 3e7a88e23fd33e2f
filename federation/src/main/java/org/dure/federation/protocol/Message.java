package org.dure.federation.protocol;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.dure.core.DureException;
import org.dure.core.Json;
import org.dure.core.Sha256;
import org.jspecify.annotations.Nullable;

/// What a region can say to the hub: these typed fields and nothing else.
///
/// A message travels as compact JSON with the sender's signature over exactly these bytes. Study,
/// region, round and sequence are in every one, so that none can be moved or said twice. Messages
/// with a sequence above 0 are counted: each region numbers them from 1 without gaps, and the hub
/// logs them.
public sealed interface Message {
  /// The version of everything in this package that crosses the wire.
  int PROTOCOL = 2;

  /// Longest message in bytes.
  int MOST_BYTES = 16 << 10;

  /// How a contribution begins as it is written: of these a log has thousands.
  byte[] USUAL = "{\"kind\":\"%s\",".formatted(Contribution.KIND).getBytes(StandardCharsets.UTF_8);

  String kind();

  /// Digest of the [Study].
  String study();

  String region();

  long sequence();

  int round();

  default byte[] bytes() {
    return Json.bytes(this);
  }

  /// "I am here, on this study, with this shape of model, and this is how far I have been." Said
  /// after every start, in answer to a [StudyView]; sequence 0. What it says of the past lets the
  /// hub notice that either side was restored from an old copy.
  ///
  /// @param last sequence of the region's last counted message, as the hub has just told
  /// @param number the highest event of the hub's log that the region has seen; 0 for none
  /// @param head digest of that event
  /// @param proof what the hub said with it, see `LogHeadMac`; empty where there was none yet
  /// @param newest the newest round that the region has finished; 0 for none
  /// @param delta digest of the [FragmentList] of its delta; empty for none
  /// @param exports number of a line of the region's export log: the last that the hub knows, or
  ///     the last there is if that is less
  /// @param exportsHead digest of that line
  /// @param common digest of the [FragmentList] of the common preparation that the region works
  ///     with; empty for none yet
  record Hello(
      String kind,
      int protocol,
      String study,
      String region,
      long sequence,
      int round,
      String layout,
      long last,
      long number,
      String head,
      String proof,
      int newest,
      String delta,
      long exports,
      String exportsHead,
      String common)
      implements Message {
    public static final String KIND = "hello";

    // Logs from before there were proofs.
    public Hello {
      proof = Objects.requireNonNullElse(proof, "");
    }

    /// Of a region that has no past.
    public static Hello of(String study, String region, String layout) {
      return new Hello(
          KIND,
          PROTOCOL,
          study,
          region,
          0,
          0,
          layout,
          0,
          0,
          Sha256.NONE,
          "",
          0,
          "",
          0,
          Sha256.NONE,
          "");
    }
  }

  /// "This is what I am doing." Renews the lease; sequence 0, not logged.
  record Activity(
      String kind,
      String study,
      String region,
      long sequence,
      int round,
      String doing,
      long done,
      long total)
      implements Message {
    public static final String KIND = "activity";
  }

  /// "This is my part of the common preparation." Round 0.
  ///
  /// @param parcel digest of a [FragmentList] of plain bytes
  record Preparation(
      String kind, String study, String region, long sequence, int round, String parcel)
      implements Message {
    public static final String KIND = "preparation";
  }

  /// "This is what I learnt in this round."
  ///
  /// The round is the one that it started from, which may be behind the open one.
  ///
  /// @param base digest of the [FragmentList] of the weights that the round started from
  /// @param delta digest of the [FragmentList] of weights at the start minus weights at the end
  /// @param weight in the merge, from 1
  /// @param exports how many lines the region's export log had before this message
  /// @param exportsHead digest of the last of them
  record Contribution(
      String kind,
      String study,
      String region,
      long sequence,
      int round,
      String base,
      String delta,
      long weight,
      Map<String, Double> metrics,
      long exports,
      String exportsHead)
      implements Message {
    public static final String KIND = "contribution";
  }

  /// "This is how my model scores." Round is the number of rounds.
  record Scores(
      String kind,
      String study,
      String region,
      long sequence,
      int round,
      String base,
      Map<String, Double> scores)
      implements Message {
    public static final String KIND = "scores";
  }

  /// @throws MessageRejected naming what is wrong with the bytes
  static Message parse(byte[] bytes) {
    if (bytes.length > MOST_BYTES) {
      throw new MessageRejected(
          RejectReason.TOO_LARGE,
          "a message of %d bytes: expected at most %d".formatted(bytes.length, MOST_BYTES));
    }
    try {
      Message message = read(bytes);
      message.check();
      return message;
    } catch (DureException e) {
      throw new MessageRejected(RejectReason.MALFORMED, String.valueOf(e.getMessage()));
    }
  }

  private static Message read(byte[] bytes) {
    if (begins(bytes, USUAL)) {
      Contribution usual = Json.read(bytes, Contribution.class);
      if (Contribution.KIND.equals(usual.kind)) {
        return usual;
      }
    }
    Map<String, @Nullable Object> fields = Json.object(bytes);
    String kind = fields.get("kind") instanceof String text ? text : "(none)";
    if (kind.equals(Hello.KIND)
        && fields.get("protocol") instanceof Number protocol
        && protocol.longValue() != PROTOCOL) {
      throw new MessageRejected(
          RejectReason.WRONG_PROTOCOL,
          "the region speaks protocol %s: the hub speaks %d".formatted(protocol, PROTOCOL));
    }
    return switch (kind) {
      case Hello.KIND -> Json.read(bytes, Hello.class);
      case Activity.KIND -> Json.read(bytes, Activity.class);
      case Preparation.KIND -> Json.read(bytes, Preparation.class);
      case Contribution.KIND -> Json.read(bytes, Contribution.class);
      case Scores.KIND -> Json.read(bytes, Scores.class);
      default ->
          throw new MessageRejected(
              RejectReason.MALFORMED,
              "a message of the kind %s: expected hello, activity, preparation, contribution or"
                      .formatted(kind)
                  + " scores");
    };
  }

  private static boolean begins(byte[] bytes, byte[] with) {
    return bytes.length >= with.length
        && Arrays.equals(bytes, 0, with.length, with, 0, with.length);
  }

  private void check() {
    demand(isText(study()) && isText(region()), "study and region must be given");
    demand(round() >= 0 && sequence() >= 0, "round and sequence must not be negative");
    boolean counted = !(this instanceof Hello || this instanceof Activity);
    demand(counted == sequence() > 0, "sequence must be 0 for hello and activity, else above");
    switch (this) {
      case Hello hello -> checkHello(hello);
      case Activity activity ->
          demand(
              activity.doing != null
                  && WireNames.isActivity(activity.doing)
                  && activity.done >= 0
                  && activity.total >= 0,
              "doing must be one word of at most 24 letters, done and total not negative");
      case Preparation preparation ->
          demand(isDigest(preparation.parcel), "parcel must be a digest");
      case Contribution contribution -> {
        demand(
            isDigest(contribution.base) && isDigest(contribution.delta),
            "base and delta must be digests");
        demand(contribution.weight > 0, "weight must be above 0");
        demand(
            contribution.exports >= 0 && isDigest(contribution.exportsHead),
            "exports must not be negative, and have a digest");
        checkMeasures(contribution.metrics);
      }
      case Scores scores -> {
        demand(isDigest(scores.base), "base must be a digest");
        checkMeasures(scores.scores);
      }
    }
  }

  private static void checkHello(Hello hello) {
    demand(isDigest(hello.layout), "layout must be a digest");
    demand(
        hello.last >= 0 && hello.number >= 0 && hello.newest >= 0 && hello.exports >= 0,
        "last, number, newest and exports must not be negative");
    demand(
        isDigest(hello.head) && isDigest(hello.exportsHead),
        "head and exportsHead must be digests");
    demand("".equals(hello.proof) || isDigest(hello.proof), "proof must be a digest or empty");
    demand(
        hello.newest == 0 ? "".equals(hello.delta) : isDigest(hello.delta),
        "delta must be a digest where there is a newest round");
    demand("".equals(hello.common) || isDigest(hello.common), "common must be a digest or empty");
  }

  private static void checkMeasures(@Nullable Map<String, Double> values) {
    demand(
        values != null && WireNames.areMeasures(values),
        "measures: at most 32, named by up to 32 letters, digits and _ . -");
    if (values != null && !WireNames.areFinite(values)) {
      throw new MessageRejected(RejectReason.NOT_FINITE, "a measure is no finite number");
    }
  }

  private static boolean isText(@Nullable String text) {
    return text != null && !text.isEmpty();
  }

  private static boolean isDigest(@Nullable String text) {
    return text != null && Sha256.isDigest(text);
  }

  private static void demand(boolean held, String expected) {
    if (!held) {
      throw new MessageRejected(RejectReason.MALFORMED, expected);
    }
  }
}
