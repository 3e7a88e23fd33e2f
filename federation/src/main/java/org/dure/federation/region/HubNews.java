package org.dure.federation.region;

import java.time.Duration;
import java.util.List;
import org.dure.federation.protocol.StudyView;

/// Tells a region's people, a line for each change, what the hub says of it: the epoch, who is
/// present, how long the region's own lease runs, and why the hub pauses. Not thread-safe.
final class HubNews {
  private final String region;
  private final Node.Listener listener;
  private long epoch = -1;
  private String trouble = "";

  HubNews(String region, Node.Listener listener) {
    this.region = region;
    this.listener = listener;
  }

  void see(StudyView view) {
    if (view.lease().epoch() != epoch) {
      epoch = view.lease().epoch();
      listener.onMessage(
          "epoch %d: the hub sees %s; %s"
              .formatted(epoch, names(view.lease().present()), lease(view)));
    }
    if (!view.trouble().equals(trouble)) {
      trouble = view.trouble();
      listener.onMessage(
          trouble.isEmpty()
              ? "the hub goes on"
              : "the hub pauses (%s): this region goes on as far as it can".formatted(trouble));
    }
  }

  private static String names(List<String> present) {
    return present.isEmpty() ? "nobody" : String.join(", ", present);
  }

  private String lease(StudyView view) {
    if (!view.lease().present().contains(region)) {
      return "this region is away until it is heard of";
    }
    long left = Math.max(0, view.lease().leaseUntil() - view.lease().now());
    return "this region's lease runs %d s".formatted(Duration.ofMillis(left).toSeconds());
  }
}
