package org.dure.federation.client;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import org.dure.core.DureException;
import org.dure.federation.protocol.MessageRejected;
import org.dure.federation.protocol.Phase;
import org.dure.federation.protocol.StudyView;
import org.dure.federation.wire.TlsIdentity;

/// What the hub says of a region at this moment, for people.
public final class RegionLease {
  private RegionLease() {}

  /// @throws IOException if the hub cannot be reached
  /// @throws DureException if it refuses
  public static String ask(URI hub, TlsIdentity identity, Optional<HttpProxy> proxy)
      throws IOException, InterruptedException {
    try (HubLink link = new HttpHubLink(hub, identity, proxy)) {
      StudyView view = link.view(-1, Duration.ZERO);
      if (!view.member().joined()) {
        return "the region has not said hello yet";
      }
      if (view.progress().phase() == Phase.FINISHED) {
        return "the study is finished after round %d; %d messages of this region counted"
            .formatted(view.progress().round(), view.member().sequence());
      }
      boolean present = view.lease().leaseUntil() > view.lease().now();
      return "%s, round %d, %d messages counted; the region counts as %s, lease until %s"
          .formatted(
              view.progress().phase().name().toLowerCase(Locale.ROOT),
              view.progress().round(),
              view.member().sequence(),
              present ? "present" : "absent",
              Instant.ofEpochMilli(view.lease().leaseUntil()));
    } catch (MessageRejected e) {
      throw new DureException(
          e.refusal().code(), "refuses (%s): %s".formatted(e.refusal(), e.reason()), e);
    }
  }
}
