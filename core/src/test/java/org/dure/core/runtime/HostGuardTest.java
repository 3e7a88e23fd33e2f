package org.dure.core.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.dure.core.DureException;
import org.dure.core.runtime.HostGuard.Asker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostGuardTest {
  private static final HostGuard LOCAL = HostGuard.of("127.0.0.1");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1:8400",
        "127.0.0.1",
        "127.1.2.3:1",
        "localhost:8400",
        "LocalHost",
        "localhost.",
        "a.localhost:8400",
        "[::1]:8400",
        "[::1]"
      })
  void theMachinesOwnNamesAreKnown(String host) {
    assertThat(LOCAL.asker(host, null)).isEqualTo(Asker.OWN);
    assertThat(LOCAL.asker(host, "http://" + host)).isEqualTo(Asker.OWN);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "evil.test:8400",
        "evil.test",
        "",
        " ",
        "127.0.0.1.evil.test",
        "localhost.evil.test",
        "evil.test:8400:8400",
        "127.0.0.1@evil.test",
        "evil.test#localhost",
        "192.168.1.5:8400",
        "127.999.1.1",
        "127.0.0.256:8400",
        "127.0.0.01",
        "127.0.1",
        "0127.0.0.1",
        "0.0.0.0:8400",
        "notlocalhost",
        "[::2]:8400",
        "127.0.0.1:8400x",
        "localhost/"
      })
  void everyOtherNameIsForeign(String host) {
    assertThat(LOCAL.asker(host, null)).isEqualTo(Asker.FOREIGN_HOST);
    assertThat(LOCAL.asker(host, "http://" + host)).isEqualTo(Asker.FOREIGN_HOST);
    assertThat(LOCAL.asker(null, null)).isEqualTo(Asker.FOREIGN_HOST);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://evil.test",
        "http://evil.test:8400",
        "null",
        "",
        "http://127.0.0.1:8401",
        "http://localhost:8400",
        "http://127.0.0.1:8400.evil.test",
        "http://127.0.0.1:8400/",
        "file://",
        "chrome-extension://abcdef"
      })
  void pagesFromElsewhereAreForeign(String origin) {
    assertThat(LOCAL.asker("127.0.0.1:8400", origin)).isEqualTo(Asker.FOREIGN_ORIGIN);
  }

  @Test
  void namesAndOriginsCanBeAdmitted() {
    HostGuard guard =
        HostGuard.of(
            "10.0.0.7", List.of("Models.Example.org:8400"), List.of("https://App.example.org"));
    assertThat(guard.asker("10.0.0.7:8400", null)).isEqualTo(Asker.OWN);
    assertThat(guard.asker("models.example.org", null)).isEqualTo(Asker.OWN);
    // A proxy in front of it may speak TLS.
    assertThat(guard.asker("models.example.org", "https://models.example.org"))
        .isEqualTo(Asker.OWN);
    assertThat(guard.asker("models.example.org", "https://app.example.org"))
        .isEqualTo(Asker.ADMITTED);
    assertThat(guard.asker("models.example.org", "http://app.example.org"))
        .isEqualTo(Asker.FOREIGN_ORIGIN);
    assertThat(guard.asker("evil.test", "https://app.example.org")).isEqualTo(Asker.FOREIGN_HOST);
    HostGuard open = HostGuard.of("::1", List.of(), List.of("*"));
    assertThat(open.asker("[::1]:80", "null")).isEqualTo(Asker.ADMITTED);
  }

  @Test
  void whoListensEverywhereMayBeAskedUnderEveryAddressButNotUnderEveryName() {
    for (String everywhere : new String[] {"0.0.0.0", "::"}) {
      HostGuard guard = HostGuard.of(everywhere);
      assertThat(guard.asker("192.168.1.5:8400", null)).isEqualTo(Asker.OWN);
      assertThat(guard.asker("[fe80::1]:8400", null)).isEqualTo(Asker.OWN);
      assertThat(guard.asker("evil.test:8400", null)).isEqualTo(Asker.FOREIGN_HOST);
      assertThat(guard.asker("1.2.3.4.evil.test", null)).isEqualTo(Asker.FOREIGN_HOST);
    }
  }

  @Test
  void whatIsNoNameOrOriginIsSaid() {
    for (String name : List.of("http://a.org", "a b", "", "*", "a/b")) {
      assertThatThrownBy(() -> HostGuard.of("::1", List.of(name), List.of()))
          .isInstanceOf(DureException.class)
          .hasMessageContaining("\"" + name + "\"");
    }
    for (String origin : List.of("a.org", "https://a.org/", "https://a.org/x", "", "https://")) {
      assertThatThrownBy(() -> HostGuard.of("::1", List.of(), List.of(origin)))
          .isInstanceOf(DureException.class)
          .hasMessageContaining("\"" + origin + "\"");
    }
  }
}
