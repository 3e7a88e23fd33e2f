package org.dure.federation.protocol;

import java.util.Map;
import org.dure.core.Json;
import org.dure.core.Json.Unwrapped;
import org.dure.core.Workload.ActivityKind;

/// What a region can say to the hub: these typed fields and nothing else.
///
/// A message travels as compact JSON with the sender's signature over exactly these bytes. Study,
/// region, round and sequence are in every one, so that none can be moved or said twice. Messages
/// with a sequence above 0 are counted: each region numbers them from 1 without gaps, and the hub
/// logs them.
public sealed interface Message
    permits Message.Hello,
        Message.Activity,
        Message.Preparation,
        Message.Contribution,
        Message.Spending,
        Message.Scores,
        MaskingMessage {
  /// The version of everything in this package that crosses the wire.
  int PROTOCOL = 3;

  /// Longest message in bytes.
  int MOST_BYTES = 16 << 10;

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
  /// after every start, in answer to a [StudyView]; sequence 0.
  record Hello(
      String kind,
      int protocol,
      String study,
      String region,
      long sequence,
      int round,
      String layout,
      @Unwrapped Past past)
      implements Message {
    public static final String KIND = "hello";

    public static Hello of(String study, String region, String layout, Past past) {
      return new Hello(KIND, PROTOCOL, study, region, 0, 0, layout, past);
    }

    /// Of a region that has no past.
    public static Hello of(String study, String region, String layout) {
      return of(study, region, layout, Past.NONE);
    }
  }

  /// What a hello says of the past: it lets the hub notice that either side was restored from an
  /// old copy.
  ///
  /// @param last sequence of the region's last counted message, as the hub has just told
  /// @param seen the highest event of the hub's log that the region has seen
  /// @param newest the newest round that the region has finished; 0 for none
  /// @param delta digest of the [FragmentList] of its delta; empty for none
  /// @param exportLog the last line of the region's export log that the hub knows, or the last
  /// there     is if that is less
  /// @param common digest of the [FragmentList] of the common preparation that the region works
  ///     with; empty for none yet
  record Past(
      long last,
      @Unwrapped LogHead seen,
      int newest,
      String delta,
      @Unwrapped ExportHead exportLog,
      String common) {
    public static final Past NONE = new Past(0, LogHead.NONE, 0, "", ExportHead.NONE, "");
  }

  /// "This is what I am doing." Renews the lease; sequence 0, not logged.
  record Activity(
      String kind,
      String study,
      String region,
      long sequence,
      int round,
      ActivityKind doing,
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
  /// @param exportLog the last line of the region's export log before this message
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
      @Unwrapped ExportHead exportLog)
      implements Message {
    public static final String KIND = "contribution";
  }

  /// "This is what I have told of my documents, with this delta, in this study." Said before the
  /// delta itself, in a study that protects documents.
  ///
  /// @param delta digest of the [FragmentList] of the round's delta
  /// @param spent over all rounds so far, this one included
  record Spending(
      String kind,
      String study,
      String region,
      long sequence,
      int round,
      String delta,
      @Unwrapped Spent spent)
      implements Message {
    public static final String KIND = "spending";
  }

  /// Steps of the sampled Gaussian mechanism.
  ///
  /// @param noiseMultiplier standard deviation of the noise in clipping norms
  /// @param sampleRate probability of a document to be in a step
  /// @param steps from 1
  record Spent(double noiseMultiplier, double sampleRate, long steps) {}

  /// "This is how my model scores." Round is the number of the last one.
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
}
