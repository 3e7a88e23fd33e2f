package org.dure.federation.region;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.PublicKey;
import java.time.InstantSource;
import java.util.Base64;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Json;
import org.dure.core.PrivateFiles;
import org.dure.core.Sha256;
import org.dure.core.Signatures;
import org.dure.core.Signer;
import org.dure.core.runtime.LeastRecentlyUsed;
import org.dure.federation.protocol.Message;
import org.jspecify.annotations.Nullable;

/// What has left a region: one line before each export, chained to the line before by its hash and
/// signed by the region's key.
///
/// The line is on the disk before the first byte leaves. The same bytes for the same purpose are
/// logged once, however often a bad link makes them go; after very many other exports they may be
/// logged once more. What was accepted is counted here too: from a line on that names the consent.
/// Memory does not grow with the log. Thread-safe.
public final class ExportLog implements AutoCloseable {
  /// One export.
  ///
  /// @param number from 1
  /// @param time ISO 8601, UTC
  /// @param study digest of the study
  /// @param round 0 for what belongs to none
  /// @param kind see [ExportPolicy#KINDS]
  /// @param digest SHA-256 of the message, or of the list of fragments; empty for a block of what
  ///     is said of the work
  /// @param bytes at most, without headers
  /// @param rule of the policy that allowed it
  /// @param policy digest of the site's policy that it is a rule of
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
      String policy,
      String previous) {}

  /// Rounds whose exports are remembered; what is known of older ones is in the file.
  private static final int MOST_ROUNDS = 64;

  /// Exports that are remembered of a round.
  private static final int MOST_EXPORTS = 1 << 10;

  /// What is said of the work leaves in blocks of so many bytes: a line for each.
  private static final long BEATS = 64 << 10;

  /// Most bytes of one of them.
  private static final long BEAT = 512;

  private record Round(String study, int number) {}

  /// What has left in a round.
  private static final class Exports {
    final LeastRecentlyUsed<String, Boolean> purposes = new LeastRecentlyUsed<>(MOST_EXPORTS);
    long bytes;

    void take(Entry entry) {
      bytes += ExportPolicy.isBudgeted(entry.kind) ? entry.bytes : 0;
      purposes.put(purpose(entry.kind, entry.digest), true);
    }
  }

  private final Path file;
  private final FileChannel channel;
  private final ExportPolicy policy;
  private final Signer signer;
  private final InstantSource clock;
  private final LeastRecentlyUsed<Round, Exports> rounds = new LeastRecentlyUsed<>(MOST_ROUNDS);

  /// Of what belongs to no round, by study: there is more of it all the time.
  private final LeastRecentlyUsed<Round, Exports> outside = new LeastRecentlyUsed<>(MOST_ROUNDS);

  /// The last line's study, and the highest round that it had.
  private Round newest = new Round("", -1);

  private final @Nullable AcceptedExports accepted;

  /// Bytes of the last block of beats that have not left.
  private long beats;

  /// Which file it was when it was opened.
  private final @Nullable Object opened;

  private long last;
  private String head = Sha256.NONE;

  private ExportLog(
      Path file, FileChannel channel, ExportPolicy policy, Signer signer, InstantSource clock)
      throws IOException {
    this.file = file;
    this.channel = channel;
    this.policy = policy;
    this.accepted = policy.accepted().map(AcceptedExports::new).orElse(null);
    this.signer = signer;
    this.clock = clock;
    this.opened = fileKey(file);
  }

  /// Opens the log, or begins one. A last line that a crash cut short is dropped: what it announced
  /// has not left.
  ///
  /// @throws DureException with [ErrorCode#SIGNATURE_INVALID] or [ErrorCode#ARTIFACT_CORRUPT] if
  ///     the log was changed
  @SuppressWarnings("resource")
  public static ExportLog open(Path file, ExportPolicy policy, Signer signer, InstantSource clock) {
    try {
      FileChannel channel =
          PrivateFiles.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
      long whole = ExportLines.wholeLength(file);
      channel.truncate(whole);
      channel.position(whole);
      ExportLog log = new ExportLog(file, channel, policy, signer, clock);
      ExportLines.check(file, signer.publicKey(), log::take);
      log.begin();
      return log;
    } catch (IOException e) {
      throw DureException.io("open", file, e);
    }
  }

  /// A consent counts from a line of its own on.
  private void begin() {
    if (accepted != null && accepted.isNew()) {
      ExportPolicy.Accepted now = policy.accepted().orElseThrow();
      append(
          entry(
              "",
              now.region(),
              0,
              AcceptedExports.CONSENT,
              now.consent(),
              0,
              "what was accepted counts from here on"));
    }
  }

  private void take(Entry entry, String line) {
    Exports exports = exports(entry.study, entry.round);
    last = entry.number;
    head = ExportLines.digest(line);
    if (!entry.study.equals(newest.study) || entry.round > newest.number) {
      newest = new Round(entry.study, entry.round);
    }
    exports.take(entry);
    if (accepted != null) {
      accepted.take(entry);
    }
  }

  /// What has left in a round so far. Of one that is not remembered the file says it.
  private Exports exports(String study, int round) {
    Round key = new Round(study, round);
    LeastRecentlyUsed<Round, Exports> remembered = round == 0 ? outside : rounds;
    Exports known = remembered.get(key);
    if (known == null) {
      known = new Exports();
      boolean first = study.equals(newest.study) && round > newest.number;
      if (last > 0 && !first) {
        Exports found = known;
        ExportLines.read(
            file,
            (number, line) -> {
              if (number <= last && line.contains("\"round\":" + round + ",")) {
                Entry entry = ExportLines.entry(file, line, number);
                if (entry.study.equals(study) && entry.round == round) {
                  found.take(entry);
                }
              }
            });
      }
      remembered.put(key, known);
    }
    return known;
  }

  private static String purpose(String kind, String digest) {
    return kind + " " + digest;
  }

  /// Asks the policy, then logs; returns only when the line is on the disk.
  ///
  /// @throws DureException with [ErrorCode#EXPORT_REFUSED]; nothing may leave then
  public synchronized void approve(
      String study, String region, int round, String kind, String digest, long bytes) {
    Exports exports = exports(study, round);
    if (exports.purposes.get(purpose(kind, digest)) != null) {
      return;
    }
    String allowed = allowed(round, kind);
    long sum = exports.bytes + (ExportPolicy.isBudgeted(kind) ? bytes : 0);
    if (ExportPolicy.isBudgeted(kind) && sum > policy.bytesPerRound()) {
      throw new DureException(
          ErrorCode.EXPORT_REFUSED,
          "%d bytes in round %d, with %s of %d bytes: the region's policy allows %d"
              .formatted(sum, round, kind, bytes, policy.bytesPerRound()));
    }
    require(study, round, kind, bytes);
    String rule = "kinds has " + allowed;
    if (ExportPolicy.isBudgeted(kind)) {
      rule += "; bytes-per-round has %d of %d".formatted(sum, policy.bytesPerRound());
    }
    append(entry(study, region, round, kind, digest, bytes, rule));
  }

  private String allowed(int round, String kind) {
    String allowed = policy.kinds().get(kind);
    if (allowed == null) {
      throw new DureException(
          ErrorCode.EXPORT_REFUSED,
          "an export of the kind %s in round %d: the region's policy allows %s"
              .formatted(kind, round, policy.kinds().keySet().stream().sorted().toList()));
    }
    return allowed;
  }

  /// Whether so much more would be within what was accepted, before it is made.
  ///
  /// @throws DureException with [ErrorCode#CONSENT_MISSING] if not
  synchronized void require(String study, int round, String kind, long bytes) {
    if (accepted != null) {
      accepted.require(study, round, kind, bytes);
    }
  }

  /// As [#approve], for what is said of the work every two seconds: logged in blocks, each before
  /// its first byte leaves.
  ///
  /// @throws DureException with [ErrorCode#EXPORT_REFUSED]; nothing may leave then
  synchronized void approveBeat(String study, String region, int round, long bytes) {
    if (bytes > BEAT) {
      throw new DureException(
          ErrorCode.EXPORT_REFUSED, "%d bytes of activity: at most %d".formatted(bytes, BEAT));
    }
    if (bytes > beats) {
      String kind = Message.Activity.KIND;
      append(entry(study, region, round, kind, "", BEATS, "kinds has " + allowed(round, kind)));
      beats = BEATS;
    }
    beats -= bytes;
  }

  private Entry entry(
      String study, String region, int round, String kind, String digest, long bytes, String rule) {
    return new Entry(
        last + 1,
        clock.instant().toString(),
        study,
        region,
        round,
        kind,
        digest,
        bytes,
        rule,
        policy.digest(),
        head);
  }

  /// Moved or replaced, the open file is no longer the log that the site and its auditors see.
  private void requireInPlace() throws IOException {
    if (opened != null && !opened.equals(fileKey(file))) {
      throw new DureException(
          ErrorCode.ARTIFACT_CORRUPT,
          "%s was moved or replaced while the region works: put it back and start again; nothing leaves"
                  .formatted(file)
              + " that is not in it");
    }
  }

  /// Null where the file system has none.
  private static @Nullable Object fileKey(Path file) throws IOException {
    return Files.exists(file, LinkOption.NOFOLLOW_LINKS)
        ? Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS).fileKey()
        : null;
  }

  private void append(Entry entry) {
    String signature = Base64.getEncoder().encodeToString(signer.sign(Json.bytes(entry)));
    String line = Json.text(new ExportLines.Line(entry, signature));
    long before = -1;
    try {
      requireInPlace();
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

  /// Of how many rounds anything is in memory.
  synchronized int remembered() {
    return rounds.size();
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

  /// Hands out every export of a log, checked: signatures, order, chain.
  ///
  /// @throws DureException naming the line if anything was changed, removed or moved
  public static void verify(Path file, PublicKey key, Consumer<Entry> exports) {
    ExportLines.check(file, key, (entry, line) -> exports.accept(entry));
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
              ExportLines.HANDED_OVER,
              Sha256.of(next.getEncoded()),
              0,
              rule,
              "",
              log.head));
    }
  }

  private static boolean isHandedOver(Path file, PublicKey next) {
    String[] last = {""};
    long[] count = {0};
    ExportLines.read(
        file,
        (number, line) -> {
          last[0] = line;
          count[0] = number;
        });
    if (count[0] == 0) {
      return false;
    }
    Entry entry = ExportLines.entry(file, last[0], count[0]);
    return entry.kind.equals(ExportLines.HANDED_OVER)
        && entry.digest.equals(Sha256.of(next.getEncoded()));
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
