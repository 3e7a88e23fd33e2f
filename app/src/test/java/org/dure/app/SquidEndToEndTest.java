package org.dure.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.dure.app.home.Consent;
import org.dure.app.home.Identities;
import org.dure.app.home.RegionEnrolment;
import org.dure.app.home.RegionHome;
import org.dure.app.home.RegionLayout;
import org.dure.app.home.SitePolicy;
import org.dure.app.workload.Effort;
import org.dure.app.workload.RegionProcess;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.federation.protocol.Phase;
import org.dure.provenance.InvitationCode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/// Joining and a whole study through a real proxy that asks for a password: Debian's squid, as an
/// ordinary process with a configuration of its own. Skipped, saying so, where there is none.
@Tag("e2e")
@Timeout(120)
class SquidEndToEndTest {
  private static final InstantSource CLOCK = InstantSource.system();
  private static final String STUDY =
      """
      name = "proxied"
      workload = "rehearsal"
      rounds = 3
      steps = 2
      regions.ko.language = "ko"
      rehearsal.bytes = 4000000
      rehearsal.step-millis = 5
      """;

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  Path folder;

  private Process squid;
  private int port;
  private LiveHub hub;

  @BeforeEach
  void aHubBehindAProxy() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/sbin/squid")), "skipped: no squid (Debian: squid)");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Path helper = folder.resolve("passwords.sh");
    Files.writeString(
        helper,
        "#!/bin/sh\nwhile read -r line; do\n  [ \"$line\" = 'ko a%20secret' ] && echo OK || echo ERR\n"
            + "done\n");
    Files.setPosixFilePermissions(helper, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path configuration = folder.resolve("squid.conf");
    Files.writeString(
        configuration,
        """
        http_port 127.0.0.1:%d
        pid_filename none
        access_log stdio:%s/access.log
        cache_log %s/cache.log
        coredump_dir %s
        cache deny all
        auth_param basic program %s
        auth_param basic children 1 startup=1
        acl known proxy_auth REQUIRED
        http_access allow CONNECT known
        http_access deny all
        shutdown_lifetime 0 seconds
        """
            .formatted(port, folder, folder, folder, helper));
    squid =
        new ProcessBuilder("/usr/sbin/squid", "-N", "-f", configuration.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("squid.out").toFile())
            .start();
    awaitSquid();
    hub = new LiveHub(folder.resolve("hub"), STUDY, line -> {});
  }

  private void awaitSquid() throws Exception {
    for (int attempt = 0; ; attempt++) {
      try (Socket unused = new Socket("127.0.0.1", port)) {
        return;
      } catch (IOException e) {
        assertThat(squid.isAlive() && attempt < 300)
            .as(Files.readString(folder.resolve("squid.out")))
            .isTrue();
        Thread.sleep(50);
      }
    }
  }

  @AfterEach
  void stop() throws Exception {
    if (squid != null) {
      squid.descendants().forEach(ProcessHandle::destroyForcibly);
      squid.destroyForcibly().waitFor();
    }
    if (hub != null) {
      hub.close();
    }
  }

  private InvitationCode invitation() {
    return hub.register.invite(hub.address(), "ko", "ko", Duration.ofDays(1));
  }

  @Test
  void aRegionJoinsAndTakesPartThroughAProxyWithAPassword() throws Exception {
    String proxy = "http://ko:a%20secret@127.0.0.1:" + port;
    RegionLayout home = new RegionLayout(folder.resolve("ko"));
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said, true);
    Thread approving = Thread.ofVirtual().start(this::approve);

    new RegionEnrolment(home, invitation(), proxy, CLOCK, out).join();
    approving.join();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(RegionHome.file(home))))
        .isEqualTo("rw-------");
    RegionHome region = RegionHome.read(home);
    assertThat(region.proxy()).isEqualTo(proxy);
    Consent unused =
        Consent.give(
            home,
            hub.workloadConfig.terms(region.member(), Identities.authority(home)),
            SitePolicy.standard(),
            "terminal",
            CLOCK);
    new RegionProcess(home, region, hub.workloadConfig, new Effort(1, 1), out).run();

    assertThat(hub.server.status().progress().phase()).isEqualTo(Phase.FINISHED);
    assertThat(said.toString()).contains("waiting for approval", "admitted");
    List<String> tunnels = Files.readAllLines(folder.resolve("access.log"));
    assertThat(tunnels)
        .anyMatch(line -> line.contains("TCP_TUNNEL/200") && line.contains(" ko "))
        .noneMatch(line -> line.contains("TCP_TUNNEL/200") && line.contains(" - HIER_DIRECT"));
  }

  private void approve() {
    while (hub.register.picture().requests().isEmpty()) {
      try {
        Thread.sleep(50);
      } catch (InterruptedException e) {
        return;
      }
    }
    var unused = hub.register.approve("ko", "", Duration.ofDays(30));
  }

  @Test
  void aWrongPasswordAndAProxyThatIsNotThereAreSaidToBeTheProxys() {
    for (String proxy :
        List.of("http://ko:wrong@127.0.0.1:" + port, "http://127.0.0.1:1", "http://127.0.0.1:9")) {
      RegionLayout home = new RegionLayout(folder.resolve("ko"));
      RegionEnrolment joining =
          new RegionEnrolment(
              home, invitation(), proxy, CLOCK, new PrintWriter(new StringWriter()));
      assertThatThrownBy(joining::join)
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.PEER_UNREACHABLE))
          .hasMessageContaining("through 127.0.0.1:");
    }
  }
}
