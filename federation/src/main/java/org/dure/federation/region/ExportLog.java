package org.dure.federation.region;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.PublicKey;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.Sha256;
import org.dure.core.Signatures;
import org.dure.core.Signer;
import org.jspecify.annotations.Nullable;

/// What has left a region: one line before each export, chained to the line before by its hash and
/// signed by the region's key.
///
/// The line is on the disk before the first byte leaves. The same bytes for the same purpose are
/// logged once, however often a bad link makes them go. Thread-safe.
public final class ExportLog implements AutoCloseable {
  /// One export.
  ///
  /// @param number from 1
  /// @param time ISO 8601, UTC
  /// @param study digest of the study
  /// @param round 0 for what belongs to none
  /// @param kind see [ExportPolicy#KINDS]
  /// @param digest SHA-256 of the message, or of the list of fragments
  /// @param bytes at most, without headers
  /// @param rule of the policy that allowed it
  /// @param previous SHA-256 of the line before; 64 zeros for the first
  public record Entry(
      long number,
      String time,
      String study,
      String region,
      int round,
      String kind,
      String digest,
      long bytes,
      String rule,
      String previous) {}

  /// A line of the file.
  ///
  /// @param signature base64, over the compact JSON of `entry`
  record Line(Entry entry, String signature) {}

  /// The kind of a line that hands the log over to the region's next key.
  static final String HANDED_OVER = "key";

  private final Path file;
  private final FileChannel channel;
  private final ExportPolicy policy;
  private final Signer signer;
  private final InstantSource clock;
  private final Map<Integer, Long> bytesByRound = new HashMap<>();
  private final Set<String> logged = new HashSet<>();
  private long last;
  private String head = Sha256.NONE;

  private ExportLog(
      Path file, FileChannel channel, ExportPolicy policy, Signer signer, InstantSource clock) {
    this.file = file;
    this.channel = channel;
    this.policy = policy;
    this.signer = signer;
    this.clock = clock;
  }

  /// Opens the log, or begins one. A last line that a crash cut short is dropped: what it announced
  /// has not left.
  ///
  /// @throws DureException with [ErrorCode#SIGNATURE_INVALID] or [ErrorCode#ARTIFACT_CORRUPT] if
  ///     the log was changed
  @SuppressWarnings("resource")
  public static ExportLog open(Path file, ExportPolicy policy, Signer signer, InstantSource clock) {
    try {
      byte[] bytes = Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
      int whole = wholeLines(bytes);
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      channel.truncate(whole);
      channel.position(whole);
      ExportLog log = new ExportLog(file, channel, policy, signer, clock);
      List<String> lines = new String(bytes, 0, whole, StandardCharsets.UTF_8).lines().toList();
      List<PublicKey> keys = keys(file, lines, signer.publicKey());
      for (int i = 0; i < lines.size(); i++) {
        log.take(check(file, lines.get(i), log.last + 1, log.head, keys.get(i)), lines.get(i));
      }
      return log;
    } catch (IOException e) {
      throw DureException.io("open", file, e);
    }
  }

  private static int wholeLines(byte[] bytes) {
    int end = bytes.length;
    while (end > 0 && bytes[end - 1] != '\n') {
      end--;
    }
    return end;
  }

  private void take(Entry entry, String line) {
    last = entry.number;
    head = Sha256.of(line.getBytes(StandardCharsets.UTF_8));
    bytesByRound.merge(entry.round, entry.bytes, Long::sum);
    logged.add(purpose(entry.study, entry.round, entry.kind, entry.digest));
  }

  private static String purpose(String study, int round, String kind, String digest) {
    return study + " " + round + " " + kind + " " + digest;
  }

  /// Asks the policy, then logs; returns only when the line is on the disk.
  ///
  /// @throws DureException with [ErrorCode#EXPORT_REFUSED]; nothing may leave then
  public synchronized void approve(
      String study, String region, int round, String kind, String digest, long bytes) {
    if (logged.contains(purpose(study, round, kind, digest))) {
      return;
    }
    if (!policy.kinds().contains(kind)) {
      throw new DureException(
          ErrorCode.EXPORT_REFUSED,
          "an export of the kind %s in round %d: the region's policy allows %s"
              .formatted(kind, round, policy.kinds().stream().sorted().toList()));
    }
    long sum = bytesByRound.getOrDefault(round, 0L) + bytes;
    if (sum > policy.bytesPerRound()) {
      throw new DureException(
          ErrorCode.EXPORT_REFUSED,
          "%d bytes in round %d, with %s of %d bytes: the region's policy allows %d"
              .formatted(sum, round, kind, bytes, policy.bytesPerRound()));
    }
    String rule =
        "kinds has %s; bytes-per-round has %d of %d".formatted(kind, sum, policy.bytesPerRound());
    Entry entry =
        new Entry(
            last + 1,
            clock.instant().toString(),
            study,
            region,
            round,
            kind,
            digest,
            bytes,
            rule,
            head);
    append(entry);
  }

  private void append(Entry entry) {
    String signature = Base64.getEncoder().encodeToString(signer.sign(Json.bytes(entry)));
    String line = Json.text(new Line(entry, signature));
    long before = -1;
    try {
      before = channel.position();
      ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    } catch (IOException e) {
      undo(before);
      throw DureException.io("write", file, e);
    }
    take(entry, line);
  }

  /// A full disk may have taken half a line.
  private void undo(long length) {
    try {
      if (length >= 0) {
        channel.truncate(length);
        channel.position(length);
      }
    } catch (IOException e) {
      throw DureException.io("write", file, e);
    }
  }

  /// How many lines there are.
  synchronized long count() {
    return last;
  }

  /// Digest of line `number`; 64 zeros for number 0, empty if there is no such line.
  synchronized String headAt(long number) {
    if (number == 0 || number == last) {
      return number == 0 ? Sha256.NONE : head;
    }
    try (Stream<String> lines = Files.lines(file, StandardCharsets.UTF_8)) {
      return lines
          .skip(number - 1)
          .findFirst()
          .map(line -> Sha256.of(line.getBytes(StandardCharsets.UTF_8)))
          .orElse("");
    } catch (IOException e) {
      throw DureException.io("read", file, e);
    }
  }

  /// Every export of a log, checked: signatures, order, chain.
  ///
  /// @throws DureException naming the line if anything was changed, removed or moved
  public static List<Entry> verify(Path file, PublicKey key) {
    List<Entry> entries = new ArrayList<>();
    String head = Sha256.NONE;
    try {
      List<String> lines = Files.readAllLines(file, StandardCharsets.UTF_8);
      List<PublicKey> keys = keys(file, lines, key);
      for (int i = 0; i < lines.size(); i++) {
        entries.add(check(file, lines.get(i), i + 1L, head, keys.get(i)));
        head = Sha256.of(lines.get(i).getBytes(StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      throw DureException.io("read", file, e);
    }
    return entries;
  }

  /// By which key each line must be signed: a line of the kind `key` is the old key's word that the
  /// next lines are signed by a new one.
  private static List<PublicKey> keys(Path file, List<String> lines, PublicKey last) {
    List<PublicKey> keys = new ArrayList<>();
    PublicKey current = last;
    for (int i = lines.size() - 1; i >= 0; i--) {
      if (lines.get(i).contains("\"kind\":\"" + HANDED_OVER + "\"")) {
        Entry entry = entry(file, lines.get(i), i + 1L);
        String[] both = entry.rule.split(" ");
        if (both.length != 2 || !both[1].equals(Signatures.encode(current))) {
          throw new DureException(
              ErrorCode.SIGNATURE_INVALID,
              "%s, line %d: it hands over to another key than the next lines'"
                  .formatted(file, i + 1));
        }
        current = Signatures.decode(both[0]);
      }
      keys.add(current);
    }
    Collections.reverse(keys);
    return keys;
  }

  /// Hands a region's log over to its next key: the last line that the old key signs. Doing it
  /// again changes nothing. The log must not be open.
  public static void handOver(
      Path file, Signer old, PublicKey next, String region, InstantSource clock) {
    if (!Files.exists(file) || isHandedOver(file, next)) {
      return;
    }
    String rule = Signatures.encode(old.publicKey()) + " " + Signatures.encode(next);
    try (ExportLog log = open(file, ExportPolicy.standard(), old, clock)) {
      log.append(
          new Entry(
              log.last + 1,
              clock.instant().toString(),
              "",
              region,
              0,
              HANDED_OVER,
              Sha256.of(next.getEncoded()),
              0,
              rule,
              log.head));
    }
  }

  private static boolean isHandedOver(Path file, PublicKey next) {
    try {
      byte[] bytes = Files.readAllBytes(file);
      List<String> lines =
          new String(bytes, 0, wholeLines(bytes), StandardCharsets.UTF_8).lines().toList();
      if (lines.isEmpty()) {
        return false;
      }
      Entry last = entry(file, lines.getLast(), lines.size());
      return last.kind.equals(HANDED_OVER) && last.digest.equals(Sha256.of(next.getEncoded()));
    } catch (IOException e) {
      throw DureException.io("read", file, e);
    }
  }

  private static Entry entry(Path file, String line, long number) {
    try {
      Entry entry = Json.read(line, Line.class).entry;
      if (entry != null && entry.kind != null && entry.rule != null) {
        return entry;
      }
    } catch (DureException e) {
      throw corrupt(file, number, String.valueOf(e.getMessage()));
    }
    throw corrupt(file, number, "it is no export");
  }

  private static Entry check(Path file, String line, long number, String head, PublicKey key) {
    Line read;
    try {
      read = Json.read(line, Line.class);
    } catch (DureException e) {
      throw corrupt(file, number, String.valueOf(e.getMessage()));
    }
    Entry entry = read.entry;
    if (entry == null || entry.number != number || !head.equals(entry.previous)) {
      throw corrupt(file, number, "it does not follow the line before");
    }
    if (!Signatures.verify(key, Json.bytes(entry), decode(read.signature))) {
      throw new DureException(
          ErrorCode.SIGNATURE_INVALID,
          "%s, line %d: the signature is not that of the region".formatted(file, number));
    }
    return entry;
  }

  private static byte[] decode(@Nullable String base64) {
    try {
      return Base64.getDecoder().decode(base64 == null ? "" : base64);
    } catch (IllegalArgumentException e) {
      return new byte[0];
    }
  }

  private static DureException corrupt(Path file, long number, String why) {
    return new DureException(
        ErrorCode.ARTIFACT_CORRUPT,
        "%s, line %d: the log was changed: %s".formatted(file, number, why));
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw DureException.io("close", file, e);
    }
  }
}
