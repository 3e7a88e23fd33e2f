package org.dure.federation.protocol;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.dure.core.DureException;
import org.dure.core.Json;
import org.dure.core.Sha256;
import org.jspecify.annotations.Nullable;

/// From bytes to a [Message], for [SignedMessage] alone.
final class MessageParser {
  /// How a contribution begins as it is written: of these a log has thousands.
  private static final byte[] USUAL =
      "{\"kind\":\"%s\",".formatted(Message.Contribution.KIND).getBytes(StandardCharsets.UTF_8);

  /// More than any study has.
  private static final long MOST_STEPS = 1L << 40;

  private MessageParser() {}

  /// @throws MessageRejected naming what is wrong with the bytes
  static Message parse(byte[] bytes) {
    checkLength(bytes);
    try {
      Message message = read(bytes);
      check(message);
      return message;
    } catch (DureException e) {
      throw new MessageRejected(RejectReason.MALFORMED, String.valueOf(e.getMessage()));
    }
  }

  static void checkLength(byte[] bytes) {
    if (bytes.length > Message.MOST_BYTES) {
      throw new MessageRejected(
          RejectReason.TOO_LARGE,
          "a message of %d bytes: expected at most %d".formatted(bytes.length, Message.MOST_BYTES));
    }
  }

  private static Message read(byte[] bytes) {
    if (begins(bytes, USUAL)) {
      Message.Contribution usual = Json.read(bytes, Message.Contribution.class);
      if (Message.Contribution.KIND.equals(usual.kind())) {
        return usual;
      }
    }
    Map<String, @Nullable Object> fields = Json.object(bytes);
    String kind = fields.get("kind") instanceof String text ? text : "(none)";
    if (kind.equals(Message.Hello.KIND)
        && fields.get("protocol") instanceof Number protocol
        && protocol.longValue() != Message.PROTOCOL) {
      throw new MessageRejected(
          RejectReason.WRONG_PROTOCOL,
          "the region speaks protocol %s: the hub speaks %d".formatted(protocol, Message.PROTOCOL));
    }
    return switch (kind) {
      case Message.Hello.KIND -> Json.read(bytes, Message.Hello.class);
      case Message.Activity.KIND -> Json.read(bytes, Message.Activity.class);
      case Message.Preparation.KIND -> Json.read(bytes, Message.Preparation.class);
      case Message.Contribution.KIND -> Json.read(bytes, Message.Contribution.class);
      case Message.Spending.KIND -> Json.read(bytes, Message.Spending.class);
      case Message.Scores.KIND -> Json.read(bytes, Message.Scores.class);
      default -> {
        Class<? extends MaskingMessage> masking = MaskingMessages.KINDS.get(kind);
        if (masking != null) {
          yield Json.read(bytes, masking);
        }
        throw new MessageRejected(
            RejectReason.MALFORMED,
            "a message of the kind %s: expected hello, activity, preparation, spending,"
                    .formatted(kind)
                + " contribution, scores or one of "
                + String.join(", ", MaskingMessages.kinds()));
      }
    };
  }

  private static boolean begins(byte[] bytes, byte[] with) {
    return bytes.length >= with.length
        && Arrays.equals(bytes, 0, with.length, with, 0, with.length);
  }

  /// Whether every field has a value that it may have.
  ///
  /// @throws MessageRejected naming what is wrong
  static void check(Message message) {
    demand(isText(message.study()) && isText(message.region()), "study and region must be given");
    demand(
        message.round() >= 0 && message.sequence() >= 0, "round and sequence must not be negative");
    boolean counted = !(message instanceof Message.Hello || message instanceof Message.Activity);
    demand(
        counted == message.sequence() > 0, "sequence must be 0 for hello and activity, else above");
    switch (message) {
      case Message.Hello hello -> checkHello(hello);
      case Message.Activity activity ->
          demand(
              activity.doing() != null && activity.done() >= 0 && activity.total() >= 0,
              "doing must be given, done and total not negative");
      case Message.Preparation preparation ->
          demand(isDigest(preparation.parcel()), "parcel must be a digest");
      case Message.Contribution contribution -> {
        demand(
            isDigest(contribution.base()) && isDigest(contribution.delta()),
            "base and delta must be digests");
        demand(contribution.weight() > 0, "weight must be above 0");
        demand(
            contribution.exportLog().exports() >= 0
                && isDigest(contribution.exportLog().exportsHead()),
            "exports must not be negative, and have a digest");
        checkMeasures(contribution.metrics());
      }
      case Message.Spending spending -> {
        Message.Spent spent = spending.spent();
        demand(isDigest(spending.delta()), "delta must be a digest");
        demand(
            spent.noiseMultiplier() > 0
                && spent.noiseMultiplier() < 1e6
                && spent.sampleRate() > 0
                && spent.sampleRate() <= 1
                && spent.steps() > 0
                && spent.steps() <= MOST_STEPS,
            "noise above 0, a sample rate above 0 to 1, steps from 1");
      }
      case Message.Scores scores -> {
        demand(isDigest(scores.base()), "base must be a digest");
        checkMeasures(scores.scores());
      }
      case MaskingMessage masking -> MaskingMessages.check(masking);
    }
  }

  private static void checkHello(Message.Hello hello) {
    Message.Past past = hello.past();
    demand(isDigest(hello.layout()), "layout must be a digest");
    demand(
        past.last() >= 0
            && past.seen().number() >= 0
            && past.newest() >= 0
            && past.exportLog().exports() >= 0,
        "last, number, newest and exports must not be negative");
    demand(
        isDigest(past.seen().head()) && isDigest(past.exportLog().exportsHead()),
        "head and exportsHead must be digests");
    demand(
        "".equals(past.seen().proof()) || isDigest(past.seen().proof()),
        "proof must be a digest or empty");
    demand(
        past.newest() == 0 ? "".equals(past.delta()) : isDigest(past.delta()),
        "delta must be a digest where there is a newest round");
    demand("".equals(past.common()) || isDigest(past.common()), "common must be a digest or empty");
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

  static boolean isDigest(@Nullable String text) {
    return text != null && Sha256.isDigest(text);
  }

  static void demand(boolean held, String expected) {
    if (!held) {
      throw new MessageRejected(RejectReason.MALFORMED, expected);
    }
  }
}
