package org.dure.app.workload;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.dure.app.home.KeyRotation;
import org.dure.app.home.RegionHome;
import org.dure.app.home.RegionLayout;
import org.dure.app.home.Renewal;
import org.dure.core.AtomicFiles;
import org.dure.core.DureException;
import org.dure.core.runtime.BackgroundTask;
import org.dure.federation.region.Node;
import org.dure.provenance.Certificates;

/// A region at work until the study is finished, over any number of keys: when a new certificate
/// waits, the node ends what it is doing and goes on under the new one.
public final class RegionProcess {
  private static final Duration LOOK = Duration.ofSeconds(2);
  private static final Duration TRY_AGAIN = Duration.ofMinutes(5);

  private final RegionLayout home;
  private final RegionHome region;
  private final WorkloadConfig workloadConfig;
  private final Effort effort;
  private final PrintWriter out;
  private final KeyRotation rotation;

  /// No renewal is tried before.
  private volatile Instant next = Instant.MIN;

  /// Whether the node was told to go on under a new key.
  private volatile boolean taken;

  /// What the site lets leave and has accepted, as the node at work knows it.
  private volatile String allowed = "";

  /// Whether the node was told to look at that again.
  private volatile boolean changed;

  public RegionProcess(
      RegionLayout home,
      RegionHome region,
      WorkloadConfig workloadConfig,
      Effort effort,
      PrintWriter out) {
    this.home = home;
    this.region = region;
    this.workloadConfig = workloadConfig;
    this.effort = effort;
    this.out = out;
    this.rotation = new KeyRotation(home, region);
  }

  public void run() throws InterruptedException {
    while (true) {
      rotation.settle();
      changed = false;
      allowed = allowed();
      try {
        NodeRun.work(
            workloadConfig,
            region.member(),
            home,
            region.hub(),
            effort,
            out,
            region.way(),
            this::watching);
        return;
      } catch (InterruptedException e) {
        if (!rotation.isPending() && !changed) {
          throw e;
        }
      }
    }
  }

  /// Looks after the certificate while the node works.
  private AutoCloseable watching(Node node) {
    X509Certificate present = Certificates.read(home.certificate()).getFirst();
    next = Instant.MIN;
    taken = false;
    return BackgroundTask.every(
        LOOK,
        "renewal",
        () -> look(node, present),
        e -> say("the certificate could not be renewed, trying again later: " + e.report()));
  }

  /// What the two files say that decide what may leave, word for word; or why they cannot be read.
  private String allowed() {
    return said(home.policy()) + said(home.consent());
  }

  private static String said(Path file) {
    try {
      AtomicFiles.requireFile(file);
      return Files.readString(file);
    } catch (IOException | DureException e) {
      return e.toString();
    }
  }

  private void look(Node node, X509Certificate present) throws InterruptedException {
    if (!changed && !allowed().equals(allowed)) {
      changed = true;
      say("the site's policy, or what was accepted, has changed: the region begins again under it");
      node.close();
    }
    Instant now = InstantSource.system().instant();
    if (!rotation.isPending() && Renewal.isDue(present, now) && now.isAfter(next)) {
      next = now.plus(TRY_AGAIN);
      say("the certificate was renewed until " + rotation.renew().getNotAfter().toInstant());
    }
    if (rotation.isPending() && !taken) {
      taken = true;
      say("a new key is taken up");
      node.close();
    }
  }

  private void say(String line) {
    out.println(line);
    out.flush();
  }
}
