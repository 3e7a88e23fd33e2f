package org.dure.app;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.dure.app.home.HubHome;
import org.dure.app.terminal.Output;
import org.dure.provenance.Register;
import picocli.CommandLine.Command;

/// `dure hub requests`.
@Command(
    name = "requests",
    mixinStandardHelpOptions = true,
    description = {
      "Lists who asks to be admitted, with the fingerprint of the key, and who is admitted.",
      "Compare the fingerprint with the region's operator by telephone, then approve."
    },
    footer = {
      "",
      "Example:",
      "  dure hub requests --home hub",
      "  ko asks since 2026-11-22T09:30:00Z with the key",
      "    5b1f 22e0 ..."
    })
final class HubRequests extends HubJoining.OnHome {
  /// @param requests that wait for an approval
  /// @param certificates every one that was ever issued
  record Result(List<Asking> requests, List<Certificate> certificates) {}

  /// @param key fingerprint
  record Asking(String region, String language, String since, String key) {}

  /// @param region empty for the hub's own
  /// @param reason of a revocation, or empty
  /// @param key fingerprint
  record Certificate(
      String region,
      String state,
      String since,
      String reason,
      String serial,
      String until,
      String key) {}

  @Override
  public Integer call() {
    Register.Picture now = register().picture();
    Result result =
        new Result(
            now.requests().stream().map(HubRequests::asking).toList(),
            now.issued().stream().map(HubRequests::certificate).toList());
    List<String> lines = new ArrayList<>();
    result.requests().forEach(one -> lines.add(line(one)));
    result.certificates().forEach(one -> lines.add(line(one)));
    if (result.requests().isEmpty()) {
      lines.add("nobody asks to be admitted");
    }
    Output output = output();
    output.result(result, String.join("\n", lines));
    result.requests().stream()
        .findFirst()
        .ifPresent(
            one -> output.next("dure hub approve --home %s --region %s", home, one.region()));
    return 0;
  }

  private static Asking asking(Register.Request one) {
    return new Asking(one.region(), one.language(), seconds(one.time()), one.key());
  }

  private static Certificate certificate(Register.Issued one) {
    return new Certificate(
        one.holder().region(),
        one.standing().state().name().toLowerCase(Locale.ROOT),
        seconds(one.standing().since()),
        one.standing().reason(),
        one.serial(),
        one.validity().to(),
        one.holder().key());
  }

  private static String line(Asking one) {
    return "%s (%s) asks since %s with the key%n  %s"
        .formatted(one.region(), one.language(), one.since(), HubHome.spoken(one.key()));
  }

  private static String line(Certificate one) {
    return "%s %s since %s%s, certificate %s... until %s, key %s..."
        .formatted(
            one.region().isEmpty() ? "(the hub)" : one.region(),
            one.state(),
            one.since(),
            one.reason().isEmpty() ? "" : " (" + one.reason() + ")",
            one.serial().substring(0, 8),
            one.until(),
            HubHome.spoken(one.key().substring(0, 16)));
  }

  private static String seconds(String time) {
    return Instant.parse(time).truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
