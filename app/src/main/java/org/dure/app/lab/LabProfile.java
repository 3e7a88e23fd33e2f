package org.dure.app.lab;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.dure.netem.LinkShape;

/// The links that the lab knows by name.
public enum LabProfile {
  /// Two institutions of one country.
  NEAR(new LinkShape(20, 0, 200, 0, 0, 500_000, List.of())),
  /// Across continents: where one TCP stream gets a tenth of the link.
  ASIA_EUROPE(new LinkShape(250, 0, 50, 0.001, 0, 1_560_000, List.of())),
  /// As bad as a link may be.
  BAD(new LinkShape(300, 100, 10, 0.01, 0, 375_000, List.of())),
  /// The link of `flower`, down for the last 30 of every 90 seconds, each region at another time.
  CUT(
      new LinkShape(
          100,
          0,
          85,
          0,
          0,
          2_500_000,
          List.of(
              new LinkShape.Cut(Duration.ofSeconds(30), Duration.ofSeconds(90), Duration.ZERO)))),
  /// The link on which Flower was measured.
  FLOWER(new LinkShape(100, 0, 85, 0, 0, 2_500_000, List.of())),
  /// This machine's own loopback: no namespaces, no root.
  LOOPBACK(new LinkShape(0, 0, 100_000, 0, 0, 0, List.of()));

  private final LinkShape shape;

  LabProfile(LinkShape shape) {
    this.shape = shape;
  }

  public LinkShape shape() {
    return shape;
  }

  /// As people write it, e.g. `asia-europe`.
  public String title() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  @Override
  public String toString() {
    return title();
  }
}
