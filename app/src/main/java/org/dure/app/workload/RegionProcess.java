package org.dure.app.workload;

import java.io.PrintWriter;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.dure.app.home.KeyRotation;
import org.dure.app.home.RegionHome;
import org.dure.app.home.RegionLayout;
import org.dure.app.home.Renewal;
import org.dure.core.DureException;
import org.dure.federation.region.Node;
import org.dure.provenance.Certificates;

/// A region at work until the study is finished, over any number of keys: when a new certificate
/// waits, the node ends what it is doing and goes on under the new one.
public final class RegionProcess {
  private static final long LOOK_MILLIS = 2_000;
  private static final Duration TRY_AGAIN = Duration.ofMinutes(5);

  private final RegionLayout home;
  private final RegionHome region;
  private final WorkloadConfig assignment;
  private final Effort effort;
  private final PrintWriter out;
  private final KeyRotation rotation;

  public RegionProcess(
      RegionLayout home,
      RegionHome region,
      WorkloadConfig assignment,
      Effort effort,
      PrintWriter out) {
    this.home = home;
    this.region = region;
    this.assignment = assignment;
    this.effort = effort;
    this.out = out;
    this.rotation = new KeyRotation(home, region);
  }

  public void run() throws InterruptedException {
    while (true) {
      rotation.settle();
      try {
        NodeRun.work(
            assignment,
            region.member(),
            home,
            region.hub(),
            effort,
            out,
            region.way(),
            this::watching);
        return;
      } catch (InterruptedException e) {
        if (!rotation.isPending()) {
          throw e;
        }
      }
    }
  }

  /// Looks after the certificate while the node works.
  private AutoCloseable watching(Node node) {
    CountDownLatch done = new CountDownLatch(1);
    X509Certificate present = Certificates.read(home.certificate()).getFirst();
    Thread watcher = Thread.ofVirtual().name("renewal").start(() -> watch(node, present, done));
    return () -> {
      done.countDown();
      watcher.join();
    };
  }

  private void watch(Node node, X509Certificate present, CountDownLatch done) {
    Instant next = Instant.MIN;
    try {
      while (!done.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
        Instant now = InstantSource.system().instant();
        if (!rotation.isPending() && Renewal.isDue(present, now) && now.isAfter(next)) {
          next = now.plus(TRY_AGAIN);
          renew();
        }
        if (rotation.isPending()) {
          say("a new key is taken up");
          node.close();
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void renew() throws InterruptedException {
    try {
      say("the certificate was renewed until " + rotation.renew().getNotAfter().toInstant());
    } catch (DureException e) {
      say("the certificate could not be renewed, trying again later: " + e.report());
    }
  }

  private void say(String line) {
    out.println(line);
    out.flush();
  }
}
