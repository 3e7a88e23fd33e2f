package org.dure.app;

import java.nio.file.Files;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.dure.app.terminal.Output;
import org.dure.core.Printable;
import org.dure.federation.protocol.Study;
import org.dure.provenance.Register;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/// `dure hub revoke`.
@Command(
    name = "revoke",
    mixinStandardHelpOptions = true,
    description = {
      "Ends a region's certificates, requests and invitations, at once and for good.",
      "",
      "What it has contributed stays, unless it is to be taken back: then the study goes back to"
          + " the weights before the region's first contribution, bit for bit, and trains on from"
          + " there without it. The log keeps everything. It can be invited again, with a new key.",
      "",
      "A region that the study names and that never came can be revoked too, so that nobody waits"
          + " for it any longer."
    },
    footer = {
      "",
      "Example:",
      "  dure hub revoke --home hub --region ko --reason 'key on a stolen laptop'",
      "  ko is revoked: 1 certificate",
      "  dure hub revoke --home hub --region ko --reason 'poisoned text' --undo",
      "  ko is revoked: 1 certificate; the hub takes back what it contributed, if anything, within"
          + " a second, or when it starts"
    })
@SuppressWarnings("NullAway.Init")
final class HubRevoke extends HubJoining.OnHome {
  private static final int MOST_REASON = 500;

  @Option(names = "--region", required = true, paramLabel = "NAME", description = "Of the region.")
  private String region;

  @Option(
      names = "--reason",
      required = true,
      paramLabel = "TEXT",
      description = "For people: in the log for good, and told to the region.")
  private String reason;

  @Option(
      names = "--undo",
      description =
          "Take back what it contributed, with all that was made since its first contribution.")
  private boolean undo;

  @Option(
      names = "--from",
      paramLabel = "ROUND",
      description = "Take back everything from this round on, instead.")
  private @Nullable Integer from;

  /// @param certificates how many ended
  /// @param undo whether the hub is to take rounds back
  record Result(String region, int certificates, boolean undo) {}

  @Override
  public Integer call() {
    if (from != null && from < 1) {
      throw new ParameterException(
          spec.commandLine(), "--from %d: rounds are counted from 1".formatted(from));
    }
    if (reason.length() > MOST_REASON || !Printable.isLine(reason)) {
      throw new ParameterException(
          spec.commandLine(),
          "--reason \"%s\": expected one line of at most %d characters that are seen"
              .formatted(Printable.line(reason, 60), MOST_REASON));
    }
    boolean back = undo || from != null;
    int ended = end();
    Output output = output();
    output.result(
        new Result(region, ended, back),
        "%s is revoked: %s%s"
            .formatted(
                region,
                ended == 0 ? "it had no valid certificate" : Output.counted(ended, "certificate"),
                back
                    ? "; the hub takes back %s within a second, or when it starts"
                        .formatted(
                            from == null
                                ? "what it contributed, if anything,"
                                : "the rounds from %d, if it has come so far,".formatted(from))
                    : ""));
    if (back) {
      output.next("dure status --home %s, which says what was taken back", home);
    }
    warnOfTooFew(output);
    output.next("dure hub invite --home %s --region %s, if it may come back", home, region);
    return 0;
  }

  /// A study with too few regions left waits for ever, unless others come.
  private void warnOfTooFew(Output output) {
    if (!Files.exists(hub().study())) {
      return;
    }
    Study study = Study.recorded(HubJoining.readString(hub().study()));
    Set<String> left = study.regions().stream().map(Study.Region::name).collect(Collectors.toSet());
    left.removeAll(certified(Register.State.REVOKED));
    left.addAll(certified(Register.State.VALID));
    int needed = study.leastInMerge();
    if (left.size() < needed) {
      output.note(
          ("! %s left, and a merge needs %d: the study waits until another region is admitted (dure"
                  + " hub invite --home %s --region NAME --language CODE)")
              .formatted(
                  switch (left.size()) {
                    case 0 -> "no region is";
                    case 1 -> "only one region is";
                    default -> "only %d regions are".formatted(left.size());
                  },
                  needed,
                  Printable.shellWord(home)));
    }
  }

  private List<String> certified(Register.State state) {
    return register().picture().issued().stream()
        .filter(one -> one.standing().state() == state && !one.holder().region().isEmpty())
        .map(one -> one.holder().region())
        .toList();
  }

  /// @return how many certificates ended
  private int end() {
    if (undo || from != null) {
      return register().revokeAndUndo(region, reason, from == null ? 0 : from).size();
    }
    Study study = Study.recorded(HubJoining.readString(hub().requireStudy()));
    boolean awaited = study.regions().stream().anyMatch(one -> one.name().equals(region));
    return (awaited ? register().revokeAwaited(region, reason) : register().revoke(region, reason))
        .size();
  }
}
