package org.dure.app;

import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.dure.app.home.HomeRegistrar;
import org.dure.app.home.Identities;
import org.dure.app.workload.WorkloadConfig;
import org.dure.core.Settings;
import org.dure.federation.server.HubServer;
import org.dure.provenance.Register;

/// A hub with a home and a register, in this process, on a free port of the loopback address.
final class LiveHub implements AutoCloseable {
  private static final InstantSource CLOCK = InstantSource.system();

  final Path home;
  final WorkloadConfig workloadConfig;
  final Register register;
  final HomeRegistrar registrar;
  final HubServer server;

  /// @param study as TOML
  /// @param says told what the registrar does
  LiveHub(Path home, String study, Consumer<String> says) {
    this.home = home;
    this.workloadConfig = WorkloadConfig.of(Settings.parse("the test's study", study));
    this.register = Register.of(home, CLOCK);
    if (!register.initialise(workloadConfig.study().name(), List.of())) {
      throw new AssertionError(home + " has been a hub's home before");
    }
    this.registrar = new HomeRegistrar(home, workloadConfig.study(), CLOCK, says);
    this.server =
        HubServer.start(
            new HubServer.Setup(
                workloadConfig.study(),
                home,
                new InetSocketAddress("127.0.0.1", 0),
                Identities.hub(home),
                workloadConfig::initialWeights,
                Optional.empty(),
                CLOCK,
                registrar));
    registrar.serve(server);
  }

  URI address() {
    return URI.create("https://127.0.0.1:" + server.port());
  }

  @Override
  public void close() {
    registrar.close();
    server.close();
  }
}
