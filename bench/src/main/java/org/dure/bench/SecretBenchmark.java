package org.dure.bench;

import static java.util.Objects.requireNonNull;

import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.DataFormatException;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.dure.core.Sha256;
import org.dure.federation.protocol.MaskingMessage;
import org.dure.federation.secure.AgreementKey;
import org.dure.federation.secure.FixedPoint;
import org.dure.federation.secure.Masks;
import org.dure.federation.secure.Roster;
import org.dure.federation.secure.RoundContext;
import org.dure.federation.secure.SealedShares;
import org.dure.federation.secure.Seeds;
import org.dure.federation.secure.Shamir;
import org.dure.federation.secure.Unmasking;
import org.dure.federation.wire.BytePlanes;

/// What a secret sum costs a region and the hub for 100 million parameters: CPU-seconds beside the
/// 20 allowed and beside what the machine takes for nothing but AES in counter mode over as many
/// bytes; bytes beside the 1.1 times those of 32-bit floats that are allowed, and beside what the
/// same delta has on the wire where it can be inspected; the hub's CPU-seconds for taking masks
/// off, beside a plain sum of as many deltas.
///
/// ```
/// java -cp ... org.dure.bench.SecretBenchmark [MEMBERS...]
/// ```
public final class SecretBenchmark {
  private static final int FRAGMENT = 1 << 18;
  private static final long BYTES = 400_000_000L;
  private static final double ALLOWED_SECONDS = 20;
  private static final SecureRandom RANDOM = new SecureRandom();

  private SecretBenchmark() {}

  public static void main(String[] arguments) throws DataFormatException {
    int[] counts =
        arguments.length == 0
            ? new int[] {3, 8, 40}
            : Arrays.stream(arguments).mapToInt(Integer::parseInt).toArray();
    for (int count : counts) {
      measure(count);
    }
  }

  private static double cpu() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() / 1e9;
  }

  private static void measure(int count) throws DataFormatException {
    RoundContext context = new RoundContext(Sha256.NONE, 1);
    int threshold = Math.min(count, 2 * count / 3 + 1);
    SortedMap<String, Seeds> seeds = new TreeMap<>();
    SortedMap<String, Seeds.Advertised> advertised = new TreeMap<>();
    for (int i = 0; i < count; i++) {
      seeds.put("region-%02d".formatted(i), Seeds.draw(RANDOM));
    }
    seeds.forEach((name, drawn) -> advertised.put(name, drawn.advertised()));
    SortedMap<String, Integer> places = Roster.places(new TreeSet<>(seeds.keySet()));
    String me = seeds.firstKey();

    double begun = cpu();
    Map<String, MaskingMessage.ShareBox> boxes = boxes(me, seeds, advertised, places, threshold);
    Map<String, byte[]> others = new HashMap<>();
    advertised.forEach((name, said) -> others.put(name, said.pair()));
    others.remove(me);
    Masks masks = new Masks(requireNonNull(seeds.get(me)), context, me, others);
    double agreeing = cpu() - begun;

    byte[] delta = delta();
    FixedPoint scale = new FixedPoint(16, count);
    int fragments = (int) (BYTES / FRAGMENT);
    begun = cpu();
    byte[] masked = delta;
    for (int i = 0; i < fragments; i++) {
      masked = masks.apply(i, delta, scale, 1);
    }
    double masking = cpu() - begun;

    double hub = hub(context, threshold, places, seeds, advertised, fragments);
    double keystream = keystream(fragments);
    double plain = plain(delta, count, fragments);
    long control = control(me, boxes);
    System.out.printf(
        Locale.ROOT,
        "secret sum of %d, 100 M parameters: %.1f CPU-seconds a region (%.2f for keys and shares) ="
            + " %.2f of the %.0f allowed, %.2f of bare AES over the %d masks' bytes; %.5f of the"
            + " bytes of 32-bit floats (%.2f times what the wire makes of such a delta where it can"
            + " be inspected); hub, all alive: masks %.1f CPU-seconds, %.2f of bare AES, beside"
            + " %.1f for the sum itself%n",
        count,
        agreeing + masking,
        agreeing,
        (agreeing + masking) / ALLOWED_SECONDS,
        ALLOWED_SECONDS,
        (agreeing + masking) / (keystream * count),
        count,
        (BYTES + control) / (double) BYTES,
        planes(masked) / planes(delta),
        hub,
        hub / (keystream * count),
        plain);
  }

  /// CPU-seconds of one mask's bytes, and nothing else: the machine's own limit.
  private static double keystream(int fragments) {
    try {
      Cipher cipher = Cipher.getInstance("AES/CTR/NoPadding");
      cipher.init(
          Cipher.ENCRYPT_MODE,
          new SecretKeySpec(new byte[32], "AES"),
          new IvParameterSpec(new byte[16]));
      byte[] piece = new byte[1 << 16];
      byte[] drawn = new byte[piece.length];
      double best = Double.POSITIVE_INFINITY;
      for (int turn = 0; turn < 3; turn++) {
        double begun = cpu();
        for (long from = 0; from < (long) fragments * FRAGMENT; from += piece.length) {
          cipher.update(piece, 0, piece.length, drawn, 0);
        }
        best = Math.min(best, cpu() - begun);
      }
      return best;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /// CPU-seconds of adding as many deltas as floats, where nothing is secret.
  private static double plain(byte[] delta, int count, int fragments) {
    float[] values = new float[FRAGMENT / Float.BYTES];
    float[] sum = new float[values.length];
    double begun = cpu();
    for (long i = 0; i < (long) fragments * count; i++) {
      ByteBuffer.wrap(delta).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
      for (int at = 0; at < values.length; at++) {
        sum[at] += values[at];
      }
    }
    return cpu() - begun;
  }

  private static Map<String, MaskingMessage.ShareBox> boxes(
      String me,
      SortedMap<String, Seeds> seeds,
      SortedMap<String, Seeds.Advertised> advertised,
      Map<String, Integer> places,
      int threshold) {
    RoundContext context = new RoundContext(Sha256.NONE, 1);
    Seeds mine = requireNonNull(seeds.get(me));
    AgreementKey box = AgreementKey.of(mine.box());
    Map<String, MaskingMessage.ShareBox> boxes = new TreeMap<>();
    mine.shares(places, places.size(), threshold, RANDOM)
        .forEach(
            (member, share) ->
                boxes.put(
                    member,
                    new MaskingMessage.ShareBox(
                        Base64.getEncoder()
                            .encodeToString(
                                SealedShares.seal(
                                    share,
                                    context,
                                    box,
                                    requireNonNull(advertised.get(member)).box(),
                                    me,
                                    member,
                                    RANDOM)),
                        Sha256.of(share.own()),
                        Sha256.of(share.pair()))));
    return boxes;
  }

  /// Bytes of the messages that a region sends beside its contribution.
  private static long control(String me, Map<String, MaskingMessage.ShareBox> boxes) {
    String key = Base64.getEncoder().encodeToString(new byte[AgreementKey.PUBLIC_BYTES]);
    String share = Base64.getEncoder().encodeToString(new byte[Shamir.SHARE_BYTES]);
    Map<String, String> shares = new TreeMap<>();
    boxes.keySet().forEach(member -> shares.put(member, share));
    List<MaskingMessage> messages =
        List.of(
            new MaskingMessage.RoundKeys(
                MaskingMessage.RoundKeys.KIND,
                Sha256.NONE,
                me,
                1,
                1,
                Sha256.NONE,
                key,
                key,
                Sha256.NONE),
            new MaskingMessage.RoundShares(
                MaskingMessage.RoundShares.KIND, Sha256.NONE, me, 2, 1, boxes),
            new MaskingMessage.Confirmation(
                MaskingMessage.Confirmation.KIND,
                Sha256.NONE,
                me,
                4,
                1,
                List.copyOf(boxes.keySet())),
            new MaskingMessage.Revelation(
                MaskingMessage.Revelation.KIND, Sha256.NONE, me, 5, 1, shares));
    return messages.stream().mapToLong(message -> message.bytes().length).sum();
  }

  private static double hub(
      RoundContext context,
      int threshold,
      Map<String, Integer> places,
      SortedMap<String, Seeds> seeds,
      SortedMap<String, Seeds.Advertised> advertised,
      int fragments) {
    Map<String, Map<String, byte[]>> revealed = new HashMap<>();
    seeds.forEach(
        (owner, drawn) -> {
          Map<String, byte[]> shares = new HashMap<>();
          drawn
              .shares(places, places.size(), threshold, RANDOM)
              .forEach((member, share) -> shares.put(member, share.own()));
          revealed.put(owner, shares);
        });
    double begun = cpu();
    Unmasking unmasking =
        new Unmasking(
            new Unmasking.Round(
                context, threshold, places, advertised, new TreeSet<>(seeds.keySet())),
            revealed);
    int[] sum = new int[FRAGMENT / Integer.BYTES];
    for (int i = 0; i < fragments; i++) {
      unmasking.apply(i, sum);
    }
    return cpu() - begun;
  }

  /// Normally distributed, as deltas are.
  private static byte[] delta() {
    SplittableRandom random = new SplittableRandom(1);
    ByteBuffer values = ByteBuffer.allocate(FRAGMENT).order(ByteOrder.LITTLE_ENDIAN);
    while (values.hasRemaining()) {
      values.putFloat((float) (1e-3 * random.nextGaussian()));
    }
    return values.array();
  }

  /// Bytes on the wire.
  private static double planes(byte[] raw) throws DataFormatException {
    byte[] block = new byte[BytePlanes.MOST_ENCODED];
    byte[] piece = new byte[BytePlanes.BLOCK];
    double bytes = 0;
    try (BytePlanes planes = BytePlanes.borrow()) {
      for (int from = 0; from < raw.length; from += piece.length) {
        int length = Math.min(piece.length, raw.length - from);
        System.arraycopy(raw, from, piece, 0, length);
        bytes += planes.encode(piece, length, block);
      }
    }
    return bytes;
  }
}
