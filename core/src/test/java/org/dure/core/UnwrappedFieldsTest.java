package org.dure.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.dure.core.Json.Unwrapped;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class UnwrappedFieldsTest {
  private record Head(long number, String digest) {}

  private record Past(int round, @Unwrapped Head head, double share) {}

  private record Hello(String kind, @Unwrapped Past past, String common) {}

  private record All(List<Hello> list, Map<String, Hello> map) {}

  private static final Hello HELLO = new Hello("hello", new Past(3, new Head(7, "d"), 0.1), "c");
  private static final String JSON =
      "{\"kind\":\"hello\",\"round\":3,\"number\":7,\"digest\":\"d\",\"share\":0.1,\"common\":\"c\"}";

  @Test
  void fieldsStandBesideTheOthersInTheirOrder() {
    assertThat(Json.text(HELLO)).isEqualTo(JSON);
    assertThat(Json.read(JSON, Hello.class)).isEqualTo(HELLO);
  }

  @Test
  void inListsAndMapsToo() {
    All all = new All(List.of(HELLO), Map.of("ko", HELLO));
    String json = Json.text(all);
    assertThat(json).isEqualTo("{\"list\":[%s],\"map\":{\"ko\":%s}}".formatted(JSON, JSON));
    assertThat(Json.read(json, All.class)).isEqualTo(all);
  }

  /// Else text could cross a border under a name that nobody looks at.
  @ValueSource(
      strings = {
        "{\"kind\":\"hello\",\"round\":3,\"number\":7,\"digest\":\"d\",\"share\":0.1,\"common\":\"c\",\"x\":1}",
        "{\"kind\":\"hello\",\"round\":3,\"number\":7,\"digest\":\"d\",\"share\":0.1,\"common\":\"c\",\"past\":{}}",
        "{\"kind\":\"hello\",\"past\":{\"round\":3,\"head\":{\"number\":7,\"digest\":\"d\"},\"share\":0.1},\"common\":\"c\"}",
        "{\"kind\":\"hello\",\"round\":3,\"head\":{\"number\":7,\"digest\":\"d\"},\"share\":0.1,\"common\":\"c\"}",
        "{\"kind\":\"hello\",\"round\":3,\"number\":7,\"number\":7,\"digest\":\"d\",\"share\":0.1,\"common\":\"c\"}",
        "{\"kind\":\"hello\",\"round\":3,\"digest\":\"d\",\"share\":0.1,\"common\":\"c\"}",
        "{\"kind\":\"hello\",\"round\":3,\"number\":null,\"digest\":\"d\",\"share\":0.1,\"common\":\"c\"}",
        "[]",
        "{} {}",
        "null"
      })
  @ParameterizedTest
  void whatIsNotExactlyTheseFieldsIsRefused(String json) {
    assertThatThrownBy(() -> Json.read(json, Hello.class))
        .isInstanceOf(DureException.class)
        .extracting(e -> ((DureException) e).code())
        .isEqualTo(ErrorCode.INPUT_MALFORMED);
  }
}
