package org.dure.federation.server;

import java.security.PublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Queue;
import org.dure.federation.hub.Hub;
import org.dure.federation.hub.TestHub;
import org.dure.federation.protocol.Message;
import org.dure.federation.protocol.Receipt;
import org.dure.federation.protocol.SecretView;
import org.dure.federation.protocol.SignedMessage;
import org.dure.federation.protocol.StudyView;

/// The hub's service with its locks, all on one thread: a long step is made when the test says so,
/// and before a message that would wait for it.
public final class SteppedService {
  private final TestHub around;
  private final Queue<Runnable> steps = new ArrayDeque<>();
  private final HubService service;

  /// Serves the hub that `around` has opened last.
  public SteppedService(TestHub around) {
    this.around = around;
    this.service =
        new HubService(
            around.hub, around.around(), () -> Instant.ofEpochMilli(around.now), steps::add);
  }

  public Receipt receive(Hub.Peer peer, SignedMessage signed) {
    if (signed.message() instanceof Message.Contribution) {
      work();
    }
    return service.receive(peer, signed);
  }

  public void enrol(String region, String language) {
    service.enrol(region, language);
  }

  public void revoke(String region, PublicKey key) {
    service.revoke(region, key, "simulated");
  }

  public void undo(String decision, String region, int from) {
    var unused = service.undo(decision, region, from, "simulated");
  }

  public StudyView view(String region) {
    try {
      return service.await(region, -1, Duration.ZERO);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  public SecretView secretRound(String region) {
    return service.secretRound(region);
  }

  public void tick() {
    service.tick();
  }

  /// Makes the steps that are due.
  public void work() {
    for (Runnable step = steps.poll(); step != null; step = steps.poll()) {
      step.run();
    }
  }

  /// Makes whatever is due until nothing is.
  public void settle() {
    around.now += 10_000;
    tick();
    work();
  }
}
