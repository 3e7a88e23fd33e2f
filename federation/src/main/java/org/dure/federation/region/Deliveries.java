package org.dure.federation.region;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.dure.core.Sha256;
import org.dure.core.Workload;
import org.dure.core.Workload.ActivityKind;
import org.dure.federation.protocol.ExportHead;
import org.dure.federation.protocol.FragmentList;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.SecretSum;
import org.dure.federation.protocol.Study;
import org.dure.federation.protocol.UploadKind;
import org.jspecify.annotations.Nullable;

/// Brings deltas to the hub: as they are, or masked where the study's sums are secret. Not
/// thread-safe.
final class Deliveries {
  /// What leaves of a delta.
  record Outgoing(FragmentList list, Transfers.Source fragments, Map<String, Double> metrics) {}

  private final String digest;
  private final String region;
  private final NodeStore folder;
  private final @Nullable SecretRounds secret;
  private final Optional<MaskedDeltas> masked;
  private final Transfers transfers;
  private final Outbox outbox;
  private final Workload.Activity activity;
  private Message.@Nullable Contribution contribution;

  /// @param secret where the study's sums are secret
  Deliveries(
      Study study,
      String region,
      NodeStore folder,
      @Nullable SecretRounds secret,
      Transfers transfers,
      Outbox outbox,
      Workload.Activity activity) {
    this.digest = study.digest();
    this.region = region;
    this.folder = folder;
    this.secret = secret;
    this.masked = study.secret().map(sum -> new MaskedDeltas(sum, region, folder));
    this.transfers = transfers;
    this.outbox = outbox;
    this.activity = activity;
  }

  /// The delta has just been made, so the hub can have nothing of it.
  void made(NodeStore.Done done) {
    if (masked.isEmpty()) {
      transfers.made(done.delta());
    }
  }

  /// The digest by which the hub knows the delta of a round; of one that was to be masked and is
  /// not it knows nothing.
  String told(NodeStore.Done done) {
    return masked
        .map(deltas -> deltas.kept(done).map(made -> made.list().digest()).orElse(Sha256.NONE))
        .orElseGet(() -> done.delta().digest());
  }

  void deliver(NodeStore.Done done, long sequence) throws IOException, InterruptedException {
    Outgoing outgoing = outgoing(done);
    Message.Contribution message = contribution(done, outgoing, sequence);
    Outbox.check(message);
    outbox.export(done.round(), UploadKind.DELTA, outgoing.list);
    transfers.send(outgoing.list, UploadKind.DELTA, outgoing.fragments, activity);
    outbox.send(message);
    contribution = null;
    activity.report(ActivityKind.WAITING, 0, 0);
  }

  /// What leaves of a round that was worked, masked if need be; the same each time.
  Outgoing outgoing(NodeStore.Done done) {
    if (masked.isEmpty() || secret == null) {
      return new Outgoing(done.delta(), index -> folder.fragment(done, index), done.metrics());
    }
    SecretStore.Masked made = masked.get().of(done, secret.held());
    Map<String, Double> metrics = new TreeMap<>(done.metrics());
    metrics.put(SecretSum.NORM, made.norm());
    metrics.put(SecretSum.COSINE, made.cosine());
    return new Outgoing(
        made.list(), index -> folder.secret().fragment(made.list(), index), metrics);
  }

  /// The same message at every attempt, so that it is one line in the export log.
  private Message.Contribution contribution(NodeStore.Done done, Outgoing outgoing, long sequence) {
    Message.Contribution before = contribution;
    if (before != null && before.round() == done.round() && before.sequence() == sequence) {
      return before;
    }
    Message.Contribution made =
        new Message.Contribution(
            Message.Contribution.KIND,
            digest,
            region,
            sequence,
            done.round(),
            done.base(),
            outgoing.list.digest(),
            done.weight(),
            outgoing.metrics,
            new ExportHead(
                outbox.exports().count(), outbox.exports().headAt(outbox.exports().count())));
    contribution = made;
    return made;
  }
}
