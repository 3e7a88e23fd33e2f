package org.dure.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.LongSummaryStatistics;
import org.dure.app.home.HubHome;
import org.dure.app.home.Identities;
import org.dure.app.home.RegionHome;
import org.dure.app.options.OnHome;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.federation.client.RegionLease;
import org.dure.federation.region.ExportLog;
import org.dure.provenance.Certificates;
import org.dure.provenance.KeyFiles;
import picocli.CommandLine.Command;

/// `dure region status`.
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description = "Shows the region's certificate, what the hub says of it, and what has left.",
    footer = {
      "",
      "Example:",
      "  dure region status --home ko",
      "  region ko of https://hub.example:8402, study demo",
      "  certificate until 2027-11-22T09:31:00Z, 365 days left, key 5f3a 91c0 ...",
      "  hub: training, round 3, 14 messages counted; the region counts as present, ..."
    })
final class RegionStatus extends OnHome {
  /// @param daysLeft of its certificate, by its dates alone
  /// @param refused whether the hub, or its dates, say that the certificate holds no more
  /// @param key fingerprint
  /// @param standing what the hub says of it
  /// @param exports that have left
  /// @param bytes in them, at most
  record Result(
      String region,
      String hub,
      String study,
      String certificateUntil,
      long daysLeft,
      String key,
      String standing,
      boolean refused,
      long exports,
      long bytes) {}

  @Override
  public Integer call() throws InterruptedException {
    RegionHome region = RegionHome.read(folder());
    X509Certificate own = Certificates.read(folder().certificate()).getFirst();
    Instant until = own.getNotAfter().toInstant();
    Path log = folder().node().resolve("exports.jsonl");
    LongSummaryStatistics left = new LongSummaryStatistics();
    if (Files.exists(log)) {
      ExportLog.verify(log, own.getPublicKey(), export -> left.accept(export.bytes()));
    }
    Standing standing = standing(region);
    Result result =
        new Result(
            region.region(),
            region.hub().toString(),
            workloadConfig().study().name(),
            until.toString(),
            days(Duration.between(InstantSource.system().instant(), until)),
            KeyFiles.fingerprint(own.getPublicKey()),
            standing.words(),
            standing.refused(),
            left.getCount(),
            left.getSum());
    String text = text(result, log);
    RegionOutcome outcome = new RegionOutcome(folder());
    output()
        .result(
            result, outcome.isThere() ? "%s%nfinished%n%s".formatted(text, outcome.text()) : text);
    return 0;
  }

  /// To the nearest: a certificate of a year has 365 days left when it is new.
  private static long days(Duration left) {
    return Math.floorDiv(left.plusHours(12).toHours(), 24L);
  }

  private static String text(Result result, Path log) {
    String left =
        result.exports() == 0
            ? "nothing has left"
            : String.format(
                Locale.ROOT,
                "what left: %,d exports of %,d bytes at most; see %s",
                result.exports(),
                result.bytes(),
                log);
    return "region %s of %s, study %s%ncertificate until %s, %s, key %s%nhub: %s%n%s"
        .formatted(
            result.region(),
            result.hub(),
            result.study(),
            result.certificateUntil(),
            result.refused()
                ? "which holds no more"
                : "%d day%s left".formatted(result.daysLeft(), result.daysLeft() == 1 ? "" : "s"),
            HubHome.spoken(result.key()),
            result.standing(),
            left);
  }

  private record Standing(String words, boolean refused) {}

  private Standing standing(RegionHome region) throws InterruptedException {
    try {
      return new Standing(
          RegionLease.ask(region.hub(), Identities.region(folder()), region.way()), false);
    } catch (DureException e) {
      return new Standing(
          String.valueOf(e.getMessage()), e.code() == ErrorCode.CERTIFICATE_INVALID);
    } catch (IOException e) {
      return new Standing("away (%s)".formatted(e.getMessage()), false);
    }
  }
}
